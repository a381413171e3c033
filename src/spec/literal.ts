/** Values of a spec that end up in SQL, with the text that stands in the file. */
import type { Node } from 'jsonc-parser';
import type { Literal } from '../domain/spec.ts';
import type { Segment } from './json-document.ts';
import { textFault } from './names.ts';
import type { Report } from './schema-faults.ts';

/** Longest number that MySQL keeps exactly is 65 digits; this leaves room for zeros and exponents. */
const LONGEST_NUMBER = 400;

/** A literal with the text that stands in the file; null, with a report, for what is none. */
export function readLiteral(
  node: Node,
  path: readonly Segment[],
  text: string,
  report: Report,
): Literal | null {
  switch (node.type) {
    case 'number': {
      if (node.length > LONGEST_NUMBER) {
        report(path, `found a number of ${node.length} characters. Allowed: at most ${LONGEST_NUMBER}.`);
        return null;
      }
      return { kind: 'number', text: text.slice(node.offset, node.offset + node.length) };
    }
    case 'string': {
      const fault = textFault(node.value as string);
      if (fault !== null) report(path, fault);
      return { kind: 'string', text: node.value as string };
    }
    case 'boolean':
      return { kind: 'boolean', text: node.value === true ? 'TRUE' : 'FALSE' };
    case 'null':
      report(path, 'found null; nothing compares with NULL. Use the condition "is null" or "is not null".');
      return null;
    default:
      return null; // Objects and nested lists: the schema has said so.
  }
}
