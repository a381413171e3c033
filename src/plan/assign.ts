/**
 * Transformations of a spec and the columns that a server says: which belongs to which, what has to be asked before
 * the SELECT can be written, and which belong to nothing.
 */
import type { ColumnTransformation, Spec, TableSpec } from '../domain/spec.ts';
import type { RowMapping } from '../domain/plan.ts';
import { TidemarkError } from '../errors.ts';
import { nearest, withNearest } from '../nearest.ts';
import type { TableFacts } from '../ports.ts';
import { assignTransformations, type Assigned } from '../spec/transformation-names.ts';
import { selectedColumns } from './draft.ts';
import { quoteName } from './sql.ts';
import { keyOf } from './transform.ts';

/** What one table or query exports, with its transformations. */
export interface Assignment {
  /** Null: of a custom query. */
  readonly table: string | null;
  /** In the order of the export; what is made anew last, or where the spec lists it. */
  readonly columns: readonly Assigned[];
  /** Whether anything is transformed at all. */
  readonly transforms: boolean;
}

export function assignTable(spec: Spec, table: TableSpec, facts: TableFacts): Assignment {
  const selected = selectedColumns(table, facts);
  // Names as the table has them, and what it does not have where the spec wants it.
  const names =
    table.columns === '*'
      ? selected.map(({ name }) => name)
      : table.columns.map(
          (name) => selected.find((column) => column.name.toLowerCase() === name.toLowerCase())?.name ?? name,
        );
  return assignmentOf(
    table.name,
    assignTransformations(spec.transformations, table.name, spec.tables.length === 1, names),
  );
}

/** @param columns names of the query's result. */
export function assignQuery(spec: Spec, columns: readonly string[]): Assignment {
  return assignmentOf(null, assignTransformations(spec.transformations, null, true, columns));
}

function assignmentOf(table: string | null, columns: readonly Assigned[]): Assignment {
  return { table, columns, transforms: columns.some(({ transformation }) => transformation !== null) };
}

/** The SELECT that tells of what type an expression is, and whether it is one over a single row. Never run. */
export function probeSql(expression: string, column: string, from: string): string {
  // Functions over several rows may not stand in a WHERE.
  return `SELECT (${expression}) AS ${quoteName(column)}\n${from}\nWHERE (${expression}) IS NOT NULL`;
}

/** A failure of the probe, in the words of the spec. */
export function wrongExpression(transformation: ColumnTransformation, error: unknown): unknown {
  if (!(error instanceof TidemarkError)) return error;
  const { message, hint, sql, cause } = error;
  // Whatever the server has against the expression, it is the spec that is wrong.
  const isOwn = error.code === 'SOURCE_FAILED';
  return new TidemarkError(
    isOwn ? 'QUERY_INVALID' : error.code,
    `column_transformation ${keyOf(transformation)}: sql: ${message}`,
    { hint: isOwn ? undefined : hint, sql: sql ?? undefined, cause },
  );
}

/**
 * Columns that `sql` makes and whose name is so near to that of a column that the column was probably meant.
 *
 * @param known names of all columns of the table or query.
 */
export function namesakes({ table, columns }: Assignment, known: readonly string[]): string[] {
  return columns.flatMap(({ column, transformation }) => {
    const isNew =
      transformation !== null && !known.some((name) => name.toLowerCase() === column.toLowerCase());
    const near = isNew ? nearest(column, known) : null;
    return near === null
      ? []
      : [
          `column_transformation ${column} makes a new column of ${table ?? 'the query'}; it has the column ${near}.`,
        ];
  });
}

/** That documents are read here, which takes longer; by column. */
export function slowDocuments({ table, columns }: Assignment, mapping: RowMapping | null): string[] {
  const fields = new Set((mapping?.cells ?? []).map(({ field }) => field?.name));
  return columns.flatMap(({ column, transformation }) =>
    (transformation?.json ?? []).some(({ name }) => fields.has(name))
      ? [
          `The JSON of ${table === null ? column : `${table}.${column}`} is read by Tidemark row by row, as the server would not read it exactly: this is slower.`,
        ]
      : [],
  );
}

/**
 * Every transformation belongs to a column that is exported.
 *
 * @throws TidemarkError COLUMN_UNKNOWN with the nearest names.
 */
export function checkAllAssigned(
  transformations: readonly ColumnTransformation[],
  assignments: readonly Assignment[],
): void {
  const exported = [...new Set(assignments.flatMap(({ columns }) => columns.map(({ column }) => column)))];
  const isMeant = (one: ColumnTransformation): boolean =>
    assignments.some(
      ({ table, columns }) =>
        (one.table === null || one.table === table) &&
        columns.some(({ column }) => column.toLowerCase() === one.column.toLowerCase()),
    );
  const lost = transformations.filter((one) => !isMeant(one));
  if (lost.length === 0) return;
  const described = lost.map((one) => withNearest(one.column, exported, keyOf(one)));
  throw new TidemarkError(
    'COLUMN_UNKNOWN',
    `column_transformation names ${described.join(', ')}, and no column of that name is exported.`,
    {
      hint: `Correct the spec. The columns that are exported are: ${exported.join(', ')}. A new column of one of several tables is named table.column.`,
    },
  );
}
