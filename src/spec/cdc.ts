/** The `cdc` bounds of one table: literals, spans of time, and at most one watermark. */
import type { Node } from 'jsonc-parser';
import type { Cdc } from '../domain/spec.ts';
import { entries } from './json-document.ts';
import type { Segment } from './json-document.ts';
import { readLiteral } from './literal.ts';
import { nameFault } from './names.ts';
import type { Report } from './schema-faults.ts';
import { showText } from './show.ts';
import { misspelledSpan, parseSpan } from './span.ts';
import { readTableWatermark } from './watermark.ts';

const AS_LITERAL = 'If it is a literal, write it under "filters" with the condition ">".';

const ONE_ORDER =
  'Two columns have no common order: a row that is behind in one and ahead in the other would be lost or read twice. Keep the column that every insert and update sets, and write a condition on the other under "filters".';

/**
 * The bounds of a table in the order of the spec. Parts of the wrong type are left to the schema.
 *
 * @param text the text of the whole file, from which numbers are taken as they stand.
 */
export function readCdc(node: Node | null, path: readonly Segment[], text: string, report: Report): Cdc[] {
  if (node?.type !== 'object') return [];
  let watermark: string | null = null;
  return entries(node).flatMap(({ key: column, value }): Cdc[] => {
    const at = [...path, column];
    const fault = nameFault(column);
    if (fault !== null) report(at, fault, 'key');
    if (value.type === 'object') {
      if (watermark !== null) {
        const first = showText(watermark, 64);
        report(at, `found a second watermark column beside ${first}. ${ONE_ORDER}`, 'key');
      }
      watermark ??= column;
      const read = readTableWatermark(value, at, text, report);
      return [{ column, bound: { kind: 'watermark', watermark: read } }];
    }
    const bound = readBound(value, at, text, report);
    return bound === null ? [] : [{ column, bound }];
  });
}

function readBound(node: Node, at: readonly Segment[], text: string, report: Report): Cdc['bound'] | null {
  if (node.type !== 'string' && node.type !== 'number') return null;
  if (node.type === 'string') {
    const written = node.value as string;
    const span = parseSpan(written);
    if (span !== null) return { kind: 'span', span };
    const misspelled = misspelledSpan(written);
    if (misspelled !== null) {
      report(
        at,
        `found ${showText(written)}, which looks like a span of time but is none. ${misspelled} ${AS_LITERAL}`,
      );
      return null;
    }
  }
  const value = readLiteral(node, at, text, report);
  return value === null ? null : { kind: 'literal', value };
}
