/** Whether a table can be cut into ranges, by which column and index; and if not, why, in words for the task's owner. */
import type { ColumnTransformation, TableSpec } from '../../domain/spec.ts';
import type { Estimate } from '../../domain/plan.ts';
import type { TableIndex } from '../../key-ports.ts';
import type { TableColumn, TableFacts } from '../../ports.ts';
import { createIndex } from '../create-index.ts';
import { quoteName } from '../sql.ts';
import { LEAST_RANGE_BYTES } from './count.ts';
import { keyTypeOf, type KeyType } from './key-type.ts';

/** What a table is cut by, or why it is not cut. */
export type SplitColumn = { readonly column: TableColumn; readonly type: KeyType } | { readonly why: string };

export const QUERY_IS_WHOLE =
  'A custom query is read as it stands, over one connection: only tables are cut into ranges.';

/**
 * The column that a table is cut by: the first of `split_order`, or of the primary key.
 *
 * @param transformed what becomes of a column on its way; null: nothing.
 */
export function splitColumn(
  table: TableSpec,
  facts: TableFacts,
  transformed: (column: string) => ColumnTransformation | null,
): SplitColumn {
  const { name } = facts;
  if (facts.transactional === null)
    return { why: `${name} is a view: it has no index of its own by which ranges could be read.` };
  if (!facts.transactional)
    return {
      why: `${name} is not an InnoDB table: over several connections, its rows would not be of one moment.`,
    };
  const first = table.splitOrder[0] ?? facts.primaryKey[0];
  if (first === undefined)
    return {
      why: `${name} has no primary key, and the spec no split_order. Name a column with an index in split_order.`,
    };
  const column = facts.columns.find((one) => one.name.toLowerCase() === first.toLowerCase())!;
  const type = keyTypeOf(column);
  const shown = `${name}.${column.name}`;
  if (type === null)
    return {
      why: `${shown} is ${column.columnType}: ranges need a column of whole numbers, DECIMAL, dates, CHAR, VARCHAR, BINARY or VARBINARY. Name another one in split_order.`,
    };
  if ((transformed(column.name)?.mask ?? null) !== null)
    return {
      why: `${shown} is masked, and the borders of its ranges would show values of it in SQL, logs and manifest. Name another column in split_order.`,
    };
  return { column, type };
}

/** Why it is not worth it. */
export function tooSmall(name: string, { bytes }: Estimate, thresholdBytes: number): string {
  if (bytes === null) return `The size of ${name} is not known.`;
  const least = Math.min(2 * LEAST_RANGE_BYTES, thresholdBytes);
  return `${name} is small: about ${megabytes(bytes)}. Several connections are worth it from ${megabytes(least)} on.`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toLocaleString('en', { maximumFractionDigits: 1 })} MB`;
}

/**
 * The index by which ranges are read: one that begins with the column, and among those the one that gives most of the
 * order.
 *
 * @param order of the export.
 */
export function indexFor(order: readonly string[], indexes: readonly TableIndex[]): TableIndex | null {
  const served = ({ columns }: TableIndex): number => {
    const differs = order.findIndex(
      (name, at) => columns[at]?.whole !== true || columns[at].name.toLowerCase() !== name.toLowerCase(),
    );
    return differs === -1 ? order.length : differs;
  };
  const [best] = indexes.toSorted((a, b) => served(b) - served(a) || rank(a) - rank(b));
  return best !== undefined && served(best) > 0 ? best : null;
}

/** A table is nearest to its primary key, which holds the rows. */
function rank({ name, unique }: TableIndex): number {
  return name === 'PRIMARY' ? 0 : unique ? 1 : 2;
}

export function noIndex(
  table: string,
  column: string,
  database: string,
  indexes: readonly TableIndex[],
): string {
  const sql = createIndex(database, table, [column], indexes);
  return `${table}.${column} has no index, so each range would look at the whole table. ${sql}`;
}

/** A selective condition has an index of its own, and ranges would read everything else, too. */
export function otherIndex(
  table: string,
  column: string,
  other: { readonly index: string; readonly rows: number },
  tableRows: number,
): string {
  const count = (rows: number): string => rows.toLocaleString('en');
  return `The server finds the rows of ${table} by its index ${quoteName(other.index)}, about ${count(other.rows)} of ${count(tableRows)}: ranges of ${column} would look at all of them. Name the first column of that index in split_order to have it cut there.`;
}

export function notByRange(table: string, column: string): string {
  return `The server does not read ${table} by ranges of ${column}, as EXPLAIN says.`;
}

export function nothingToCut(table: string, column: string): string {
  return `${table}.${column} has too few different values to be cut into ranges.`;
}
