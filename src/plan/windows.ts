/**
 * `cdc` bounds as windows and as SQL. A literal means what it says on every run; a span counts back from the time the
 * run was scheduled for, or to where the last success ended; a watermark goes on where the last success stopped.
 * DATETIME and DATE columns hold the server's wall clock, TIMESTAMP columns are read in UTC.
 */
import type { Cdc, Literal, Span, TableSpec, WatermarkSpec } from '../domain/spec.ts';
import type { Window } from '../domain/plan.ts';
import type { RunIdentity, TaskMemory } from '../domain/run.ts';
import { TidemarkError } from '../errors.ts';
import type { Horizon, TableColumn } from '../ports.ts';
import { spanBefore } from '../spec/span.ts';
import { formatClock, microsOf } from './clock.ts';
import { clockWarnings } from './clock-behind.ts';
import { literalSql, quoteName, quoteString } from './sql.ts';
import {
  backfillWindow,
  clockInstants,
  lastValue,
  scaleOf,
  watermarkWindow,
  windowEnd,
} from './watermark.ts';
import type { Scale } from './watermark.ts';

/** Everything a window depends on besides the spec. */
export interface WindowContext {
  readonly run: RunIdentity;
  readonly memory: TaskMemory;
  /** Null where no table has a watermark. */
  readonly horizon: Horizon | null;
}

/** What the source has to say before the windows of a table can be written. */
export interface Questions {
  /** Instants at which its own clock must be known, in microseconds since 1970 UTC. */
  readonly clocks: readonly bigint[];
  /** Columns of which the largest value must be known. */
  readonly maxima: readonly string[];
}

export interface Answers {
  /** As the server shows it, by instant. */
  readonly clocks: ReadonlyMap<bigint, string>;
  /** As text, by the name in the question; null: there is no row. */
  readonly maxima: ReadonlyMap<string, string | null>;
}

export interface WindowSql {
  /** A WHERE condition; null: all rows are in the window. */
  readonly condition: string | null;
  readonly window: Window;
  readonly warnings: readonly string[];
}

type Find = (name: string) => TableColumn;

/** @throws TidemarkError WATERMARK_TYPE. */
export function questionsOf(table: TableSpec, find: Find, context: WindowContext): Questions {
  const clocks: bigint[] = [];
  const maxima: string[] = [];
  const { run, memory } = context;
  for (const { column: name, bound } of table.cdc) {
    const column = find(name);
    if (bound.kind === 'literal') continue;
    if (bound.kind === 'span' && run.backfill === null) {
      if (column.dataType === 'timestamp') continue;
      clocks.push(microsOf(spanStart(bound.span, run, memory).from));
      if (run.until !== null) clocks.push(microsOf(run.until));
      continue;
    }
    const watermark = bound.kind === 'span' ? NO_LAG : bound.watermark;
    const scale = scaleOf(table.name, column, watermark);
    if (scale.kind === 'integer') maxima.push(name);
    else if (scale.clock === null)
      clocks.push(...clockInstants(windowEnd(scale, watermark, horizonOf(context), run.until)));
  }
  return { clocks: [...new Set(clocks)], maxima };
}

/** A backfill brings its own window in place of a span; up to where it may go is as for a watermark. */
const NO_LAG: WatermarkSpec = { initial: null, lagMs: 0, timezone: null, nulls: 'never' };

/** The last value that a watermark may take now; null: an integer column without a row. */
function lastOf(
  name: string,
  scale: Scale,
  watermark: WatermarkSpec,
  context: WindowContext,
  answers: Answers,
): string | null {
  if (scale.kind === 'integer') return answers.maxima.get(name) ?? null;
  const end = windowEnd(scale, watermark, horizonOf(context), context.run.until);
  return lastValue(scale, end, (instant) => clockAt(instant, answers));
}

/**
 * One `cdc` entry as a window.
 *
 * @throws TidemarkError SPAN_ON_NUMBER, WATERMARK_TYPE, WATERMARK_VALUE, WATERMARK_MISMATCH.
 */
