/** What a run asks the server to go through: windows and orders without an index, and the rows that are looked at. Pure. */
import type { ScanStep } from '../check-ports.ts';
import type { TableSpec } from '../domain/spec.ts';
import type { TableFacts } from '../ports.ts';
import { specFinding, type Finding, type Remedy, type TaskPlace } from './finding.ts';
import type { TableIndex } from '../key-ports.ts';
import { createIndex } from '../plan/create-index.ts';
import { servesOrder, servesRange } from './indexes.ts';

/** One table of a spec, as the server has it. */
export interface TableScan {
  readonly table: TableSpec;
  /** In the spec's list of tables, from 0. */
  readonly at: number;
  readonly database: string;
  readonly facts: TableFacts;
  readonly indexes: readonly TableIndex[];
  /** Null: the server does not explain the SELECT. */
  readonly steps: readonly ScanStep[] | null;
}

/** Values of these types are indexed by a prefix only, which keeps no order. */
const LONG = /^(tiny|medium|long)?(text|blob)$|^(json|geometry)$/;

export function tableFindings(task: TaskPlace, scan: TableScan): Finding[] {
  const { table, at, database, facts, indexes, steps } = scan;
  const rows = steps?.[0]?.rows ?? facts.rows;
  const findings: Finding[] = [];
  // A view has no indexes of its own: EXPLAIN alone knows what it is read by.
  const isView = facts.transactional === null;
  const fixed = new Set(
    table.filters.filter(({ condition }) => condition === '=').map(({ column }) => column.toLowerCase()),
  );
  const make = (columns: readonly string[]): Remedy => indexRemedy(scan, columns, database);
  for (const { column } of isView ? [] : table.cdc) {
    if (servesRange(indexes, column, fixed)) continue;
    const message = `No index of ${table.name} begins with ${column}: each run looks at ${rowsOf(facts.rows ?? rows, table.name)} to find its window.`;
    const path = ['table', at, 'cdc', column];
    findings.push(specFinding('warning', 'WINDOW_UNINDEXED', task, path, message, make([column])));
  }
  const order = table.splitOrder;
  const primaryKey = facts.transactional === true ? facts.primaryKey : [];
  if (!isView && order.length > 0 && !servesOrder(indexes, order, primaryKey, fixed)) {
    const message = `No index of ${table.name} gives the order ${order.join(', ')}: each run sorts what it reads, of ${rowsOf(facts.rows ?? rows, table.name)}.`;
    const path = ['table', at, 'split_order'];
    findings.push(specFinding('warning', 'SPLIT_UNINDEXED', task, path, message, make(order)));
  }
  return [...findings, scanned(task, scan, rows)];
}

function scanned(task: TaskPlace, { table, at, steps }: TableScan, rows: number | null): Finding {
  const path = ['table', at, 'name'];
  const [step] = steps ?? [];
  const how =
    step === undefined ? '' : step.index === null ? ', without an index' : `, by index ${step.index}`;
  const message = `Each run looks at ${rowsOf(rows, table.name)}${how}.`;
  return specFinding('info', 'ROWS_SCANNED', task, path, message);
}

function indexRemedy(
  { table, facts, indexes }: TableScan,
  columns: readonly string[],
  database: string,
): Remedy {
  const isLong = columns.some((column) => {
    const found = facts.columns.find(({ name }) => name.toLowerCase() === column.toLowerCase());
    return found !== undefined && LONG.test(found.dataType);
  });
  if (isLong)
    return {
      kind: 'words',
      text: `${columns.join(', ')} cannot be indexed as a whole: choose another column.`,
    };
  return { kind: 'sql', text: createIndex(database, table.name, columns, indexes) };
}

/** @param windowed whether the query reads a window of its own on each run. */
export function queryFindings(
  task: TaskPlace,
  steps: readonly ScanStep[] | null,
  windowed: boolean,
): Finding[] {
  const path = ['query', 'custom'];
  // Where one table is read by a range, that is the window, and the others are looked up.
  const unserved = windowed && steps?.some(({ access }) => /^(range|index_merge)$/.test(access)) === false;
  return (steps ?? []).map((step) => {
    const rows = rowsOf(step.rows, step.table);
    if (!unserved || !/^(ALL|index)$/.test(step.access)) {
      const how = step.index === null ? 'without an index' : `by index ${step.index}`;
      return specFinding('info', 'ROWS_SCANNED', task, path, `Each run looks at ${rows}, ${how}.`);
    }
    const message = `Each run looks at ${rows} to find its window: the query reads all of ${step.table}.`;
    const text =
      'Compare an indexed column, outside of any function, with :from and :to, and index what tables are joined by.';
    return specFinding('warning', 'QUERY_SCANS', task, path, message, { kind: 'words', text });
  });
}

function rowsOf(rows: number | null, table: string): string {
  return rows === null
    ? `every row of ${table}`
    : `about ${rows.toLocaleString('en')} row${rows === 1 ? '' : 's'} of ${table}`;
}
