/**
 * Watermark windows: `(from, to]`, where `from` is what the last run remembered and `to` is what this one will. `to`
 * is chosen so that no row that is committed after the snapshot can carry a value in the window:
 *
 * - Whoever commits later began after the horizon, so his rows carry a time that is not before it. A column that keeps
 *   whole seconds cuts the fraction off, so the second of the horizon itself is still open, and the window ends with
 *   the one before; likewise the day of a DATE column.
 * - DATETIME and DATE hold a wall clock. Before it is set back in autumn, the window ends that much earlier, so that
 *   the hour which comes twice is ahead of it both times.
 * - Integers tell no time: the window ends at the largest value in the snapshot. A row with a smaller number that is
 *   committed later is missed; nothing that the server tells can prevent this.
 */
import type { WatermarkSpec } from '../domain/spec.ts';
import type { Window } from '../domain/plan.ts';
import type { RunIdentity, TaskMemory } from '../domain/run.ts';
import { TidemarkError } from '../errors.ts';
import type { Horizon, TableColumn } from '../ports.ts';
import { floorTo, formatClock, microsOf, parseClock, unitOf, zoneClock } from './clock.ts';

/** How values of a watermark column are counted. */
export type Scale =
  | { readonly kind: 'integer' }
  /** `digits` of the fraction, or whole days. `clock`: in UTC, in a named zone, or in the server's own (null). */
  | { readonly kind: 'time'; readonly digits: number | 'date'; readonly clock: string | null };

/** What is remembered of an integer column before it has a value: less than any that it can hold. */
export const BELOW_ALL = String(-(2n ** 63n) - 1n);

/** Clocks are set back by three hours at most. */
const LONGEST_STEP_BACK = 3n * 3_600_000_000n;

/** @throws TidemarkError WATERMARK_TYPE. */
export function scaleOf(table: string, column: TableColumn, watermark: WatermarkSpec): Scale {
  const digits = Number(/\((\d)\)/.exec(column.columnType)?.[1] ?? 0);
  switch (column.dataType) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
      return { kind: 'integer' };
    case 'timestamp':
      return { kind: 'time', digits, clock: 'UTC' };
    case 'datetime':
      return { kind: 'time', digits, clock: watermark.timezone };
    case 'date':
      return { kind: 'time', digits: 'date', clock: watermark.timezone };
    default:
      throw new TidemarkError(
        'WATERMARK_TYPE',
        `The watermark ${table}.${column.name} is ${column.columnType}. Allowed: DATETIME, TIMESTAMP, DATE and integers.`,
      );
  }
}

/**
 * The instant that is the first to lie beyond the window, in microseconds since 1970 UTC.
 *
 * @param until see `RunIdentity`.
 */
export function windowEnd(
  scale: Extract<Scale, { kind: 'time' }>,
  watermark: WatermarkSpec,
  horizon: Horizon,
  until: Date | null,
): bigint {
  const { now, oldestWrite } = horizon;
  const asOf = until === null ? now : least(now, microsOf(until));
  const lag = BigInt(watermark.lagMs) * 1000n;
  const behind = asOf - lag + unitOf(scale.digits);
  // A row can be older than its transaction seems to be: its statement waited for a table, or its program has a clock
  // of its own. The lag is for that, however long the transaction then stays open.
  return least(behind, asOf, ...(oldestWrite === null ? [] : [oldestWrite - lag]));
}

/** The instants at which the server's own clock must be known to say where a window ends. */
export function clockInstants(end: bigint): readonly [bigint, bigint] {
  return [end, end + LONGEST_STEP_BACK];
}

/**
 * The last value of the window, as exact text.
 *
 * @param serverClock what the server's own clock shows at an instant, as it says it.
 */
export function lastValue(
  scale: Extract<Scale, { kind: 'time' }>,
  end: bigint,
  serverClock: (instant: bigint) => string,
): string {
  const { digits } = scale;
  const [at, later] = clockInstants(end);
  const safe = least(
    clockShown(scale, at, serverClock),
    clockShown(scale, later, serverClock) - LONGEST_STEP_BACK,
  );
  const unit = unitOf(digits);
  return formatClock(floorTo(safe, unit) - unit, digits);
}

/** What the clock of a column shows at an instant, in microseconds on its own count. */
export function clockShown(
  { clock }: Extract<Scale, { kind: 'time' }>,
  instant: bigint,
  serverClock: (instant: bigint) => string,
): bigint {
  if (clock !== null) return zoneClock(clock, instant);
  const text = serverClock(instant);
  const value = parseClock(text);
  if (value === null) throw new Error(`the server's clock shows ${text}`);
  return value;
}

