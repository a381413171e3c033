/** `row_transform` of a spec: a module that maps rows, and what it may take. */
import type { FromSchema } from 'json-schema-to-ts';
import type { DeclaredColumn, DeclaredColumns, RowTransform } from '../domain/spec.ts';
import { didYouMean } from '../nearest.ts';
import { DECLARED_NAMES, DECLARED_TYPES, declaredType } from './declared-type.ts';
import { durationFault, durationMs } from './duration.ts';
import { nodeAt, readJson } from './json-document.ts';
import { nameFault } from './names.ts';
import { showText } from './show.ts';

const columnSchema = {
  type: 'object',
  properties: {
    name: {
      title: 'Name',
      description: 'Name of the column, in the header and as a key of the rows.',
      type: 'string',
      minLength: 1,
      maxLength: 256,
      examples: ['tag'],
    },
    type: {
      title: 'Type',
      description: 'A type of MySQL.',
      type: 'string',
      minLength: 1,
      examples: ['varchar(40)', 'bigint', 'decimal(10,2)', 'datetime', 'json'],
    },
    nullable: {
      title: 'Nullable',
      description: 'Whether the column may hold NULL.',
      type: ['boolean', 'null'],
      default: true,
    },
  },
  required: ['name', 'type'],
  additionalProperties: false,
} as const;

const columnsSchema = { type: 'array', minItems: 1, items: columnSchema } as const;

const moduleSchema = {
  title: 'Module',
  description: 'Path of the module inside `transforms_dir`: .js, .mjs, .ts or .mts.',
  type: 'string',
  minLength: 1,
  maxLength: 512,
  examples: ['explode-tags.ts'],
} as const;

const objectSchema = {
  title: 'Row transformation',
  type: 'object',
  properties: {
    module: moduleSchema,
    columns: {
      title: 'Columns',
      description:
        'What the module returns: a list of columns, or an object with a list for each table. Default: what the module exports as `columns`, or else the columns it is given.',
      anyOf: [
        columnsSchema,
        { type: 'object', additionalProperties: columnsSchema, minProperties: 1 },
        { type: 'null' },
      ],
      default: null,
      examples: [
        [
          { name: 'id', type: 'int', nullable: false },
          { name: 'tag', type: 'varchar(40)' },
        ],
      ],
      errorMessage:
        'Allowed: a list such as [{"name": "tag", "type": "varchar(40)"}], or an object with such a list for each table.',
    },
    tables: {
      title: 'Tables',
      description: 'Names of the tables whose rows go through the module. Default: all of the task.',
      type: ['array', 'null'],
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      default: null,
      examples: [['orders']],
      errorMessage: 'Allowed: a list with at least one name.',
    },
    timeout: {
      title: 'Timeout',
      description: 'Longest time for loading the module, and for one batch of rows (1,000 rows at most).',
      type: ['string', 'null'],
      default: '30 seconds',
      examples: ['30 seconds', '5 minutes'],
      errorMessage: 'Allowed: a span of time such as "30 seconds".',
    },
    memory_mb: {
      title: 'Memory',
      description: 'Megabytes that the thread of the module may use.',
      type: ['integer', 'null'],
      minimum: 32,
      maximum: 65_536,
      default: 256,
      errorMessage: 'Allowed: a whole number from 32 to 65536.',
    },
  },
  required: ['module'],
  additionalProperties: false,
} as const;

export const rowTransformSchema = {
  title: 'Row transformation',
  description:
    'A module that maps rows before they are written: one row to one, several or none, or batches of rows. See docs/transformations.md.',
  anyOf: [moduleSchema, objectSchema, { type: 'null' }],
  default: null,
  examples: ['explode-tags.ts', { module: 'explode-tags.ts', timeout: '1 minute' }],
  errorMessage: 'Allowed: a module such as "explode-tags.ts", or {"module": …, "columns": […]}.',
} as const;

type RowTransformDocument = FromSchema<typeof rowTransformSchema, { keepDefaultedPropertiesOptional: true }>;

type ObjectDocument = FromSchema<typeof objectSchema, { keepDefaultedPropertiesOptional: true }>;

const TIMEOUT = { example: '30 seconds', longestDays: 1, zero: false };

