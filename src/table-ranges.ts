/**
 * Whether one table of a task is read over several connections, and by which ranges: what is asked of the server, in its
 * order, from the cheapest on.
 */
import type { Spec, TableSpec } from './domain/spec.ts';
import type { Estimate, ExportPlan, RangePlan } from './domain/plan.ts';
import type { TableIndex } from './key-ports.ts';
import type { TableParts } from './plan/draft.ts';
import { rangeCount } from './plan/ranges/count.ts';
import { keyText, type KeyType } from './plan/ranges/key-type.ts';
import { allSql, rangeConditions, type KeyColumn } from './plan/ranges/questions.ts';
import {
  indexFor,
  noIndex,
  notByRange,
  nothingToCut,
  otherIndex,
  splitColumn,
  tooSmall,
} from './plan/ranges/usable-key.ts';
import { filterSql, quoteName, selectSql } from './plan/sql.ts';
import type { Snapshot, TableColumn, TableFacts } from './ports.ts';
import { cutTable, type CutTable } from './range-planner.ts';

/** What a plan says of it. */
export type TableRanges = Pick<ExportPlan, 'ranges' | 'rangeKey' | 'sequential'>;

/** A table whose SELECT has been drafted and estimated. */
export interface DraftedTable {
  readonly spec: Spec;
  readonly table: TableSpec;
  readonly facts: TableFacts;
  readonly sql: string;
  readonly parts: TableParts;
  readonly estimate: Estimate;
  /** Of one object. */
  readonly thresholdBytes: number;
  readonly parallelism: number;
}

/** An index that is to be read by must promise so much less than the table. */
const MUCH_LESS = 0.5;
/** EXPLAIN's words for reading a part of an index. */
const BY_RANGE = /^(range|ref|ref_or_null|eq_ref|const|index_merge)$/;
/** What an entry of an index has besides its column: the primary key, and what InnoDB adds. */
const ENTRY_BYTES = 24;

/** @throws TidemarkError of the source, or the signal's reason. */
export async function tableRanges(
  drafted: DraftedTable,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<TableRanges> {
  const { spec, table, facts, sql, parts, estimate, thresholdBytes, parallelism } = drafted;
  if (parallelism < 2) return {};
  const split = splitColumn(table, facts, (name) => transformationOf(spec, table, name));
  if ('why' in split) return { sequential: split.why };
  const count = rangeCount(estimate, thresholdBytes, parallelism);
  if (count < 2) return { sequential: tooSmall(table.name, estimate, thresholdBytes) };
  const { column, type } = split;
  const { keys } = snapshot;
  const indexes = await keys.indexes(table.name);
  const order = table.splitOrder.length > 0 ? table.splitOrder : facts.primaryKey;
  const index = indexFor(order, indexes);
  if (index === null)
    return { sequential: noIndex(table.name, column.name, snapshot.server.database, indexes) };

  const key = await keyColumn(drafted, column, type, index, snapshot);
  const [chosen] = await keys.estimates([sql]);
  const [whole] = await keys.estimates([allSql({ ...key, conditions: [] })]);
  const tableRows = facts.rows ?? whole!.rows;
  if (isOther(chosen!, index, tableRows)) {
    const other = { index: chosen!.index!, rows: chosen!.rows! };
    return { sequential: otherIndex(table.name, column.name, other, tableRows!) };
  }
  const cut = await cutTable(
    { key, ranges: count, estimate, tableRows, entryBytes: entryBytes(index, column, facts) },
    keys,
    signal,
  );
  if (cut === null) return { sequential: nothingToCut(table.name, column.name) };
  if (cut.length > 1 && !(await isReadByRange(key, cut, snapshot)))
    return { sequential: notByRange(table.name, column.name) };
  const cell = parts.select.expressions.indexOf(quoteName(column.name));
  return {
    ranges: cut.map((range) => rangePlan(parts, key, range)),
    rangeKey: { cell: cell === -1 ? null : cell, unique: isUnique(column, indexes) },
  };
}

function transformationOf(
  spec: Spec,
  { name }: TableSpec,
  column: string,
): Spec['transformations'][number] | null {
  const fits = (of: string | null) => (one: Spec['transformations'][number]) =>
    one.table === of && one.column.toLowerCase() === column.toLowerCase();
  return spec.transformations.find(fits(name)) ?? spec.transformations.find(fits(null)) ?? null;
}

/** Conditions on the column itself bound what is cut, where the server can look them up. */
async function keyColumn(
  { table, parts }: DraftedTable,
  column: TableColumn,
  type: KeyType,
  index: TableIndex,
  { keys }: Snapshot,
): Promise<KeyColumn> {
  const isOwn = (name: string): boolean => name.toLowerCase() === column.name.toLowerCase();
  const conditions = [
    ...table.filters.filter((filter) => isOwn(filter.column)).map(filterSql),
    ...table.cdc.flatMap((cdc, at) => (isOwn(cdc.column) ? [parts.windows[at]!] : [])),
  ].filter((condition) => condition !== null);
  const { name, nullable } = column;
  const key = { table: table.name, column: name, nullable, type, index: index.name, conditions };
  if (conditions.length === 0) return key;
  const alone = conditions.map((condition) => allSql({ ...key, conditions: [condition] }));
  const found = await keys.estimates(alone);
  return {
    ...key,
    conditions: conditions.filter((_, at) => found[at]!.access === null || BY_RANGE.test(found[at]!.access)),
  };
}

function isUnique({ name }: TableColumn, indexes: readonly TableIndex[]): boolean {
  return indexes.some(
    ({ unique, columns }) =>
      unique && columns.length === 1 && columns[0]!.name.toLowerCase() === name.toLowerCase(),
  );
}

function isOther(
  chosen: { readonly access: string | null; readonly index: string | null; readonly rows: number | null },
  { name }: TableIndex,
  tableRows: number | null,
): boolean {
  const { access, index, rows } = chosen;
  if (access === null || index === null || index === name || rows === null || tableRows === null)
    return false;
  return BY_RANGE.test(access) && rows < MUCH_LESS * tableRows;
}

function entryBytes(index: TableIndex, column: TableColumn, facts: TableFacts): number {
  if (index.name === 'PRIMARY') {
    const row = facts.rows !== null && facts.rows > 0 && facts.bytes !== null ? facts.bytes / facts.rows : 0;
    return Math.max(ENTRY_BYTES, row);
  }
  const declared = Number(/^\w*(?:char|binary)\((\d+)\)/.exec(column.columnType)?.[1] ?? 8);
  return ENTRY_BYTES + Math.min(declared, 40);
}

/** Two ranges as they will be read: a comparison that the index does not serve would go through all of it for each. */
async function isReadByRange(key: KeyColumn, cut: CutTable, { keys }: Snapshot): Promise<boolean> {
  const some = [cut[0]!, cut[Math.floor(cut.length / 2)]!];
  const selects = some.map((range) => allSql({ ...key, conditions: rangeConditions(key, range) }));
  const found = await keys.estimates(selects);
  return found.every(({ access }) => access === null || BY_RANGE.test(access));
}

function rangePlan({ select }: TableParts, key: KeyColumn, { from, to, rows }: CutTable[number]): RangePlan {
  const text = (border: string | null): string | null => (border === null ? null : keyText(key.type, border));
  const conditions = [...select.conditions, ...rangeConditions(key, { from, to })];
  return {
    range: { column: key.column, from: text(from), to: text(to) },
    sql: selectSql({ ...select, conditions, index: key.index }),
    rows,
  };
}