/**
 * @param what the value is of, as the beginning of a sentence.
 * @throws TidemarkError WATERMARK_VALUE for a text that is no value of the column.
 */
function checkValue(what: string, scale: Scale, text: string): void {
  const fits = scale.kind === 'integer' ? /^-?\d{1,20}$/.test(text) : parseClock(text) !== null;
  if (fits) return;
  const allowed =
    scale.kind === 'integer'
      ? 'an integer such as 0 or 1700'
      : 'a time such as "2026-01-31" or "2026-01-31 03:00:00.000000"';
  throw new TidemarkError('WATERMARK_VALUE', `${what} ${JSON.stringify(text)}. Allowed: ${allowed}.`);
}

/** Which of two values is further on. */
function furthest(scale: Scale, a: string, b: string): string {
  const count = (text: string): bigint => (scale.kind === 'integer' ? BigInt(text) : parseClock(text)!);
  return count(a) >= count(b) ? a : b;
}

/**
 * The window of a run.
 *
 * @param last value of the window as the source says it now; null: an integer column without a row.
 * @throws TidemarkError WATERMARK_MISMATCH, WATERMARK_VALUE.
 */
export function watermarkWindow(
  table: string,
  column: string,
  watermark: WatermarkSpec,
  scale: Scale,
  memory: TaskMemory,
  run: RunIdentity,
  last: string | null,
): Window {
  const name = `${table}.${column}`;
  if (run.backfill !== null) return backfillWindow(table, column, scale, run.backfill, last);
  const known = memory.watermarks.find((one) => one.table === table);
  if (known !== undefined && known.column.toLowerCase() !== column.toLowerCase()) {
    throw new TidemarkError(
      'WATERMARK_MISMATCH',
      `The spec names ${name} as watermark; what is remembered of ${table} is ${known.column} = ${known.value}.`,
    );
  }
  if (known === undefined) refuseOtherCase(table, memory);
  const from = known?.value ?? watermark.initial?.text ?? null;
  if (from !== null) checkValue(`The watermark ${name} is to begin at`, scale, from);
  const once = watermark.nulls === 'first_run' && known === undefined;
  // Without a row with a value, this has still been the first run: rows with NULL must not be read by the next one too.
  const beginning = from ?? (once && last === null ? BELOW_ALL : null);
  // Never back: a clock that was set back, or a longer lag, must not publish rows a second time.
  const to = beginning === null || last === null ? (last ?? beginning) : furthest(scale, last, beginning);
  return { table, column, mode: 'watermark', from, to, nulls: once || watermark.nulls === 'always' };
}

/** On many servers `Orders` and `orders` are one table: to begin anew would publish all of its rows a second time. */
function refuseOtherCase(table: string, { watermarks }: TaskMemory): void {
  const other = watermarks.find((one) => one.table.toLowerCase() === table.toLowerCase());
  if (other === undefined) return;
  throw new TidemarkError(
    'WATERMARK_MISMATCH',
    `The spec names the table ${table}; what is remembered is of ${other.table}: ${other.column} = ${other.value}.`,
    {
      hint: `Write ${other.table} in the spec. If the table is called ${table} now, say where it begins: \`tidemark watermark set TASK VALUE --table ${table}\`.`,
    },
  );
}

/**
 * The window of a backfill run.
 *
 * @param last as above: up to there, rows are complete; of an integer column, as far as can be told.
 * @throws TidemarkError WATERMARK_VALUE, BACKFILL_AHEAD.
 */
export function backfillWindow(
  table: string,
  column: string,
  scale: Scale,
  { from, to }: NonNullable<RunIdentity['backfill']>,
  last: string | null,
): Window {
  const name = `${table}.${column}`;
  for (const bound of [from, to])
    checkValue(`The window of a backfill on ${name} is bounded by`, scale, bound);
  if (last === null || (last !== to && furthest(scale, last, to) === to)) {
    const reach =
      scale.kind === 'time'
        ? `only up to ${last} is it sure that no row is still to be committed`
        : last === null
          ? 'the column has no value yet'
          : `its largest value is ${last}: rows beyond it are still to come`;
    throw new TidemarkError('BACKFILL_AHEAD', `The window of ${name} ends at ${to}, and ${reach}.`);
  }
  return { table, column, mode: 'backfill', from, to, nulls: false };
}

/** What a run that succeeds will have remembered. */
export function movedBy(windows: readonly Window[]): { table: string; column: string; value: string }[] {
  return windows.flatMap(({ mode, table, column, to }) =>
    mode === 'watermark' && to !== null ? [{ table, column, value: to }] : [],
  );
}

function least(first: bigint, ...others: readonly bigint[]): bigint {
  return others.reduce((low, value) => (value < low ? value : low), first);
}