export function windowSql(
  table: string,
  cdc: Cdc,
  column: TableColumn,
  context: WindowContext,
  answers: Answers,
): WindowSql {
  const { bound } = cdc;
  switch (bound.kind) {
    case 'literal':
      return literalWindow(table, cdc.column, bound.value);
    case 'span': {
      const { backfill } = context.run;
      if (backfill === null) return spanWindow(table, cdc.column, bound.span, column, context, answers);
      const scale = scaleOf(table, column, NO_LAG);
      const last = lastOf(cdc.column, scale, NO_LAG, context, answers);
      return boundedBy(backfillWindow(table, cdc.column, scale, backfill, last), scale);
    }
    case 'watermark': {
      // A NOT NULL column has no NULLs, and MySQL calls its zero dates NULL.
      const watermark: WatermarkSpec = column.nullable
        ? bound.watermark
        : { ...bound.watermark, nulls: 'never' };
      const { memory, run } = context;
      const scale = scaleOf(table, column, watermark);
      const last = lastOf(cdc.column, scale, watermark, context, answers);
      const window = watermarkWindow(table, cdc.column, watermark, scale, memory, run, last);
      const warnings =
        window.mode === 'watermark' && scale.kind === 'time'
          ? clockWarnings(table, cdc.column, scale, watermark, horizonOf(context), context, (at) =>
              clockAt(at, answers),
            )
          : [];
      return { ...boundedBy(window, scale), warnings };
    }
  }
}

function literalWindow(table: string, column: string, value: Literal): WindowSql {
  const window = { table, column, mode: 'literal', from: value.text, to: null, nulls: false } as const;
  return { condition: `${quoteName(column)} > ${literalSql(value)}`, window, warnings: [] };
}

/** `column > from AND column <= to`, and the rows with NULL where they are asked for. */
function boundedBy(window: Window, scale: Scale): WindowSql {
  const { from, to, nulls } = window;
  const name = quoteName(window.column);
  const sql = (text: string): string => (scale.kind === 'integer' ? text : quoteString(text));
  const bounds = [
    ...(from === null ? [] : [`${name} > ${sql(from)}`]),
    ...(to === null ? [] : [`${name} <= ${sql(to)}`]),
  ].join(' AND ');
  // A comparison leaves NULL out; without one, it has to be left out by name.
  const condition = bounds === '' ? `${name} IS NOT NULL` : bounds;
  return { condition: nulls ? `(${condition} OR ${name} IS NULL)` : condition, window, warnings: [] };
}

/** Spans are times, also in text columns. */
const SPAN_SCALE: Scale = { kind: 'time', digits: 0, clock: null };

/** Where a span begins: where the last success ended, if runs were missed since and it lies further back. */
function spanStart(
  span: Span,
  run: RunIdentity,
  { missedSince }: TaskMemory,
): { readonly from: Date; readonly reachesBack: boolean } {
  const from = spanBefore(span, run.scheduledFor);
  if (missedSince !== null && missedSince < from) return { from: missedSince, reachesBack: true };
  return { from, reachesBack: false };
}

function spanWindow(
  table: string,
  name: string,
  span: Span,
  column: TableColumn,
  { run, memory }: WindowContext,
  answers: Answers,
): WindowSql {
  const { from, reachesBack } = spanStart(span, run, memory);
  const text = (instant: Date): string => spanBound(table, column, span.text, instant, answers);
  const window: Window = {
    table,
    column: name,
    mode: 'span',
    from: text(from),
    to: run.until === null ? null : text(run.until),
    nulls: false,
  };
  const warning = `${table}.${name}: runs were missed, so the window of "${span.text}" reaches back to ${window.from}, where the last success ended.`;
  return { ...boundedBy(window, SPAN_SCALE), warnings: reachesBack ? [warning] : [] };
}

function spanBound(
  table: string,
  column: TableColumn,
  span: string,
  instant: Date,
  answers: Answers,
): string {
  switch (column.dataType) {
    case 'timestamp':
      return utcText(instant);
    case 'date':
    case 'datetime':
    case 'char':
    case 'varchar': {
      const clock = clockAt(microsOf(instant), answers).replace(/\.0*$/, '');
      return column.dataType === 'date' ? clock.slice(0, 10) : clock;
    }
    default:
      throw new TidemarkError(
        'SPAN_ON_NUMBER',
        `cdc of ${table}.${column.name} is the span "${span}", and the column is ${column.columnType}.`,
      );
  }
}

function clockAt(instant: bigint, { clocks }: Answers): string {
  const shown = clocks.get(instant);
  if (shown === undefined) throw new Error(`the server's clock was not asked for ${instant}`);
  return shown;
}

/** Of a context whose snapshot was opened with it. */
export function horizonOf({ horizon }: WindowContext): Horizon {
  if (horizon === null) throw new Error('the snapshot was opened without its horizon');
  return horizon;
}

/** `YYYY-MM-DD HH:MM:SS` in UTC, with milliseconds only where there are some. */
export function utcText(instant: Date): string {
  return formatClock(microsOf(instant), instant.getTime() % 1000 === 0 ? 0 : 3);
}
