/**
 * Whether a run writes the same columns as the last one did, and what is different, in words. What counts is what is
 * written: a column that the spec leaves out is gone for whoever reads the files.
 */
import type { OnSchemaChange, Spec } from '../domain/spec.ts';
import type { ExportPlan, Plan, SchemaChange, TableSchema } from '../domain/plan.ts';
import type { RunFile } from '../domain/run.ts';
import { TidemarkError } from '../errors.ts';

type Column = TableSchema['columns'][number];

/** Changes named in an error; the report and the manifest have all. */
const SHOWN = 10;

/** The columns of the tables that a run has written objects of. */
export function schemasOf(
  exports: readonly Pick<ExportPlan, 'name' | 'columns'>[],
  files: readonly Pick<RunFile, 'table'>[],
): TableSchema[] {
  const written = new Set(files.map(({ table }) => table));
  return exports.filter(({ name }) => written.has(name)).map(schemaOf);
}

/** Changes of the tables that a run has written objects of: of the others there is nothing new to be read. */
export function changesOf(
  changes: readonly SchemaChange[],
  files: readonly Pick<RunFile, 'table'>[],
): SchemaChange[] {
  const written = new Set(files.map(({ table }) => table));
  return changes.filter(({ table }) => written.has(table));
}

/** @param remembered what was written last; a table that is not among them is new, and nothing has changed. */
export function withSchemaChanges(
  plan: Plan,
  onChange: OnSchemaChange,
  remembered: readonly TableSchema[],
): Plan {
  if (onChange === 'ignore') return plan;
  const schemaChanges = plan.exports.flatMap((one) => {
    const before = remembered.find(({ table }) => table === one.name);
    return before === undefined ? [] : compareSchemas(before, schemaOf(one));
  });
  const warnings = [...plan.warnings, ...schemaChanges.map(({ message }) => message)];
  return { ...plan, schemaChanges, warnings };
}

/** @throws TidemarkError SCHEMA_CHANGED, where the spec does not let changed columns pass. */
export function refuseSchemaChanges(
  { schemaChanges }: Plan,
  { onSchemaChange, file }: Pick<Spec, 'onSchemaChange' | 'file'>,
): void {
  if (onSchemaChange !== 'fail' || schemaChanges.length === 0) return;
  const shown = schemaChanges.slice(0, SHOWN).map(({ message }) => message);
  const more = schemaChanges.length > SHOWN ? ` And ${schemaChanges.length - SHOWN} more changes.` : '';
  throw new TidemarkError(
    'SCHEMA_CHANGED',
    `The columns are not those of the last run that succeeded. ${shown.join(' ')}${more}`,
    {
      hint: `Make ready whatever reads the files, then accept the change once: tidemark run -s ${file} --accept-schema-change. The runs after it compare with that one. With "on_schema_change": "warn" a change is only told.`,
    },
  );
}

function schemaOf({ name, columns }: Pick<ExportPlan, 'name' | 'columns'>): TableSchema {
  return {
    table: name,
    columns: columns.map((column) => ({
      name: column.name,
      mysqlType: normalType(column.mysqlType),
      nullable: column.nullable,
    })),
  };
}

/**
 * Integers and YEAR without their display width, which newer servers no longer tell and which says nothing of the
 * values; with ZEROFILL it does.
 */
function normalType(type: string): string {
  if (/zerofill/i.test(type)) return type;
  return type.replace(/^((?:tiny|small|medium|big)?int|year)\(\d+\)/i, '$1');
}

/** What is gone, what is new, what is different, and then the order of what is in both. */
export function compareSchemas(before: TableSchema, after: TableSchema): SchemaChange[] {
  const { table } = after;
  const old = new Map(before.columns.map((column) => [column.name, column]));
  const names = new Set(after.columns.map(({ name }) => name));
  const gone = before.columns
    .filter(({ name }) => !names.has(name))
    .map(({ name, mysqlType }): SchemaChange => ({
      table,
      column: name,
      change: 'removed',
      before: mysqlType,
      after: null,
      message: `${table}: column ${name} (${mysqlType}) is gone.`,
    }));
  const others = after.columns.flatMap((column, index) => {
    const was = old.get(column.name);
    return was === undefined ? [added(after, column, index, old)] : differences(table, was, column);
  });
  return [...gone, ...others, ...reordered(before, after, names)];
}

function added(
  { table, columns }: TableSchema,
  { name, mysqlType }: Column,
  index: number,
  old: ReadonlyMap<string, unknown>,
): SchemaChange {
  // Who reads by position has to know that others have moved.
  const next = columns.slice(index + 1).find((column) => old.has(column.name));
  const place = next === undefined ? '' : `, before column ${next.name}`;
  return {
    table,
    column: name,
    change: 'added',
    before: null,
    after: mysqlType,
    message: `${table}: column ${name} (${mysqlType}) is new${place}.`,
  };
}

function differences(table: string, was: Column, is: Column): SchemaChange[] {
  const { name } = is;
  const changes: SchemaChange[] = [];
  if (was.mysqlType !== is.mysqlType)
    changes.push({
      table,
      column: name,
      change: 'type',
      before: was.mysqlType,
      after: is.mysqlType,
      message: `${table}: column ${name} changed from ${was.mysqlType} to ${is.mysqlType}.`,
    });
  if (was.nullable !== is.nullable)
    changes.push({
      table,
      column: name,
      change: 'nullability',
      before: was.nullable ? 'NULL' : 'NOT NULL',
      after: is.nullable ? 'NULL' : 'NOT NULL',
      message: `${table}: column ${name} ${is.nullable ? 'may now be NULL' : 'can no longer be NULL'}.`,
    });
  return changes;
}

function reordered(before: TableSchema, after: TableSchema, names: ReadonlySet<string>): SchemaChange[] {
  const were = before.columns.map(({ name }) => name).filter((name) => names.has(name));
  const old = new Set(were);
  const are = after.columns.map(({ name }) => name).filter((name) => old.has(name));
  if (were.every((name, index) => name === are[index])) return [];
  const message = `${after.table}: the columns are in another order: ${are.join(', ')}; it was ${were.join(', ')}.`;
  return [
    {
      table: after.table,
      column: null,
      change: 'order',
      before: were.join(', '),
      after: are.join(', '),
      message,
    },
  ];
}
