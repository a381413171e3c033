/** Specs for tests: one that is valid, and ways to break it. */
import { FaultsError } from '../../../src/errors.ts';
import type { Fault } from '../../../src/errors.ts';
import type { Spec } from '../../../src/domain/spec.ts';
import { parseSpec } from '../../../src/spec/parse.ts';

export const KNOWN = { sources: ['mysql'], sinks: ['s3'] };

/** The text of a valid spec with some fields replaced; undefined leaves one out. */
export function specText(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    task_name: 'employees',
    table: { name: 'employees' },
    owner: { email: 'owner@example.com' },
    source: 'mysql',
    sink: 's3',
    ...changes,
  });
}

export function parse(text: string): Spec {
  return parseSpec(text, 'specs/a.json', KNOWN);
}

export function spec(changes: Readonly<Record<string, unknown>> = {}): Spec {
  return parse(specText(changes));
}

/** The faults of a text; fails where it has none. */
export function faultsOf(text: string): readonly Fault[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof FaultsError) return error.faults;
    throw error;
  }
  throw new Error('expected faults, found none');
}

/** The faults of a valid spec with some fields replaced, as `path: message`. */
export function messages(changes: Readonly<Record<string, unknown>>): string[] {
  return faultsOf(specText(changes)).map(({ path, message }) => `${path}: ${message}`);
}
