/**
 * Validates a JSON value and turns the validator's errors into faults that speak to the author of the file: where,
 * what was found, what is allowed, what was probably meant. Used for specs and for the config.
 */
import { Ajv } from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';
import type { Fault } from '../errors.ts';
import { describeNode, nodeAt } from './json-document.ts';
import type { JsonDocument, Segment } from './json-document.ts';
import { didYouMean } from '../nearest.ts';
import { showPath, showText } from './show.ts';

/** Where values of a document stand and what they look like. */
export interface Places {
  /** File, line and column of the value at a path, or of its key; of the nearest value around it if it is missing. */
  locate(path: readonly Segment[], part: 'key' | 'value'): Pick<Fault, 'file' | 'line' | 'column'>;
  /** What stands at a path, in words, secrets left out. */
  describe(path: readonly Segment[]): string;
}

/** Takes down a fault at a path. */
export type Report = (path: readonly Segment[], message: string, part?: 'key' | 'value') => void;

/** More faults than anybody reads at once. */
const MOST_FAULTS = 100;

/** A file with more errors than this is no attempt at a spec; the time spent on it has a limit. */
const MOST_ERRORS = 300;

/** Compiles a schema. `fillDefaults` writes missing settings into the value that is validated. */
export function compileSchema(schema: object, fillDefaults = false): ValidateFunction {
  const ajv = new Ajv({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    strictTuples: false,
    useDefaults: fillDefaults,
    // That our own schemas are valid is for a test to say: here it would cost every command a tenth of a second.
    meta: false,
    validateSchema: false,
  });
  ajv.addVocabulary(['errorMessage', 'suggestions']);
  return ajv.compile(schema);
}

/** The faults behind a validator's errors, one for each thing that is wrong. */
export function schemaFaults(errors: readonly ErrorObject[], places: Places, value: unknown): Fault[] {
  return withoutEchoes(errors.slice(0, MOST_ERRORS)).map((error) => toFault(error, places, value));
}

