/**
 * A spec and a table's facts become the SELECT that exports it. All that a spec asks of a table and the table cannot
 * give is found here, and named at once.
 */
import type { ColumnTransformation, TableSpec } from '../domain/spec.ts';
import type { OutputColumn, RowMapping, ServerIdentity, Window } from '../domain/plan.ts';
import { TidemarkError } from '../errors.ts';
import type { TableColumn, TableFacts } from '../ports.ts';
import { withNearest } from '../nearest.ts';
import { creates } from '../spec/transformation-names.ts';
import { outputColumn, selectExpression, wrappedExpression } from './columns.ts';
import { orderOnMariaDb } from './query-order.ts';
import { countQuerySql, countSql, filterSql, quoteName, selectSql, type SelectParts } from './sql.ts';
import type { TransformedColumns } from './transform.ts';
import { windowSql, type Answers, type WindowContext } from './windows.ts';

/** What the SELECT of a table is made of. */
export interface TableParts {
  readonly select: SelectParts;
  /** Conditions of the table's `cdc`, in the order of the spec; null: all rows are in the window. */
  readonly windows: readonly (string | null)[];
}

/** An export before its size is known. */
export interface Draft {
  readonly name: string;
  readonly sql: string;
  /** What `sql` is made of; left out: a query of the spec's own. */
  readonly parts?: TableParts;
  /** Counts the rows that `sql` returns. */
  readonly countSql: string;
  readonly columns: readonly OutputColumn[];
  /** From its rows to `columns`; null: they are the same. */
  readonly mapping: RowMapping | null;
  /** Names of the columns that tell a row from all others; empty where that is not known. */
  readonly key: readonly string[];
  readonly windows: readonly Window[];
  /** Whether a WHERE keeps rows out, so that the table's own row count says too much. */
  readonly filtered: boolean;
  /** Tables that it reads and that keep no snapshots, as names in SQL; null: not known. */
  readonly unkept: readonly string[] | null;
  readonly warnings: readonly string[];
}

/** Finds a column of a table by its name, in any case. */
export function columnFinder(facts: TableFacts): (name: string) => TableColumn | undefined {
  const byName = new Map(facts.columns.map((column) => [column.name.toLowerCase(), column]));
  return (name) => byName.get(name.toLowerCase());
}

/**
 * Every column that a spec names is there.
 *
 * @param transformations of the spec: they may make columns, and name some of this table.
 * @throws TidemarkError COLUMN_UNKNOWN with the nearest names.
 */
export function checkColumnsKnown(
  spec: TableSpec,
  facts: TableFacts,
  transformations: readonly ColumnTransformation[] = [],
): void {
  const find = columnFinder(facts);
  const isMade = (name: string): boolean => transformations.some((one) => creates(one, spec.name, name));
  const named = [
    ...(spec.columns === '*' ? [] : spec.columns.filter((name) => !isMade(name))),
    ...transformations
      .filter(({ table, column }) => table === spec.name && !isMade(column))
      .map(({ column }) => column),
    ...spec.filters.map((filter) => filter.column),
    ...spec.cdc.map((cdc) => cdc.column),
    ...spec.splitOrder,
  ];
  const unknown = [...new Set(named.filter((name) => find(name) === undefined))];
  if (unknown.length > 0) throw unknownColumns(spec.name, unknown, facts);
}

/**
 * @param spec names only columns that are there.
 * @param transformed what stands in place of the table's own columns; null: nothing does.
 * @throws TidemarkError SPAN_ON_NUMBER, WATERMARK_TYPE, WATERMARK_VALUE, WATERMARK_MISMATCH.
 */
