/** The tables of a spec: one or a list, with what the schema cannot say about their names. */
import type { Node } from 'jsonc-parser';
import type { TableSpec } from '../domain/spec.ts';
import { readCdc } from './cdc.ts';
import { readFilters } from './conditions.ts';
import { nodeAt, textAt } from './json-document.ts';
import type { Segment } from './json-document.ts';
import { nameFault } from './names.ts';
import type { Report } from './schema-faults.ts';
import { showText } from './show.ts';

/**
 * Reads the `table` field. Parts of the wrong type are passed over: the schema reports them.
 *
 * @param text the text of the whole file, from which numbers are taken as they stand.
 */
export function readTables(field: Node | null, text: string, report: Report): TableSpec[] {
  if (field?.type === 'object') return [readTable(field, ['table'], text, report)];
  if (field?.type !== 'array') return [];
  const tables = (field.children ?? []).map((node, index) => readTable(node, ['table', index], text, report));

  const seen = new Map<string, number>();
  tables.forEach(({ name }, index) => {
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    else if (name !== '') {
      report(
        ['table', index, 'name'],
        `found ${showText(name)}, which table[${first}] exports already. Allowed: each table once.`,
      );
    }
  });
  return tables;
}

function readTable(node: Node, path: readonly Segment[], text: string, report: Report): TableSpec {
  const name = textAt(node, 'name') ?? '';
  const fault = nameFault(name);
  if (fault !== null) report([...path, 'name'], fault);

  const columns = readNames(nodeAt(node, ['columns']), [...path, 'columns'], report);
  if (columns.includes('*')) {
    report(
      [...path, 'columns'],
      'found "*" in a list. For all columns write "columns": "*", without the list.',
    );
  }
  const order = textAt(node, 'split_order');
  const orderFault = order === null ? null : nameFault(order);
  if (orderFault !== null) report([...path, 'split_order'], orderFault);
  return {
    name,
    columns: columns.length === 0 ? '*' : columns,
    filters: readFilters(nodeAt(node, ['filters']), [...path, 'filters'], text, report),
    cdc: readCdc(nodeAt(node, ['cdc']), [...path, 'cdc'], text, report),
    splitOrder:
      order === null ? readNames(nodeAt(node, ['split_order']), [...path, 'split_order'], report) : [order],
  };
}

/** A list of column names, each once. MySQL does not tell upper case from lower case in them. */
function readNames(node: Node | null, path: readonly Segment[], report: Report): string[] {
  if (node?.type !== 'array') return [];
  const names: string[] = [];
  const seen = new Set<string>();
  (node.children ?? []).forEach(({ value }, index) => {
    if (typeof value !== 'string') return;
    const fault = nameFault(value);
    if (fault !== null) report([...path, index], fault);
    const plain = value.toLowerCase();
    if (seen.has(plain))
      report([...path, index], `found ${showText(value)} a second time. Allowed: each column once.`);
    seen.add(plain);
    names.push(value);
  });
  return names;
}
