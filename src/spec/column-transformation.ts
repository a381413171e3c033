/**
 * Column transformations of a spec, read from the JSON tree: the order of JSON fields and the exact text of numbers
 * count. Faults that need more than one transformation are found in transformation-names.ts.
 */
import type { Node } from 'jsonc-parser';
import type { ColumnTransformation, JsonField, Mask, TableSpec } from '../domain/spec.ts';
import { didYouMean } from '../nearest.ts';
import { MASKS } from './column-transformation-schema.ts';
import { defaultFault } from './default-value.ts';
import { readExpression } from './expression.ts';
import { entries, nodeAt, textAt } from './json-document.ts';
import type { Segment } from './json-document.ts';
import { readJsonPath } from './json-path.ts';
import { readLiteral } from './literal.ts';
import { nameFault, outputNameFault, textFault } from './names.ts';
import type { Report } from './schema-faults.ts';
import { showText } from './show.ts';
import { CAST_TYPES, FIELD_TYPES, castOf, fieldTypeOf, fieldTypeText } from './value-types.ts';

/** A transformation, and where it stands in the spec. */
export interface PlacedTransformation {
  readonly transformation: ColumnTransformation;
  readonly path: readonly Segment[];
}

/** What a transformation may depend on besides itself. */
export interface Surroundings {
  /** Empty beside a custom query. */
  readonly tables: readonly TableSpec[];
  /** False: the config has no key for `hmac`. Undefined: nobody knows. */
  readonly hmacKey?: boolean | undefined;
}

/**
 * Reads the `column_transformation` field. Parts of the wrong type are left to the schema.
 *
 * @param text the text of the whole file, from which numbers are taken as they stand.
 */
export function readTransformations(
  field: Node | null,
  text: string,
  around: Surroundings,
  report: Report,
): PlacedTransformation[] {
  if (field?.type !== 'object') return [];
  return entries(field).flatMap(({ key, value }) => {
    const path = ['column_transformation', key];
    const fault =
      key === '' ? 'found an empty name. Allowed: a column name, or table.column.' : nameFault(key);
    if (fault !== null) report(path, fault, 'key');
    const target = readTarget(key, around.tables, path, report);
    if (value.type !== 'object') return [];
    const operations = readOperations(value, path, text, around, report);
    // The name of a column that may be new; one that is there has no such name.
    const made = target !== null && operations.sql !== null ? outputNameFault(target.column) : null;
    if (made !== null && operations.rename === null) report(path, made, 'key');
    return target === null ? [] : [{ transformation: { ...target, ...operations }, path }];
  });
}

/** Which column of which table a key means: the table's name may itself contain dots. Null: there is no such table. */
function readTarget(
  key: string,
  tables: readonly TableSpec[],
  path: readonly Segment[],
  report: Report,
): Pick<ColumnTransformation, 'table' | 'column'> | null {
  const plain = { table: null, column: key };
  if (tables.length === 0 || !key.includes('.')) return plain;
  const owners = tables.filter(({ name }) => name !== '' && key.startsWith(`${name}.`));
  const [owner] = owners.toSorted((a, b) => b.name.length - a.name.length);
  if (owner !== undefined) return { table: owner.name, column: key.slice(owner.name.length + 1) };
  // A column whose own name has a dot, as the spec itself names it.
  if (tables.some(({ columns }) => columns !== '*' && columns.includes(key))) return plain;
  const named = key.slice(0, key.indexOf('.'));
  const names = tables.map(({ name }) => name);
  report(
    path,
    `found the table ${showText(named)}, which the spec does not export.${didYouMean(named, names)} Allowed: ${names.map((name) => showText(name)).join(', ')}, a dot and a column, or a column alone.`,
    'key',
  );
  return null;
}

type Operations = Omit<ColumnTransformation, 'table' | 'column'>;

