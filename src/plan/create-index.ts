/** The statement that makes an index, for an administrator to run. */
import type { TableIndex } from '../key-ports.ts';
import { quoteName } from './sql.ts';

/** Names in MySQL have up to so many characters. */
const LONGEST_NAME = 64;

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
  const taken = (name: string): boolean =>
    indexes.some((index) => index.name.toLowerCase() === name.toLowerCase());
  let name = base;
  for (let n = 2; taken(name); n++) name = `${base}_${n}`;
  const listed = columns.map(quoteName).join(', ');
  return `CREATE INDEX ${quoteName(name)} ON ${quoteName(database)}.${quoteName(table)} (${listed});`;
}
