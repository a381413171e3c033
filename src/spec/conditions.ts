/**
 * Filters of one table, read from the JSON tree rather than from values: the tree still has the exact text of a number
 * and the order in which the author wrote the columns.
 */
import type { Node } from 'jsonc-parser';
import type { Filter, Literal } from '../domain/spec.ts';
import { readCondition } from './filter-conditions.ts';
import { entries, nodeAt, textAt } from './json-document.ts';
import type { Segment } from './json-document.ts';
import { readLiteral } from './literal.ts';
import { nameFault } from './names.ts';
import type { Report } from './schema-faults.ts';

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
  const written = textAt(node, 'condition');
  const condition = written === null ? null : readCondition(written);
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
