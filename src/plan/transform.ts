/**
 * Column transformations as part of a SELECT: which expressions it has, which columns come out, and what is left to be
 * done to its rows here because the server cannot do it exactly.
 *
 * The order is fixed: `sql` or the column → `json` or `cast` → `trim` → `default` → `mask` → `rename`.
 */
import type { ColumnTransformation, JsonField } from '../domain/spec.ts';
import type { CellMapping, OutputColumn, RowMapping, ServerIdentity } from '../domain/plan.ts';
import { TidemarkError } from '../errors.ts';
import { defaultFault } from '../spec/default-value.ts';
import { repeatedNames, type Assigned } from '../spec/transformation-names.ts';
import type { ColumnValue } from './column-value.ts';
import { exactDouble, exactValue, type SourceColumn } from './columns.ts';
import { defaultSql } from './default-sql.ts';
import { jsonFieldSql, serverReadsJson } from './json-sql.ts';
import { maskSql } from './mask-sql.ts';
import { aliased } from './sql.ts';

/** What a SELECT with transformations has in place of the bare columns. */
export interface TransformedColumns {
  /** Items of the SELECT list. */
  readonly expressions: readonly string[];
  /** What comes out in the end. */
  readonly columns: readonly OutputColumn[];
  /** Null: the rows are done when they arrive. */
  readonly mapping: RowMapping | null;
}

/** One item of the SELECT list. */
interface Item {
  readonly sql: string;
  readonly column: OutputColumn;
}

/**
 * @param assigned what is exported, in order; at least one with a transformation.
 * @param sourceOf the column of the table or query by its name.
 * @param described what the server says that each `sql` gives.
 * @throws TidemarkError TRANSFORM_UNFIT, COLUMNS_AMBIGUOUS.
 */
export function transformColumns(
  assigned: readonly Assigned[],
  sourceOf: (name: string) => SourceColumn | undefined,
  described: ReadonlyMap<ColumnTransformation, OutputColumn>,
  server: ServerIdentity,
): TransformedColumns {
  const items: Item[] = [];
  const cells: CellMapping[] = [];
  const columns: OutputColumn[] = [];
  const put = (column: OutputColumn, from: number, field: CellMapping['field']): void => {
    columns.push(column);
    cells.push({ from, field });
  };
  const select = (sql: string, column: OutputColumn): void => {
    items.push({ sql, column });
    put(column, items.length - 1, null);
  };

  for (const { column, transformation } of assigned) {
    const source = sourceOf(column);
    if (transformation === null) {
      select(source!.sql, source!.column);
      continue;
    }
    const value = startOf(transformation, source, described.get(transformation));
    const name = transformation.rename ?? column;
    if (transformation.json === null) {
      const made = withoutJson(value, source, transformation);
      select(made.sql, outputOf(name, made));
      continue;
    }
    if (value.kind !== 'text' && value.kind !== 'json')
      throw unfit(transformation, 'json', `reads texts and JSON, and the value is ${value.mysqlType}`);
    if (transformation.keep) {
      // What hides the fields must hide the document around them too.
      const kept = withMask(value, transformation);
      select(kept.sql, outputOf(name, kept));
    }
    let raw: number | null = null;
    for (const field of transformation.json) {
      const made = withOperations(jsonFieldSql(value, field), transformation, isText(field));
      if (serverReadsJson(server, value, field.path)) {
        select(made.sql, outputOf(field.name, made));
        continue;
      }
      // Only what comes out is that of the expression; the document itself is selected, once for all of its fields.
      raw ??= items.push({ sql: value.sql, column: outputOf(column, value) }) - 1;
      const { trim, default: standIn, mask } = transformation;
      put(outputOf(field.name, made), raw, { ...field, trim: trim && isText(field), default: standIn, mask });
    }
  }
  checkUnique(columns);
  return {
    expressions: items.map(({ sql, column }) => aliased(sql, column.name)),
    columns,
    mapping: cells.some(({ field }) => field !== null)
      ? { columns: items.map(({ column }) => column), cells }
      : null,
  };
}