export function draftTable(
  spec: TableSpec,
  facts: TableFacts,
  context: WindowContext,
  answers: Answers,
  transformed: TransformedColumns | null = null,
): Draft {
  const find = columnFinder(facts);
  const selected = selectedColumns(spec, facts);
  const cdc = spec.cdc.map((entry) => windowSql(spec.name, entry, find(entry.column)!, context, answers));
  const conditions = [
    ...spec.filters.map(filterSql),
    ...cdc.map((entry) => entry.condition).filter((condition) => condition !== null),
  ];
  const select: SelectParts = {
    expressions: transformed?.expressions ?? selected.map(selectExpression),
    table: spec.name,
    conditions,
    orderBy: spec.splitOrder.length > 0 ? spec.splitOrder : facts.primaryKey,
    renamed: transformed !== null,
  };
  return {
    name: spec.name,
    sql: selectSql(select),
    parts: { select, windows: cdc.map(({ condition }) => condition) },
    countSql: countSql(spec.name, conditions),
    columns: transformed?.columns ?? selected.map(outputColumn),
    mapping: transformed?.mapping ?? null,
    key: facts.primaryKey,
    windows: cdc.map((entry) => entry.window),
    filtered: conditions.length > 0,
    unkept: facts.transactional === false ? [quoteName(facts.name)] : [],
    warnings: [...tableWarnings(spec.name, facts), ...cdc.flatMap((entry) => entry.warnings)],
  };
}

/**
 * The columns of the table that its spec exports, in its order; `"*"` is what `SELECT *` gives: invisible columns are
 * not in it. What a transformation makes anew is no column of the table.
 */
export function selectedColumns(spec: TableSpec, facts: TableFacts): TableColumn[] {
  const { columns } = spec;
  if (columns === '*') return facts.columns.filter((column) => !column.invisible);
  const find = columnFinder(facts);
  return columns.flatMap((name) => find(name) ?? []);
}

/**
 * @param columns the query's result columns as the server describes them.
 * @param flavor of the server that will run it.
 * @param windows that its placeholders stand for.
 * @param transformed what stands in place of the query's own columns; null: nothing does.
 * @throws TidemarkError COLUMNS_AMBIGUOUS.
 */
export function draftQuery(
  task: string,
  sql: string,
  columns: readonly OutputColumn[],
  flavor: ServerIdentity['flavor'],
  windows: readonly Window[],
  transformed: TransformedColumns | null = null,
): Draft {
  const names = columns.map((column) => column.name);
  const repeated = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  if (repeated.length > 0) {
    throw new TidemarkError('COLUMNS_AMBIGUOUS', `The query returns ${repeated.join(', ')} more than once.`, {
      sql,
    });
  }
  // FLOAT and GEOMETRY cannot be read exactly as they are; the query is then read through another SELECT.
  const inexact = columns.some((column) => column.kind === 'float32' || column.mysqlType === 'geometry');
  const expressions = transformed?.expressions ?? columns.map(wrappedExpression);
  const isWrapped = inexact || transformed !== null;
  const { inside, outside, kept } =
    isWrapped && flavor === 'mariadb'
      ? orderOnMariaDb(sql, names)
      : { inside: sql, outside: null, kept: true };
  const wrapped = [
    `SELECT ${expressions.join(', ')}`,
    fromQuery(inside),
    ...(outside === null ? [] : [outside]),
  ];
  return {
    name: task,
    sql: isWrapped ? wrapped.join('\n') : sql,
    countSql: countQuerySql(sql),
    columns: transformed?.columns ?? columns,
    mapping: transformed?.mapping ?? null,
    key: [],
    windows,
    filtered: true,
    unkept: [],
    warnings: kept ? [] : [ORDER_UNSURE],
  };
}

const ORDER_UNSURE =
  'The rows may not be in the order of the query: MariaDB reads it through a temporary table, for the sake of its ' +
  'FLOAT or GEOMETRY columns or of a transformation. It keeps an ORDER BY of names or places of the result alone.';

/** The FROM clause of a SELECT that reads another. */
export function fromQuery(sql: string): string {
  return `FROM (\n${sql}\n) AS q`;
}

function tableWarnings(name: string, facts: TableFacts): string[] {
  if (facts.transactional !== false) return [];
  return [`${name} is not an InnoDB table: it is read as it is at that moment, not as of the snapshot.`];
}

function unknownColumns(table: string, unknown: readonly string[], facts: TableFacts): TidemarkError {
  const known = facts.columns.map((column) => column.name);
  const described = unknown.map((name) => withNearest(name, known));
  return new TidemarkError('COLUMN_UNKNOWN', `Table ${table} has no column ${described.join(', ')}.`, {
    hint: `Correct the spec. The columns of ${table} are: ${known.join(', ')}.`,
  });
}