/** Sorts faults by place, leaves doubles out, and cuts the list off where it is longer than anybody reads. */
export function tidyFaults(faults: readonly Fault[]): Fault[] {
  const byPlace = faults.toSorted(
    (a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column,
  );
  const seen = new Set<string>();
  const tidy = byPlace.filter(({ file, line, column, path, message }) => {
    const id = JSON.stringify([file, line, column, path, message]);
    return seen.has(id) ? false : seen.add(id);
  });
  if (tidy.length <= MOST_FAULTS) return tidy;
  const next = tidy[MOST_FAULTS]!;
  const rest: Fault = {
    ...next,
    path: '',
    message: `and ${tidy.length - MOST_FAULTS} faults more from here on`,
  };
  return [...tidy.slice(0, MOST_FAULTS), rest];
}

/**
 * An `anyOf` reports the errors of every alternative. What counts are those of the one alternative whose kind the
 * value has; where none or several have it, only that nothing matched.
 */
function withoutEchoes(errors: readonly ErrorObject[]): ErrorObject[] {
  const outer = errors
    .filter((error) => error.keyword === 'anyOf')
    .toSorted((a, b) => a.schemaPath.length - b.schemaPath.length)[0];
  if (outer === undefined) return [...errors];

  const isWithin = (error: ErrorObject): boolean =>
    error.schemaPath.startsWith(`${outer.schemaPath}/`) &&
    (error.instancePath === outer.instancePath || error.instancePath.startsWith(`${outer.instancePath}/`));
  const within = errors.filter(isWithin);
  const others = errors.filter((error) => error !== outer && !isWithin(error));

  const { length: count } = outer.schema as readonly unknown[];
  const alternatives = Array.from({ length: count }, (_, index) =>
    within.filter(({ schemaPath }) => schemaPath.startsWith(`${outer.schemaPath}/${index}/`)),
  );
  const fitting = alternatives.filter(
    (alternative) =>
      !alternative.some(
        ({ instancePath, keyword }) =>
          instancePath === outer.instancePath && ['type', 'const', 'enum'].includes(keyword),
      ),
  );
  // `anyOf` is left out of the second round: it is settled.
  const settled = fitting.length === 1 ? withoutEchoes(fitting[0]!) : [{ ...outer, keyword: 'alternatives' }];
  return [...settled, ...withoutEchoes(others)];
}

function toFault(error: ErrorObject, places: Places, value: unknown): Fault {
  const path = segments(error.instancePath, value);
  const params = error.params as Record<string, unknown>;
  if (error.keyword === 'additionalProperties') {
    const key = params['additionalProperty'] as string;
    const allowed = Object.keys((error.parentSchema as { properties: object }).properties);
    const message = `found the unknown key ${showText(key)}.${didYouMean(key, allowed)} Allowed: ${allowed.join(', ')}.`;
    return fault(places, [...path, key], 'key', message);
  }
  if (error.keyword === 'required') {
    const key = params['missingProperty'] as string;
    const properties = (error.parentSchema as { properties: Record<string, Annotated> }).properties;
    const described = properties[key]?.examples?.[0];
    const example = described === undefined ? '' : `, such as ${JSON.stringify(described)}`;
    return fault(places, [...path, key], 'value', `is missing; it is required${example}.`);
  }
  return fault(places, path, 'value', `found ${places.describe(path)}. ${allowedBy(error)}`);
}

interface Annotated {
  readonly errorMessage?: string;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  /** Words that are allowed besides others, or in other spellings. */
  readonly suggestions?: readonly string[];
}

function allowedBy(error: ErrorObject): string {
  const schema = error.parentSchema as Annotated & Record<string, unknown>;
  const words = schema.enum ?? schema.suggestions ?? [];
  const data: unknown = error.data;
  const near =
    typeof data === 'string'
      ? didYouMean(
          data,
          words.filter((word) => typeof word === 'string'),
        )
      : '';
  const allowed = schema.errorMessage ?? `Allowed: ${limit(error.keyword, schema)}.`;
  return near === '' ? allowed : `${near.trimStart()} ${allowed}`;
}

function limit(keyword: string, schema: Record<string, unknown>): string {
  const show = (key: string): string => JSON.stringify(schema[key]) ?? 'any';
  switch (keyword) {
    case 'type':
      return [schema['type']]
        .flat()
        .map((type) => TYPES[String(type)] ?? String(type))
        .join(' or ');
    case 'enum':
      return (schema['enum'] as unknown[]).map((word) => JSON.stringify(word)).join(', ');
    case 'const':
      return JSON.stringify(schema['const']);
    case 'minLength':
      return `a text of at least ${show('minLength')} character`;
    case 'maxLength':
      return `at most ${show('maxLength')} characters`;
    case 'minItems':
      return `at least ${show('minItems')} entry`;
    case 'minimum':
    case 'maximum':
      return `${show('minimum')} to ${show('maximum')}`;
    default:
      return `what fits "${keyword}": ${show(keyword)}`;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

/** A JSON pointer as the keys and indexes it names. */
function segments(pointer: string, value: unknown): Segment[] {
  const path: Segment[] = [];
  let at = value;
  for (const escaped of pointer.split('/').slice(1)) {
    const key = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(at) ? Number(key) : key);
    at = (at as Record<string, unknown> | undefined)?.[key];
  }
  return path;
}

/** A fault at a path of a document. */
export function fault(
  places: Places,
  path: readonly Segment[],
  part: 'key' | 'value',
  message: string,
): Fault {
  return { ...places.locate(path, part), path: showPath(path), message };
}

/** Places of a document that stands in one file. */
export function placesIn(document: JsonDocument): Places {
  return {
    locate(path, part) {
      for (let length = path.length; length >= 0; length--) {
        const node = nodeAt(document.root, path.slice(0, length));
        if (node === null) continue;
        const isKey = part === 'key' && node.parent?.type === 'property';
        const { offset } = isKey ? node.parent : node;
        return { file: document.file, ...document.position(offset) };
      }
      return { file: document.file, line: 1, column: 1 };
    },
    describe(path) {
      const node = nodeAt(document.root, path);
      return node === null ? 'nothing' : describeNode(node, document.text);
    },
  };
}
