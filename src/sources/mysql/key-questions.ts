/** What is asked of the indexes of a table: see plan/ranges/. Each answer costs the server a look into an index or two. */
import type { KeyQuestions, ReadEstimate, TableIndex } from '../../key-ports.ts';
import type { ServerIdentity } from '../../domain/plan.ts';
import { quoteName } from '../../plan/sql.ts';
import type { RowDataPacket } from 'mysql2';
import type { Session } from './connect.ts';

/**
 * SELECTs that are explained at once, as one UNION ALL. More would cost no less each, and each holds a table open that
 * long.
 */
const EXPLAINED_AT_ONCE = 200;
/** And so many characters of them: servers take statements of a megabyte, by default more. */
const CHARACTERS_AT_ONCE = 250_000;
/**
 * Of the weights of a text, servers compare the first kilobyte. A key has 3072 bytes at most, mostly 768 letters, and of
 * each the weight has up to 16 bytes; that of several levels is longer by as much again. A sort needs room for 15.
 */
const SORTED_BYTES = 32_768;

export function keyQuestions(session: Session, server: ServerIdentity): KeyQuestions {
  return {
    indexes: (table) => indexesOf(session, table),
    async estimates(selects) {
      const found: ReadEstimate[] = [];
      for (const some of inPortions(selects)) found.push(...(await estimatesOf(session, server, some)));
      return found;
    },
    texts: (sql) => textsOf(session, sql),
    async sortedTexts(sql) {
      // Not for good: the session may be the one that reads, and exports that are sorted would need as much for each row.
      await session.query(
        'SET @tidemark_length = @@session.max_sort_length, @tidemark_buffer = @@session.sort_buffer_size',
      );
      await session.query(
        `SET SESSION max_sort_length = ${SORTED_BYTES}, ` +
          `SESSION sort_buffer_size = CAST(GREATEST(@tidemark_buffer, ${32 * SORTED_BYTES}) AS UNSIGNED)`,
      );
      const found = await textsOf(session, sql);
      await session.query(
        'SET SESSION max_sort_length = @tidemark_length, SESSION sort_buffer_size = @tidemark_buffer',
      );
      return found;
    },
  };
}

async function textsOf(session: Session, sql: string): Promise<(string | null)[][]> {
  const rows = await session.query(sql);
  return rows.map((row) =>
    Object.values(row as Record<string, string | number | null>).map((value) =>
      value === null ? null : String(value),
    ),
  );
}

export async function indexesOf(session: Session, table: string): Promise<TableIndex[]> {
  const rows = await session.query(`SHOW INDEX FROM ${quoteName(table)}`);
  const indexes = new Map<string, { unique: boolean; columns: { name: string; whole: boolean }[] }>();
  for (const row of rows.filter(isUsable)) {
    const name: string = row['Key_name'];
    const index = indexes.get(name) ?? { unique: Number(row['Non_unique']) === 0, columns: [] };
    // A part that is an expression has no name, and serves no column.
    index.columns.push({ name: row['Column_name'] ?? '', whole: row['Sub_part'] === null });
    indexes.set(name, index);
  }
  return [...indexes].map(([name, index]) => ({ name, ...index }));
}

/** Ordered, and not hidden from the optimizer: `Visible` of MySQL, `Ignored` of MariaDB. */
function isUsable(row: RowDataPacket): boolean {
  return row['Index_type'] === 'BTREE' && row['Visible'] !== 'NO' && row['Ignored'] !== 'YES';
}

function inPortions(selects: readonly string[]): string[][] {
  const portions: string[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const select of selects) {
    characters += select.length;
    if (characters > CHARACTERS_AT_ONCE || portions.at(-1)!.length >= EXPLAINED_AT_ONCE) {
      portions.push([]);
      characters = select.length;
    }
    portions.at(-1)!.push(select);
  }
  return portions;
}

async function estimatesOf(
  session: Session,
  server: ServerIdentity,
  selects: readonly string[],
): Promise<ReadEstimate[]> {
  const old = server.flavor === 'mariadb' || server.version.startsWith('5.');
  // MySQL 9 draws a tree unless told otherwise; MySQL 5 knows no other name for what it always does.
  const explain = old ? 'EXPLAIN' : 'EXPLAIN FORMAT=TRADITIONAL';
  const steps = await session.query(`${explain} ${selects.join('\nUNION ALL\n')}`);
  // What puts the results together is a step without a number of its own.
  const byNumber = new Map(
    steps.filter((step) => step['id'] !== null).map((step) => [Number(step['id']), step]),
  );
  return selects.map((_, at): ReadEstimate => {
    const step = byNumber.get(at + 1);
    if (step === undefined || step['table'] === null) return { access: null, index: null, rows: null };
    return {
      access: step['type'] ?? null,
      index: step['key'] ?? null,
      rows: step['rows'] === null ? null : Number(step['rows']),
    };
  });
}
