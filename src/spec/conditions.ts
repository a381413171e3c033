/**
 * Filters and cdc bounds of one table, read from the JSON tree rather than from values: the tree still has the exact
 * text of a number and the order in which the author wrote the columns.
 */
import type { Node } from 'jsonc-parser';
import type { Cdc, Filter, Literal } from '../domain.ts';
import { readCondition } from './filter-conditions.ts';
import { entries, nodeAt } from './json-document.ts';
import type { Segment } from './json-document.ts';
import { nameFault, textFault } from './names.ts';
import { showText } from './show.ts';
import { misspelledSpan, parseSpan } from './span.ts';

/** Takes down a fault at a path. */
export type Report = (path: readonly Segment[], message: string, part?: 'key' | 'value') => void;

/** Longest number that MySQL keeps exactly is 65 digits; this leaves room for zeros and exponents. */
const LONGEST_NUMBER = 400;

const VALUE = 'a text, a number, true or false';

/** The filters of a table in the order of the spec. Parts of the wrong type are left to the schema. */
export function readFilters(
  node: Node | null,
  path: readonly Segment[],
  text: string,
  report: Report,
): Filter[] {
  if (node?.type !== 'object') return [];
  return entries(node).flatMap(({ key, value }) => {
    const fault = nameFault(key);
    if (fault !== null) report([...path, key], fault, 'key');
    const single = value.type === 'object';
    return (single ? [value] : (value.children ?? [])).flatMap((filter, index) => {
      const at = single ? [...path, key] : [...path, key, index];
      const read = readFilter(key, filter, at, text, report);
      return read === null ? [] : [read];
    });
  });
}

function readFilter(
  column: string,
  node: Node,
  path: readonly Segment[],
  text: string,
  report: Report,
): Filter | null {
  const written: unknown = nodeAt(node, ['condition'])?.value;
  const condition = typeof written === 'string' ? readCondition(written) : null;
  if (condition === null) return null; // The schema says which conditions there are.
  const metric = nodeAt(node, ['metric']);
  const metricPath = [...path, 'metric'];
  const literal = (value: Node, at: readonly Segment[]): Literal | null =>
    readLiteral(value, at, text, report);

  switch (condition) {
    case 'is null':
    case 'is not null':
      if (metric !== null && metric.type !== 'null') {
        report(metricPath, `found a metric; "${condition}" takes none. Remove it.`);
      }
      return { column, condition };
    case 'in':
    case 'not in':
    case 'between': {
      const values = (metric?.type === 'array' ? metric.children : null) ?? null;
      const wrong = condition === 'between' ? values?.length !== 2 : (values?.length ?? 0) === 0;
      if (values === null || wrong) {
        const count =
          values === null ? 'no list' : values.length === 0 ? 'an empty list' : `a list of ${values.length}`;
        const allowed =
          condition === 'between'
            ? 'a list of exactly two values, [low, high]'
            : 'a list of at least one value';
        report(metricPath, `found ${count}; "${condition}" needs one. Allowed: ${allowed}.`);
        return null;
      }
      const literals = values.map((value, index) => literal(value, [...metricPath, index]));
      if (!literals.every((value) => value !== null)) return null;
      if (condition !== 'between') return { column, condition, values: literals };
      return { column, condition, low: literals[0]!, high: literals[1]! };
    }
    default: {
      if (metric === null) {
        report(metricPath, `is missing; "${condition}" needs it. Allowed: ${VALUE}.`);
        return null;
      }
      if (metric.type === 'array') {
        const meant = condition === '!=' || condition === 'not like' ? 'not in' : 'in';
        report(
          metricPath,
          `found a list; "${condition}" takes one value. For a list use "${meant}". Allowed: ${VALUE}.`,
        );
        return null;
      }
      const value = literal(metric, metricPath);
      return value === null ? null : { column, condition, value };
    }
  }
}

/** A literal with the text that stands in the file; null, with a report, for what is none. */
function readLiteral(node: Node, path: readonly Segment[], text: string, report: Report): Literal | null {
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

/** The bounds `column > value` of a table in the order of the spec. */
export function readCdc(node: Node | null, path: readonly Segment[], text: string, report: Report): Cdc[] {
  if (node?.type !== 'object') return [];
  return entries(node).flatMap(({ key: column, value: bound }): Cdc[] => {
    const at = [...path, column];
    const fault = nameFault(column);
    if (fault !== null) report(at, fault, 'key');
    if (bound.type !== 'string' && bound.type !== 'number') return [];
    if (bound.type === 'string') {
      const written = bound.value as string;
      const span = parseSpan(written);
      if (span !== null) return [{ column, bound: { kind: 'span', span } }];
      const misspelled = misspelledSpan(written);
      if (misspelled !== null) {
        report(
          at,
          `found ${showText(written)}, which looks like a span of time but is none. ${misspelled} ${AS_LITERAL}`,
        );
        return [];
      }
    }
    const value = readLiteral(bound, at, text, report);
    return value === null ? [] : [{ column, bound: { kind: 'literal', value } }];
  });
}

const AS_LITERAL = 'If it is a literal, write it under "filters" with the condition ">".';