export interface RowTransformFault {
  /** Below `row_transform`. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** The field without faults, defaults filled in. */
export function rowTransformOf(document: RowTransformDocument | undefined): RowTransform | null {
  if (document === undefined || document === null) return null;
  const { module, tables, columns, timeout, memory_mb: memory } = asObject(document);
  const defaults = objectSchema.properties;
  return {
    module,
    tables: tables ?? null,
    columns: declaredColumns(columns ?? null),
    timeoutMs: durationMs(timeout ?? defaults.timeout.default)!,
    memoryMb: memory ?? defaults.memory_mb.default,
  };
}

/** @param tables names of what the task exports: its tables, or of a custom query the task itself. */
export function rowTransformFaults(
  document: RowTransformDocument | undefined,
  tables: readonly string[],
): RowTransformFault[] {
  if (document === undefined || document === null) return [];
  const bare = typeof document === 'string';
  const { module, tables: named, columns, timeout } = asObject(document);
  const faults: RowTransformFault[] = [];
  const wrongModule = moduleFault(module);
  if (wrongModule !== null) faults.push({ path: bare ? [] : ['module'], message: wrongModule });
  const wrongTimeout = typeof timeout === 'string' ? durationFault(timeout, TIMEOUT) : null;
  if (wrongTimeout !== null) faults.push({ path: ['timeout'], message: wrongTimeout });
  (named ?? []).forEach((name, index) => {
    const message = tableFault(name, tables);
    if (message !== null) faults.push({ path: ['tables', index], message });
  });
  if (columns === null || columns === undefined) return faults;
  if (Array.isArray(columns)) return [...faults, ...columnFaults(columns, ['columns'])];
  for (const [name, list] of Object.entries(columns)) {
    const message = tableFault(name, tables);
    if (message !== null) faults.push({ path: ['columns', name], message });
    faults.push(...columnFaults(list, ['columns', name]));
  }
  return faults;
}

/** What is wrong with declared columns whose types are right; also of those that a module exports. */
export function columnFaults(
  columns: readonly { readonly name: string; readonly type: string }[],
  path: readonly (string | number)[],
): RowTransformFault[] {
  const seen = new Set<string>();
  return columns.flatMap(({ name, type }, index) => {
    const faults: RowTransformFault[] = [];
    const wrongName = nameFault(name);
    if (wrongName !== null) faults.push({ path: [...path, index, 'name'], message: wrongName });
    const plain = name.toLowerCase();
    if (seen.has(plain)) {
      const message = `found ${showText(name)} a second time. Allowed: each column once.`;
      faults.push({ path: [...path, index, 'name'], message });
    }
    seen.add(plain);
    if (declaredType(type) === null) {
      const message = `found ${showText(type)}.${meantType(type)} Allowed: ${DECLARED_TYPES}.`;
      faults.push({ path: [...path, index, 'type'], message });
    }
    return faults;
  });
}

/** Declared columns without faults, with their types as MySQL writes them. */
export function declaredColumns(
  columns: NonNullable<ObjectDocument['columns']> | null,
): DeclaredColumns | null {
  if (columns === null) return null;
  if (Array.isArray(columns)) return columns.map(declaredColumn);
  const entries = Object.entries(columns).map(([table, list]) => [table, list.map(declaredColumn)] as const);
  return { byTable: Object.fromEntries(entries) };
}

/** Where the field stands in the text of a valid spec, for what is only found out by loading the module. */
export function rowTransformPlace(
  text: string,
  file: string,
): { readonly line: number; readonly column: number } {
  const { document } = readJson(text, file);
  const field = document === null ? null : nodeAt(document.root, ['row_transform']);
  if (document === null || field === null) return { line: 1, column: 1 };
  const { offset } = nodeAt(field, ['module']) ?? field;
  return document.position(offset);
}

function declaredColumn(column: {
  readonly name: string;
  readonly type: string;
  readonly nullable?: boolean | null;
}): DeclaredColumn {
  return { name: column.name, type: declaredType(column.type)!, nullable: column.nullable ?? true };
}

/** A name that is right has wrong numbers behind it, and needs no guess. */
function meantType(type: string): string {
  const [name = ''] = /^[a-z]*/.exec(type.trim().toLowerCase()) ?? [];
  return DECLARED_NAMES.includes(name) ? '' : didYouMean(type, DECLARED_NAMES);
}

function asObject(document: NonNullable<RowTransformDocument>): ObjectDocument {
  return typeof document === 'string' ? { module: document } : document;
}

function moduleFault(module: string): string | null {
  const found = `found ${showText(module)}`;
  if (module.startsWith('/') || module.includes('\\') || module.split('/').includes('..'))
    return `${found}. Allowed: a path inside transforms_dir, such as "explode-tags.ts".`;
  if (!/\.m?[jt]s$/.test(module)) return `${found}. Allowed: a module that ends in .js, .mjs, .ts or .mts.`;
  return nameFault(module);
}

function tableFault(name: string, tables: readonly string[]): string | null {
  if (tables.includes(name)) return null;
  return `found ${showText(name)}, which the task does not export.${didYouMean(name, tables)} Allowed: ${tables.map((table) => showText(table)).join(', ')}.`;
}
