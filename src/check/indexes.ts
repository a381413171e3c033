/** Whether an index serves a window or an order. Pure. */
import type { TableIndex } from '../key-ports.ts';

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

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
