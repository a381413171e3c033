/**
 * Which tables take part in a consistent snapshot. Of views and queries, the tables that they read are looked up: names in
 * the SQL, and in the definitions of views, are asked for one by one.
 */
import { tablesNamed } from '../../plan/query-tables.ts';
import { quoteName } from '../../plan/sql.ts';
import type { Session } from './connect.ts';

/** NDB has transactions, and knows only READ COMMITTED. */
const SNAPSHOT_ENGINES = new Set(['InnoDB', 'ROCKSDB', 'TokuDB']);

/** Whether an engine keeps snapshots. */
export function keepsSnapshots(engine: string): boolean {
  return SNAPSHOT_ENGINES.has(engine);
}

/** @returns as `Snapshot.unkept`. @throws TidemarkError of the connection. */
export async function unkeptTables(session: Session, sql: string): Promise<readonly string[] | null> {
  const unkept = new Set<string>();
  const seen = new Set<string>();
  /** Whether it is known what is read. */
  const look = async (text: string, isView: boolean): Promise<boolean> => {
    for (const name of tablesNamed(text)) {
      const { database, table } = partsOf(name, session.context.database);
      const whole = `${quoteName(database)}.${quoteName(table)}`;
      if (seen.has(whole)) continue;
      seen.add(whole);
      const [found] = await session.query(
        'SELECT ENGINE AS engine, TABLE_TYPE AS type FROM information_schema.TABLES ' +
          'WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
        [database, table],
      );
      if (found === undefined) {
        // What a view reads by the rights of its definer is not shown. What a query reads is: this was no table.
        if (isView) return false;
      } else if (found['type'] === 'VIEW') {
        const [view] = await session.query(
          'SELECT VIEW_DEFINITION AS definition FROM information_schema.VIEWS ' +
            'WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
          [database, table],
        );
        const definition = view?.['definition'] ?? '';
        if (definition === '' || !(await look(definition, true))) return false;
      } else if (!keepsSnapshots(found['engine'] ?? ''))
        unkept.add(database === session.context.database ? quoteName(table) : whole);
    }
    return true;
  };
  return (await look(sql, false)) ? [...unkept] : null;
}

/** `` `shop` . orders `` as its two names. */
function partsOf(name: string, database: string): { readonly database: string; readonly table: string } {
  const [first, second] = (name.match(/`(?:``|[^`])*`|[^`.\s]+/g) ?? []).map((part) =>
    part.startsWith('`') ? part.slice(1, -1).replaceAll('``', '`') : part,
  );
  return second === undefined ? { database, table: first ?? '' } : { database: first!, table: second };
}