/** How a spec names a transformation. */
export function keyOf({ table, column }: Pick<ColumnTransformation, 'table' | 'column'>): string {
  return table === null ? column : `${table}.${column}`;
}

function startOf(
  transformation: ColumnTransformation,
  source: SourceColumn | undefined,
  described: OutputColumn | undefined,
): ColumnValue {
  if (transformation.sql !== null) return exactValue(`(${transformation.sql})`, described!);
  return source!.value;
}

/** A column that only gets another name stays what it is, down to its type. */
function withoutJson(
  value: ColumnValue,
  source: SourceColumn | undefined,
  transformation: ColumnTransformation,
): ColumnValue {
  const { sql, cast, trim, mask } = transformation;
  if (sql === null && cast === null && !trim && transformation.default === null && mask === null)
    return { ...source!.column, sql: source!.sql };
  return withOperations(cast === null ? value : castSql(value, cast), transformation, true);
}

function castSql(
  { sql, nullable }: ColumnValue,
  cast: NonNullable<ColumnTransformation['cast']>,
): ColumnValue {
  const { target, mysqlType, kind } = cast;
  return {
    sql: target === null ? exactDouble(sql) : `CAST(${sql} AS ${target})`,
    mysqlType,
    kind,
    // What is no date becomes NULL; what is no number becomes 0.
    nullable: nullable || /^(date|time)/.test(mysqlType),
  };
}

/** @param trims whether `trim` is meant for this value. */
function withOperations(
  value: ColumnValue,
  transformation: ColumnTransformation,
  trims: boolean,
): ColumnValue {
  const trimmed = transformation.trim && trims ? withTrim(value, transformation) : value;
  return withMask(withDefault(trimmed, transformation), transformation);
}

function withTrim(value: ColumnValue, transformation: ColumnTransformation): ColumnValue {
  if (value.kind !== 'text')
    throw unfit(transformation, 'trim', `cuts spaces off texts, and the value is ${value.mysqlType}`);
  return { ...value, sql: `TRIM(${value.sql})` };
}

function withDefault(value: ColumnValue, transformation: ColumnTransformation): ColumnValue {
  if (transformation.default === null) return value;
  const fault = defaultFault(transformation.default, value.mysqlType, value.mysqlType);
  if (fault !== null) throw unfit(transformation, 'default', fault);
  return defaultSql(value, transformation.default);
}

function withMask(value: ColumnValue, transformation: ColumnTransformation): ColumnValue {
  const { mask } = transformation;
  if (mask === null) return value;
  if (mask === 'last4' && value.kind === 'binary')
    throw unfit(transformation, 'mask', `"last4" shows characters, and the value is ${value.mysqlType}`);
  return maskSql(value, mask);
}

function isText({ type }: JsonField): boolean {
  return type.is === 'text';
}

function outputOf(name: string, { mysqlType, kind, nullable }: ColumnValue): OutputColumn {
  return { name, mysqlType, nullable, kind };
}

function checkUnique(columns: readonly OutputColumn[]): void {
  const repeated = repeatedNames(columns.map(({ name }) => name));
  if (repeated.length === 0) return;
  throw new TidemarkError(
    'COLUMNS_AMBIGUOUS',
    `With its transformations, the export has the column ${repeated.join(', ')} more than once.`,
    {
      hint: 'Give each output column a name of its own in column_transformation: "rename", or the keys in "json".',
    },
  );
}

function unfit(transformation: ColumnTransformation, operation: string, why: string): TidemarkError {
  const ending = why.endsWith('.') ? '' : '.';
  return new TidemarkError(
    'TRANSFORM_UNFIT',
    `column_transformation ${keyOf(transformation)}: ${operation} ${why}${ending}`,
  );
}