function readOperations(
  node: Node,
  path: readonly Segment[],
  text: string,
  around: Surroundings,
  report: Report,
): Operations {
  const at = (key: string): readonly Segment[] => [...path, key];
  const defaultNode = nodeAt(node, ['default']);
  const isGiven = defaultNode !== null && !['null', 'object', 'array'].includes(defaultNode.type);
  const operations: Operations = {
    sql: readSql(textAt(node, 'sql'), at('sql'), report),
    json: readFields(nodeAt(node, ['json']), at('json'), report),
    keep: nodeAt(node, ['keep'])?.value === true,
    cast: readCast(textAt(node, 'cast'), at('cast'), report),
    trim: nodeAt(node, ['trim'])?.value === true,
    default: isGiven ? readLiteral(defaultNode, at('default'), text, report) : null,
    mask: MASKS.find((mask) => mask === textAt(node, 'mask')) ?? null,
    rename: textAt(node, 'rename'),
  };
  checkTogether(operations, textAt(node, 'cast') !== null, path, report);
  checkHmac(operations.mask, around, at('mask'), report);
  const wrongName = operations.rename === null ? null : outputNameFault(operations.rename);
  if (wrongName !== null) report(at('rename'), wrongName);
  if (operations.default !== null) {
    const types = [
      ...(operations.json ?? []).map(({ name, type }) => ({
        what: `the field ${showText(name)}`,
        type: fieldTypeText(type),
      })),
      ...(operations.cast === null ? [] : [{ what: 'the cast', type: operations.cast.mysqlType }]),
    ];
    for (const { what, type } of types) {
      const unfit = defaultFault(operations.default, type, what);
      if (unfit !== null) report(at('default'), unfit);
    }
  }
  return operations;
}

/** Operations that contradict one another. */
function checkTogether(
  { json, keep, rename }: Operations,
  hasCast: boolean,
  path: readonly Segment[],
  report: Report,
): void {
  if (json === null) {
    if (keep)
      report([...path, 'keep'], 'found true without "json"; nothing is read out of the column. Remove it.');
    return;
  }
  if (hasCast)
    report(
      [...path, 'cast'],
      'found a cast beside "json". Each field has a type of its own: {"path": …, "type": "int"}.',
    );
  if (rename !== null && !keep)
    report(
      [...path, 'rename'],
      'found a new name for a document that does not stay. Add "keep": true, or remove it: the keys in "json" name the columns.',
    );
}

function checkHmac(
  mask: Mask | null,
  { hmacKey }: Surroundings,
  path: readonly Segment[],
  report: Report,
): void {
  if (mask !== 'hmac' || hmacKey !== false) return;
  report(
    path,
    'found "hmac", and the config has no masking.hmac_key. Set it there, such as "${TIDEMARK_HMAC_KEY}", or in the environment variable TIDEMARK_MASKING__HMAC_KEY.',
  );
}

function readSql(written: string | null, path: readonly Segment[], report: Report): string | null {
  if (written === null) return null;
  const reading = readExpression(written);
  const fault = reading.sql === null ? reading.fault : textFault(reading.sql);
  if (fault !== null) report(path, fault);
  return reading.sql;
}

function readCast(
  written: string | null,
  path: readonly Segment[],
  report: Report,
): ColumnTransformation['cast'] {
  if (written === null) return null;
  const cast = castOf(written);
  if (cast !== null) return cast;
  const toJson = /^\s*json\b/i.test(written)
    ? ' For a JSON document as a value use "json" with the path "$" and the type "json".'
    : '';
  report(
    path,
    `found ${showText(written)}.${didYouMean(written, CAST_TYPES)} Allowed: ${CAST_TYPES.join(', ')}.${toJson}`,
  );
  return null;
}

function readFields(node: Node | null, path: readonly Segment[], report: Report): JsonField[] | null {
  if (node?.type !== 'object') return null;
  return entries(node).map(({ key: name, value }): JsonField => {
    const at = [...path, name];
    const fault = outputNameFault(name);
    if (fault !== null) report(at, fault, 'key');
    const single = value.type === 'string';
    const written = single ? (value.value as string) : textAt(value, 'path');
    const type = single ? null : textAt(value, 'type');
    return {
      name,
      path: written === null ? [] : readPath(written, single ? at : [...at, 'path'], report),
      type: type === null ? { is: 'text' } : readType(type, [...at, 'type'], report),
    };
  });
}

function readPath(written: string, path: readonly Segment[], report: Report): JsonField['path'] {
  const reading = readJsonPath(written);
  const fault = reading.path === null ? `which is no path: ${reading.fault}` : null;
  if (fault !== null) report(path, `found ${showText(written)}, ${fault}`);
  const broken = (reading.path ?? []).find((leg) => typeof leg === 'string' && textFault(leg) !== null);
  if (broken !== undefined) report(path, textFault(String(broken))!);
  return reading.path ?? [];
}

function readType(written: string, path: readonly Segment[], report: Report): JsonField['type'] {
  const type = fieldTypeOf(written);
  if (type !== null) return type;
  report(
    path,
    `found ${showText(written)}.${didYouMean(written, FIELD_TYPES)} Allowed: ${FIELD_TYPES.join(', ')}.`,
  );
  return { is: 'text' };
}
