/**
 * What the server knows about tables and queries: columns, keys, sizes, estimates. Reads no table data.
 */
import type { FieldPacket, RowDataPacket } from 'mysql2';
import type { OutputColumn, ServerIdentity } from '../../domain/plan.ts';
import { TidemarkError } from '../../errors.ts';
import { quoteName } from '../../plan/sql.ts';
import type { TableColumn, TableFacts } from '../../ports.ts';
import { columnOfResult } from './columns.ts';
import type { Session } from './connect.ts';
import { jsonColumns } from './json-columns.ts';
import { keepsSnapshots } from './kept.ts';
import { whyNotSeen, withSuggestion } from './unknown-names.ts';

/**
 * Columns, primary key and size of a table or view, by information_schema.
 *
 * @throws TidemarkError TABLE_UNKNOWN with the nearest name, PRIVILEGE_MISSING with the GRANT.
 */
export async function tableFacts(session: Session, table: string): Promise<TableFacts> {
  const { database } = session.context;
  const [size] = await session.query(
    'SELECT ENGINE AS engine, TABLE_ROWS AS row_count, DATA_LENGTH AS data_length ' +
      'FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?',
    [database, table],
  );
  const columns = await session.query(
    'SELECT COLUMN_NAME AS name, DATA_TYPE AS data_type, COLUMN_TYPE AS column_type, IS_NULLABLE AS nullable, ' +
      'CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation, ' +
      'EXTRA AS extra FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ' +
      'ORDER BY ORDINAL_POSITION',
    [database, table],
  );
  if (size === undefined || columns.length === 0) throw await whyNotSeen(session, table);
  const mayBeJson = size['engine'] !== null && columns.some((row) => isLongText(row['data_type']));
  const json = mayBeJson ? await jsonColumns(session, quoteName(table)) : new Set();
  const key = await session.query(
    'SELECT COLUMN_NAME AS name FROM information_schema.STATISTICS ' +
      "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX",
    [database, table],
  );
  return {
    name: table,
    columns: columns.map((row): TableColumn => ({
      name: row['name'],
      dataType:
        isLongText(row['data_type']) && json.has(row['name']) ? 'json' : row['data_type'].toLowerCase(),
      columnType: row['column_type'],
      nullable: row['nullable'] === 'YES',
      charset: row['charset'],
      collation: row['collation'],
      invisible: /\bINVISIBLE\b/i.test(row['extra']),
    })),
    primaryKey: key.map((row) => row['name']),
    rows: size['row_count'] === null ? null : Number(size['row_count']),
    bytes: size['data_length'] === null ? null : Number(size['data_length']),
    transactional: size['engine'] === null ? null : keepsSnapshots(size['engine']),
  };
}

function isLongText(dataType: string): boolean {
  return dataType.toLowerCase() === 'longtext';
}

/** mysql2's prepared statement, as far as it is looked at here. */
interface PreparedStatement {
  readonly columns: readonly FieldPacket[];
  close(): void;
}

/**
 * The result columns of a SELECT. The server parses, resolves and checks it (COM_STMT_PREPARE), and runs nothing.
 *
 * @throws TidemarkError QUERY_INVALID, TABLE_UNKNOWN, COLUMN_UNKNOWN, PRIVILEGE_MISSING …
 */
export async function describeQuery(session: Session, sql: string): Promise<OutputColumn[]> {
  let statement: PreparedStatement;
  try {
    statement = await session.command<PreparedStatement>(sql, (done) =>
      session.connection.prepare(sql, (error, prepared) =>
        done(error, prepared as unknown as PreparedStatement),
      ),
    );
  } catch (error) {
    throw await withSuggestion(session, error);
  }
  statement.close();
  return statement.columns.map(columnOfResult);
}

/**
 * EXPLAIN's guess at the rows a SELECT returns, and what an operator should know of its plan.
 *
 * A view may be read without SHOW VIEW but not explained: rows is null then, and a warning says so.
 */
export async function explain(
  session: Session,
  server: ServerIdentity,
  sql: string,
): Promise<{ rows: number | null; warnings: string[] }> {
  let plan;
  try {
    plan = await explainedSteps(session, server, sql);
  } catch (error) {
    if (!(error instanceof TidemarkError) || error.code !== 'PRIVILEGE_MISSING') throw error;
    return { rows: null, warnings: [`EXPLAIN was refused, so the size is unknown. ${error.hint}`] };
  }
  let rows = 1;
  let known = false;
  const warnings: string[] = [];
  for (const step of plan) {
    // Steps of the outermost SELECT multiply; derived tables and subqueries are behind them.
    if (!/^(SIMPLE|PRIMARY)$/.test(step['select_type'] ?? '')) continue;
    if (step['rows'] !== null && step['rows'] !== undefined) {
      rows *= (Number(step['rows']) * Number(step['filtered'] ?? 100)) / 100;
      known = true;
    }
    const extra: string = step['Extra'] ?? '';
    if (/Using filesort/.test(extra)) {
      warnings.push(sortWarning(step['table'] ?? 'the result'));
    }
    if (/Impossible WHERE|no matching row/.test(extra)) [rows, known] = [0, true];
  }
  return { rows: known ? Math.round(rows) : null, warnings };
}

/** What is said of a table, or of the result as a whole, that the server has to sort. */
export function sortWarning(what: string): string {
  return `${what} is sorted by the server for ORDER BY: no index gives this order.`;
}

/** @throws TidemarkError PRIVILEGE_MISSING where a view may be read but not explained. */
export function explainedSteps(
  session: Session,
  server: ServerIdentity,
  sql: string,
): Promise<RowDataPacket[]> {
  // MariaDB and MySQL 5.6 show `filtered` only when EXTENDED; MySQL 8 knows no EXTENDED, and MySQL 9 draws a tree
  // unless told otherwise.
  const extended = server.flavor === 'mariadb' || server.version.startsWith('5.');
  return session.query(`EXPLAIN ${extended ? 'EXTENDED' : 'FORMAT=TRADITIONAL'} ${sql}`);
}
