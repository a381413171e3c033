/** Whether an index serves a window or an order, and the statement that makes one. Pure. */
import type { TableIndex } from '../check-ports.ts';
import { quoteName } from '../plan/sql.ts';

/** Names in MySQL have up to so many characters. */
const LONGEST_NAME = 64;

/**
 * Whether a range of the column can be read without the rest of the table.
 *
 * @param fixed columns that a filter holds at one value: they may stand before it in the index.
 */
export function servesRange(
  indexes: readonly TableIndex[],
  column: string,
  fixed: ReadonlySet<string>,
): boolean {
  return indexes.some(({ columns }) => {
    const first = columns.find(({ name }) => same(name, column) || !fixed.has(name.toLowerCase()));
    return first !== undefined && same(first.name, column);
  });
}

/**
 * Whether rows come out of an index in this order.
 *
 * @param primaryKey every other index of InnoDB ends with it; empty where it does not.
 * @param fixed columns that a filter holds at one value.
 */
export function servesOrder(
  indexes: readonly TableIndex[],
  order: readonly string[],
  primaryKey: readonly string[],
  fixed: ReadonlySet<string>,
): boolean {
  const isFree = (name: string): boolean => !fixed.has(name.toLowerCase());
  const wanted = order.filter(isFree);
  return indexes.some(({ name: index, columns }) => {
    if (columns.some(({ whole }) => !whole)) return false;
    const keys = columns.map(({ name }) => name);
    const sorted = [...keys, ...primaryKey.filter((name) => !keys.some((key) => same(key, name)))].filter(
      isFree,
    );
    // Behind a whole primary key there is nothing left to order.
    const compared = index === 'PRIMARY' || primaryKey.length > 0 ? wanted.slice(0, sorted.length) : wanted;
    return compared.every((name, at) => sorted[at] !== undefined && same(sorted[at], name));
  });
}

/** `` CREATE INDEX `orders_updated_at` ON `shop`.`orders` (`updated_at`); `` */
export function createIndex(
  database: string,
  table: string,
  columns: readonly string[],
  indexes: readonly TableIndex[],
): string {
  const base = Array.from([table, ...columns].join('_'))
    .slice(0, LONGEST_NAME - 3)
    .join('');
  const taken = (name: string): boolean => indexes.some((index) => same(index.name, name));
  let name = base;
  for (let n = 2; taken(name); n++) name = `${base}_${n}`;
  const listed = columns.map(quoteName).join(', ');
  return `CREATE INDEX ${quoteName(name)} ON ${quoteName(database)}.${quoteName(table)} (${listed});`;
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
