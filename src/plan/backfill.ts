/** Past windows for a backfill: a stretch of times or numbers, cut into windows `(from, to]` that touch. Pure. */
import type { Spec } from '../domain/spec.ts';
import { TidemarkError } from '../errors.ts';
import { addMonths, parseSpan } from '../spec/span.ts';
import { floorTo, formatClock, microsOf, parseClock, unitOf } from './clock.ts';

export interface PastWindow {
  /** Exclusive. */
  readonly from: string;
  /** Inclusive. */
  readonly to: string;
}

const MOST_WINDOWS = 100_000;
const INTEGER = /^-?\d{1,20}$/;
const EXAMPLE =
  'Allowed: times such as "2026-01-31" or "2026-01-31 03:00:00", or integers. Times are on the column’s own clock (TIMESTAMP: UTC; others: as they are stored), without a zone or offset.';

/**
 * @param every length of a window: a span for times, an integer for integers; null: one window.
 * @throws TidemarkError USAGE.
 */
export function cutWindows(from: string, to: string, every: string | null): PastWindow[] {
  if (INTEGER.test(from) && INTEGER.test(to)) return cutNumbers(BigInt(from), BigInt(to), every);
  const [start, end] = [parseClock(from), parseClock(to)];
  if (start === null) throw new TidemarkError('USAGE', `--from ${from} is no time. ${EXAMPLE}`);
  if (end === null) throw new TidemarkError('USAGE', `--to ${to} is no time. ${EXAMPLE}`);
  return cutTimes(start, end, every);
}

/**
 * A step in one way of writing it, so that `1d` and `1 day` are the same backfill.
 *
 * @param every as `cutWindows` takes it.
 */
export function canonicalStep(every: string | null): string | null {
  const span = every === null ? null : parseSpan(every);
  if (span === null) return every;
  if (span.months > 0) return counted(span.months, 'month');
  const [unit, length] = UNITS.find((one) => span.milliseconds % one[1] === 0)!;
  return counted(span.milliseconds / length, unit);
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
  ['millisecond', 1],
] as const;

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function cutNumbers(start: bigint, end: bigint, every: string | null): PastWindow[] {
  checkOrder(start, end);
  if (every !== null && !/^[1-9]\d{0,18}$/.test(every))
    throw new TidemarkError('USAGE', `--every ${every}: an integer above 0 is needed between integers.`);
  const step = every === null ? end - start : BigInt(every);
  const bounds = boundaries(start, end, (index) => start + BigInt(index) * step);
  return pairs(bounds.map(String));
}

function cutTimes(start: bigint, end: bigint, every: string | null): PastWindow[] {
  checkOrder(start, end);
  const span = every === null ? null : parseSpan(every);
  if (every !== null && (span === null || (span.months === 0 && span.milliseconds < 1000)))
    throw new TidemarkError(
      'USAGE',
      `--every ${every} is no span of time. Allowed: such as 1d, "12 hours", "1 month".`,
    );
  const bounds =
    span === null
      ? [start, end]
      : boundaries(start, end, (index) =>
          span.months > 0
            ? monthsAfter(start, index * span.months)
            : start + BigInt(index) * BigInt(span.milliseconds) * 1000n,
        );
  const whole = (unit: bigint): boolean => bounds.every((bound) => floorTo(bound, unit) === bound);
  const digits = whole(unitOf('date')) ? 'date' : whole(unitOf(0)) ? 0 : 6;
  return pairs(bounds.map((bound) => formatClock(bound, digits)));
}

function checkOrder(start: bigint, end: bigint): void {
  if (start >= end) throw new TidemarkError('USAGE', '--to must lie after --from.');
}

/** From the start, by steps counted from there, to the end: the last window may be shorter. */
function boundaries(start: bigint, end: bigint, at: (index: number) => bigint): bigint[] {
  const bounds = [start];
  for (let index = 1; ; index++) {
    const next = at(index);
    if (next >= end) return [...bounds, end];
    if (bounds.length === MOST_WINDOWS)
      throw new TidemarkError(
        'USAGE',
        `These are more than ${MOST_WINDOWS} windows. Choose a longer --every.`,
      );
    bounds.push(next);
  }
}

function pairs(bounds: readonly string[]): PastWindow[] {
  return bounds.slice(1).map((to, index) => ({ from: bounds[index]!, to }));
}

function monthsAfter(micros: bigint, months: number): bigint {
  const day = floorTo(micros, unitOf('date'));
  const moved = addMonths(new Date(Number(day / 1000n)), months);
  return microsOf(moved) + (micros - day);
}

/**
 * Every export of the task must have one column that a past window can stand on; without one, its rows would be
 * exported whole for every window. And every window must have keys of its own.
 *
 * @throws TidemarkError NOT_INCREMENTAL; USAGE where the keys would be shared.
 */
export function checkIncremental(spec: Spec): void {
  if (spec.keyTemplate !== null && !/\{(stamp|run_id)\}/.test(spec.keyTemplate)) {
    throw new TidemarkError(
      'USAGE',
      `key_template of ${spec.taskName} has neither {stamp} nor {run_id}: windows would overwrite one another, and what live runs have published.`,
      { hint: 'Add {stamp} to key_template.' },
    );
  }
  if (spec.customQuery !== null && spec.queryWatermark === null) {
    throw new TidemarkError('NOT_INCREMENTAL', `The query of ${spec.taskName} uses no :from and :to.`);
  }
  const wrong = spec.tables.filter(
    ({ cdc }) => cdc.filter(({ bound }) => bound.kind !== 'literal').length !== 1,
  );
  if (wrong.length === 0) return;
  const names = wrong.map(({ name }) => name).join(', ');
  throw new TidemarkError(
    'NOT_INCREMENTAL',
    `In ${spec.taskName}, ${names} ${wrong.length === 1 ? 'has' : 'have'} not exactly one cdc column with a watermark or a span.`,
  );
}
