/**
 * Which transformation belongs to which column, and which output columns there are then. The spec is checked with it
 * where it lists its columns; the plan uses it with the columns that the server says.
 */
import type { ColumnTransformation, TableSpec } from '../domain/spec.ts';
import { didYouMean } from '../nearest.ts';
import type { PlacedTransformation } from './column-transformation.ts';
import type { Report } from './schema-faults.ts';
import { showText } from './show.ts';

/** A column that is exported, and what becomes of it. */
export interface Assigned {
  readonly column: string;
  /** Null: it stays as it is. */
  readonly transformation: ColumnTransformation | null;
}

/** MySQL does not tell upper case from lower case in column names. */
function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/**
 * The columns of one table with their transformations; what `sql` makes anew comes last. A transformation of
 * `table.column` beats one of `column`.
 *
 * @param table null: of a custom query.
 * @param alone whether a transformation that names no table can only mean this one.
 */
export function assignTransformations(
  transformations: readonly ColumnTransformation[],
  table: string | null,
  alone: boolean,
  columns: readonly string[],
): Assigned[] {
  const own = transformations.filter((one) => one.table === table);
  const general = table === null ? [] : transformations.filter((one) => one.table === null);
  const assigned = columns.map((column): Assigned => {
    const fits = (one: ColumnTransformation): boolean => same(one.column, column);
    return { column, transformation: own.find(fits) ?? general.find(fits) ?? null };
  });
  const isNew = ({ column, sql }: ColumnTransformation): boolean =>
    sql !== null && !columns.some((name) => same(name, column));
  const made = [...own, ...(alone ? general : [])].filter(isNew);
  // A name that both make is one column.
  const first = made.filter(
    (one, index) => made.findIndex(({ column }) => same(column, one.column)) === index,
  );
  return [...assigned, ...first.map((transformation) => ({ column: transformation.column, transformation }))];
}

/** Whether a transformation may make this column of a table that does not have it. */
export function creates({ table, column, sql }: ColumnTransformation, of: string, name: string): boolean {
  return sql !== null && (table === null || table === of) && same(column, name);
}

/** Names of the output columns that one exported column becomes. */
function outputNames({ column, transformation }: Assigned): string[] {
  if (transformation === null) return [column];
  const own = transformation.rename ?? column;
  if (transformation.json === null) return [own];
  const fields = transformation.json.map(({ name }) => name);
  return transformation.keep ? [own, ...fields] : fields;
}

/** Names that stand more than once, each once; as the second of them is written. */
export function repeatedNames(names: readonly string[]): string[] {
  const seen = new Set<string>();
  const repeated = new Map<string, string>();
  for (const name of names) {
    const plain = name.toLowerCase();
    if (seen.has(plain)) repeated.set(plain, name);
    seen.add(plain);
  }
  return [...repeated.values()];
}

/** Reports what can be said about names without a server: of tables whose columns the spec lists. */
export function checkTransformationNames(
  placed: readonly PlacedTransformation[],
  tables: readonly TableSpec[],
  report: Report,
): void {
  checkOnce(placed, report);
  if (tables.length === 0) return;
  for (const { transformation, path } of placed) checkExported(transformation, path, tables, report);
  for (const { name, columns } of tables) {
    if (columns === '*') continue;
    const transformations = placed.map(({ transformation }) => transformation);
    const assigned = assignTransformations(transformations, name, tables.length === 1, columns);
    checkOutputs(name, assigned, placed, report);
  }
}

function checkOnce(placed: readonly PlacedTransformation[], report: Report): void {
  const id = ({ table, column }: ColumnTransformation): string =>
    JSON.stringify([table, column.toLowerCase()]);
  const seen = new Set<string>();
  for (const { transformation, path } of placed) {
    if (seen.has(id(transformation)))
      report(path, 'found a second transformation of the same column. Allowed: each column once.', 'key');
    seen.add(id(transformation));
  }
}

function checkExported(
  { table, column, sql }: ColumnTransformation,
  path: PlacedTransformation['path'],
  tables: readonly TableSpec[],
  report: Report,
): void {
  const meant = table === null ? tables : tables.filter(({ name }) => name === table);
  if (sql !== null) {
    if (table !== null || meant.length === 1) return;
    const listed = meant.some(({ columns }) => columns === '*' || columns.some((name) => same(name, column)));
    if (!listed)
      report(path, `found a new column, and several tables. Write ${showText(`table.${column}`)}.`, 'key');
    return;
  }
  const lists = meant.map(({ columns }) => columns);
  if (lists.some((columns) => columns === '*')) return;
  const exported = lists.flatMap((columns) => columns);
  if (exported.some((name) => same(name, column))) return;
  report(
    path,
    `found the column ${showText(column)}, which the spec does not export.${didYouMean(column, exported)} Allowed: ${exported.join(', ')}.`,
    'key',
  );
}

function checkOutputs(
  table: string,
  assigned: readonly Assigned[],
  placed: readonly PlacedTransformation[],
  report: Report,
): void {
  for (const name of repeatedNames(assigned.flatMap(outputNames))) {
    // Where two transformations make the name, the second is at fault; where one does, that one.
    const maker = assigned.findLast(
      (one) => one.transformation !== null && outputNames(one).some((other) => same(other, name)),
    );
    const place = placed.find(({ transformation }) => transformation === maker?.transformation);
    if (maker === undefined || place === undefined) continue;
    const written = outputNames(maker).find((other) => same(other, name))!;
    report(
      place.path,
      `makes the output column ${showText(written)}, which ${showText(table)} has already. Allowed: each name once; "rename" gives another.`,
      'key',
    );
  }
}
