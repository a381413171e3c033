/**
 * MariaDB's JSON columns. To MariaDB, JSON is a LONGTEXT with `CHECK (json_valid(column))`, and says so only in the
 * table's definition: information_schema.CHECK_CONSTRAINTS hides itself from users who may do no more than SELECT.
 *
 * https://mariadb.com/docs/server/reference/data-types/string-data-types/json
 */
import { TidemarkError } from '../../errors.ts';
import type { Session } from './connect.ts';

/** Names and strings are read over, so that none of them is taken for a constraint. */
const TOKENS = /CHECK \(json_valid\(`((?:[^`]|``)+)`\)\)|`(?:[^`]|``)*`|'(?:[^'\\]|\\[^]|'')*'/gi;

/** Columns that a CREATE TABLE statement, as the server prints it, allows nothing but JSON in. */
export function jsonColumnsOf(definition: string): ReadonlySet<string> {
  const names = Array.from(definition.matchAll(TOKENS), ([, name]) => name?.replaceAll('``', '`'));
  return new Set(names.filter((name) => name !== undefined));
}

/** @param quotedName of a base table. @returns none where the definition may not be seen. */
export async function jsonColumns(session: Session, quotedName: string): Promise<ReadonlySet<string>> {
  try {
    const [row] = await session.query(`SHOW CREATE TABLE ${quotedName}`);
    return jsonColumnsOf(String(row?.['Create Table'] ?? ''));
  } catch (error) {
    // Who may read some columns alone reads their documents as texts.
    if (error instanceof TidemarkError && error.code === 'PRIVILEGE_MISSING') return new Set();
    throw error;
  }
}
