/**
 * The conditions a filter may use, as people write them and as the rest of the program knows them. Upper case and
 * extra spaces are accepted: specs are written by hand.
 */
import type { Filter } from '../domain/spec.ts';

/** Every spelling in the documentation, in its order. `<>` is another word for `!=`. */
export const CONDITIONS = [
  '=',
  '!=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  'like',
  'not like',
  'in',
  'not in',
  'between',
  'is null',
  'is not null',
  'regexp',
] as const;

/** A JSON Schema pattern that accepts each condition in any case and with any spaces around and inside. */
export const CONDITION_PATTERN = `^\\s*(${CONDITIONS.map(anyCase).join('|')})\\s*$`;

function anyCase(condition: string): string {
  return condition.replace(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`).replace(/ /g, '\\s+');
}

/** The one spelling of a condition that the program uses, or null for none it knows. */
export function readCondition(text: string): Filter['condition'] | null {
  const plain = text.trim().toLowerCase().replace(/\s+/g, ' ');
  const known = CONDITIONS.find((condition) => condition === plain);
  if (known === undefined) return null;
  return known === '<>' ? '!=' : known;
}
