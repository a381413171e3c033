/** Names that the server does not know: it is asked which names it does know, and the nearest is suggested. */
import { TidemarkError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import { quoteName } from '../../plan/sql.ts';
import type { Session } from './connect.ts';

/** A table that information_schema does not show is missing, or hidden from this user: asking for it tells which. */
export async function whyNotSeen(session: Session, table: string): Promise<TidemarkError> {
  try {
    await session.query(`SELECT 1 FROM ${quoteName(table)} LIMIT 0`);
  } catch (error) {
    if (!(error instanceof TidemarkError) || error.code !== 'TABLE_UNKNOWN') return error as TidemarkError;
  }
  return unknownTable(session, table);
}

/**
 * What a statement failed with, with a suggestion where it named a table or a column that is not there. Names are
 * taken from the server's message: `Table 'hr.employes' doesn't exist`, `Unknown column 'e.salery' in 'SELECT'`.
 */
export async function withSuggestion(session: Session, error: unknown): Promise<unknown> {
  if (!(error instanceof TidemarkError)) return error;
  const quoted = /'([^']+)'/.exec(error.message)?.[1]?.split('.').at(-1);
  if (quoted === undefined) return error;
  if (error.code === 'TABLE_UNKNOWN') return unknownTable(session, quoted, error);
  if (error.code === 'COLUMN_UNKNOWN') return unknownColumn(session, quoted, error);
  return error;
}

async function unknownTable(session: Session, table: string, error?: TidemarkError): Promise<TidemarkError> {
  const { host, port, database } = session.context;
  const tables = await session.query(
    'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [database],
  );
  const near = nearest(
    table,
    tables.map((row) => row['name']),
  );
  const message = `There is no table ${table} in database ${database} on ${host}:${port}.`;
  return suggest('TABLE_UNKNOWN', message, near, error);
}

async function unknownColumn(session: Session, column: string, error: TidemarkError): Promise<TidemarkError> {
  const columns = await session.query(
    'SELECT DISTINCT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ?',
    [session.context.database],
  );
  const near = nearest(
    column,
    columns.map((row) => row['name']),
  );
  return suggest('COLUMN_UNKNOWN', `${error.message}.`, near, error);
}

/** @param session of the same user, on no database. */
export async function unknownDatabase(session: Session, error: TidemarkError): Promise<TidemarkError> {
  const { host, port, database, user } = session.context;
  const databases = await session.query('SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA');
  const near = nearest(
    database,
    databases.map((row) => row['name']),
  );
  const message = `There is no database ${database} on ${host}:${port}, or ${user} may not see it.`;
  return suggest('DATABASE_UNKNOWN', message, near, error);
}

function suggest(
  code: 'TABLE_UNKNOWN' | 'COLUMN_UNKNOWN' | 'DATABASE_UNKNOWN',
  message: string,
  near: string | null,
  cause?: TidemarkError,
): TidemarkError {
  const where = code === 'DATABASE_UNKNOWN' ? '`database` of the source' : 'the spec';
  return new TidemarkError(code, near === null ? message : `${message} Did you mean ${near}?`, {
    hint: near === null ? undefined : `Write ${near} in ${where}.`,
    sql: cause?.sql ?? undefined,
    cause,
  });
}
