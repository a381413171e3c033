/** Loads a module inside its thread, and looks at what it exports. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { DeclaredColumns } from '../domain/spec.ts';
import { TidemarkError } from '../errors.ts';
import type { TransformContext } from '../transform-ports.ts';
import { columnFaults, declaredColumns } from '../spec/row-transform.ts';
import { showPath } from '../spec/show.ts';
import { placeIn, thrownText, type ModuleName } from './failure.ts';
import type { Row } from './given-values.ts';
import { shown } from './returned-values.ts';

/** What a module is given besides rows. */
export interface ModuleContext {
  readonly task: string;
  readonly table: string;
  readonly run_id: string;
  readonly scheduled_for: string;
  /** The first window of the table; null: the whole table is read. */
  readonly window: TransformContext['windows'][number] | null;
  readonly windows: TransformContext['windows'];
  log(message: unknown): void;
}

export interface TransformModule {
  readonly map:
    | { readonly by: 'row'; readonly call: (row: Row, context: ModuleContext) => unknown }
    | { readonly by: 'batch'; readonly call: (rows: readonly Row[], context: ModuleContext) => unknown };
  readonly declared: DeclaredColumns | null;
}

/** @throws TidemarkError TRANSFORM_INVALID. */
export async function loadModule(module: ModuleName): Promise<TransformModule> {
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(module.file).href)) as Record<string, unknown>;
  } catch (error) {
    const place = placeIn(module, error) ?? syntaxErrorPlace(module) ?? module.name;
    throw invalid(`${place} cannot be loaded: ${thrownText(error)}`);
  }
  return { map: mapperOf(module, exported), declared: declarationOf(module, exported['columns']) };
}

/** Of a SyntaxError in JavaScript, Node keeps the line to itself; its reader of TypeScript says it. */
function syntaxErrorPlace(module: ModuleName): string | null {
  try {
    stripTypeScriptTypes(readFileSync(module.file, 'utf8'), { sourceUrl: module.file });
    return null;
  } catch (error) {
    return placeIn(module, error);
  }
}

function mapperOf({ name }: ModuleName, exported: Record<string, unknown>): TransformModule['map'] {
  const { transformRow, transformBatch } = exported;
  for (const [key, value] of Object.entries({ transformRow, transformBatch })) {
    if (value !== undefined && typeof value !== 'function')
      throw invalid(`${name} exports ${shown(value)} as ${key}. Allowed: a function.`);
  }
  if (typeof transformRow === 'function' && typeof transformBatch === 'function')
    throw invalid(`${name} exports transformRow and transformBatch. Allowed: one of the two.`);
  if (typeof transformRow === 'function')
    return { by: 'row', call: transformRow as (row: Row, context: ModuleContext) => unknown };
  if (typeof transformBatch === 'function')
    return { by: 'batch', call: transformBatch as (rows: readonly Row[], context: ModuleContext) => unknown };
  const found = Object.keys(exported).filter((key) => key !== 'module.exports');
  throw invalid(
    `${name} exports neither transformRow nor transformBatch, but ${found.length === 0 ? 'nothing' : found.join(', ')}. Allowed: export function transformRow(row, ctx) or export function transformBatch(rows, ctx).`,
  );
}

interface WrittenColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable?: boolean;
}

function declarationOf(module: ModuleName, columns: unknown): DeclaredColumns | null {
  if (columns === undefined || columns === null) return null;
  if (Array.isArray(columns)) return declaredColumns(checkedColumns(module, columns, ['columns']));
  if (typeof columns !== 'object')
    throw invalid(
      `${module.name} exports ${shown(columns)} as columns. Allowed: a list such as [{name: "tag", type: "varchar(40)"}], or an object with such a list for each table.`,
    );
  const entries = Object.entries(columns).map(
    ([table, list]) => [table, checkedColumns(module, list, ['columns', table])] as const,
  );
  return declaredColumns(Object.fromEntries(entries));
}

/** What the schema says of the spec's columns and the rules behind it, here of a module's. */
function checkedColumns(
  { name: module }: ModuleName,
  list: unknown,
  path: readonly (string | number)[],
): WrittenColumn[] {
  const wrong = (at: readonly (string | number)[], found: string): TidemarkError =>
    invalid(`${module}, ${showPath(at)}: ${found}`);
  if (!Array.isArray(list) || list.length === 0)
    throw wrong(path, `found ${shown(list)}. Allowed: a list with at least one column.`);
  const columns = list.map((column: unknown, index): WrittenColumn => {
    const { name, type, nullable, ...others } = (column ?? {}) as Record<string, unknown>;
    if (typeof name !== 'string' || name === '' || typeof type !== 'string')
      throw wrong(
        [...path, index],
        `found ${shown(column)}. Allowed: an object such as {name: "tag", type: "varchar(40)", nullable: false}.`,
      );
    if (nullable !== undefined && typeof nullable !== 'boolean')
      throw wrong([...path, index, 'nullable'], `found ${shown(nullable)}. Allowed: true or false.`);
    const [unknown] = Object.keys(others);
    if (unknown !== undefined)
      throw wrong([...path, index, unknown], 'is unknown. Allowed: name, type, nullable.');
    return { name, type, nullable: nullable ?? true };
  });
  const [fault] = columnFaults(columns, path);
  if (fault !== undefined) throw wrong(fault.path, fault.message);
  return columns;
}

function invalid(message: string): TidemarkError {
  return new TidemarkError('TRANSFORM_INVALID', message);
}
