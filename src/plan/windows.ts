/**
 * `cdc` bounds as SQL. A literal means what it says on every run; a span counts back from the time the run was
 * scheduled for. DATETIME and DATE columns hold the server's wall clock, TIMESTAMP columns are read in UTC.
 */
import type { Cdc, TableSpec, Window } from '../domain.ts';
import { TidemarkError } from '../errors.ts';
import type { TableColumn } from '../ports.ts';
import { spanBefore } from '../spec/span.ts';
import { literalSql, quoteName, quoteString } from './sql.ts';

/** The server's wall clock at the instants that were asked for, by their ISO text. */
export type WallClocks = ReadonlyMap<string, string>;

/** The instants at which the wall clock must be known before the windows of these tables can be written. */
export function instantsOf(tables: readonly TableSpec[], scheduledFor: Date): Date[] {
  const instants = tables
    .flatMap((table) => table.cdc)
    .flatMap(({ bound }) => (bound.kind === 'span' ? [spanBefore(bound.span, scheduledFor)] : []));
  return [...new Map(instants.map((instant) => [instant.toISOString(), instant])).values()];
}

/**
 * @returns the WHERE condition of one `cdc` entry, and the window it opens.
 * @throws TidemarkError SPAN_ON_NUMBER.
 */
export function cdcCondition(
  table: string,
  cdc: Cdc,
  column: TableColumn,
  scheduledFor: Date,
  clocks: WallClocks,
): { readonly condition: string; readonly window: Window } {
  const { bound } = cdc;
  const name = quoteName(cdc.column);
  if (bound.kind === 'literal') {
    const from = literalSql(bound.value);
    return { condition: `${name} > ${from}`, window: { table, column: cdc.column, from: bound.value.text } };
  }
  const instant = spanBefore(bound.span, scheduledFor);
  const from = spanBound(table, column, bound.span.text, instant, clocks);
  return { condition: `${name} > ${quoteString(from)}`, window: { table, column: cdc.column, from } };
}

function spanBound(
  table: string,
  column: TableColumn,
  span: string,
  instant: Date,
  clocks: WallClocks,
): string {
  switch (column.dataType) {
    case 'timestamp':
      return utcText(instant);
    case 'date':
    case 'datetime':
    case 'char':
    case 'varchar': {
      const clock = clocks.get(instant.toISOString());
      if (clock === undefined) throw new Error(`no wall clock was read for ${instant.toISOString()}`);
      const seconds = clock.replace(/\.0*$/, '');
      return column.dataType === 'date' ? seconds.slice(0, 10) : seconds;
    }
    default:
      throw new TidemarkError(
        'SPAN_ON_NUMBER',
        `cdc of ${table}.${column.name} is the span "${span}", and the column is ${column.columnType}.`,
      );
  }
}

/** `YYYY-MM-DD HH:MM:SS` in UTC, with milliseconds only where there are some. */
export function utcText(instant: Date): string {
  return instant
    .toISOString()
    .replace('T', ' ')
    .replace(/(\.000)?Z$/, '');
}
