/**
 * How large an export will be, from statistics alone. An estimate decides whether a table is exported in batches,
 * never what is in them.
 */
import type { Format } from '../domain/spec.ts';
import type { Estimate } from '../domain/plan.ts';
import type { TableColumn, TableFacts } from '../ports.ts';

/** Bytes of one value as text, roughly; types that are not listed are texts of declared or unknown length. */
const WIDTHS: Readonly<Record<string, number>> = {
  tinyint: 2,
  smallint: 4,
  mediumint: 6,
  int: 7,
  bigint: 10,
  float: 8,
  double: 12,
  decimal: 9,
  year: 4,
  date: 10,
  datetime: 19,
  timestamp: 19,
  time: 8,
  bit: 4,
  enum: 8,
  set: 12,
};
const UNKNOWN_TEXT_WIDTH = 64;
/** InnoDB spends as much on a row's header and system columns; an average below it is a statistic not yet taken. */
const LEAST_ROW_BYTES = 19;

function widthOf(column: TableColumn): number {
  const width = WIDTHS[column.dataType];
  if (width !== undefined) return width;
  const declared = /\((\d+)\)/.exec(column.columnType)?.[1];
  if (declared === undefined) return UNKNOWN_TEXT_WIDTH;
  const length = Number(declared);
  return column.dataType === 'char' || column.dataType === 'binary'
    ? length
    : Math.min(length / 3, UNKNOWN_TEXT_WIDTH);
}

/** A row of these columns as text, with its separators. */
function declaredWidth(columns: readonly TableColumn[]): number {
  return columns.reduce((sum, column) => sum + widthOf(column) + 1, 0);
}

/** What JSON Lines say of each value besides it: its key, quotes, colon and comma. */
const KEY_PUNCTUATION = 6;

/**
 * @param selected the columns that are exported.
 * @param explainedRows EXPLAIN's rows where there is a WHERE; null without one or where it is unknown.
 * @param format of the objects: the size is that of text, before compression.
 */
export function estimateTable(
  facts: TableFacts,
  selected: readonly TableColumn[],
  explainedRows: number | null,
  format: Format = 'csv',
): Estimate {
  const rows = explainedRows === null ? facts.rows : Math.min(explainedRows, facts.rows ?? explainedRows);
  if (rows === null)
    return { rows: null, bytes: null, basis: 'unknown: the server keeps no statistics for it' };
  const source = explainedRows === null ? 'information_schema' : 'EXPLAIN';
  const stored = facts.rows !== null && facts.rows > 0 && facts.bytes !== null ? facts.bytes / facts.rows : 0;
  const selectedWidth = declaredWidth(selected);
  const keys =
    format === 'jsonl' ? selected.reduce((sum, { name }) => sum + name.length + KEY_PUNCTUATION, 0) : 0;
  if (stored < LEAST_ROW_BYTES) {
    return {
      rows,
      bytes: Math.round(rows * (selectedWidth + keys)),
      basis: `${source} rows × declared column widths`,
    };
  }
  const share = selectedWidth / declaredWidth(facts.columns);
  const basis = `${source} rows × stored bytes a row${share < 1 ? ' × share of the columns' : ''}`;
  return { rows, bytes: Math.round(rows * (stored * share + keys)), basis };
}

/** A custom query's rows are EXPLAIN's; how wide they are nobody knows before they are read. */
export function estimateQuery(explainedRows: number | null): Estimate {
  return { rows: explainedRows, bytes: null, basis: explainedRows === null ? 'unknown' : 'EXPLAIN rows' };
}
