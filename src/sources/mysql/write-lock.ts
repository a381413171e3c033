/**
 * Keeps writers out while snapshots are begun: with LOCK TABLES … READ, or, where only that is granted, FLUSH TABLES
 * WITH READ LOCK. Both let readers go on. What each can do to a server, and why neither is held for more than seconds:
 * docs/decisions/0017-one-moment.md.
 */
import type { ServerIdentity } from '../../domain/plan.ts';
import { TidemarkError } from '../../errors.ts';
import { quoteName } from '../../plan/sql.ts';
import type { WriteLock } from '../../lane-ports.ts';
import { nameOf } from './begin.ts';
import type { Session } from './connect.ts';
import { grantee } from './errors.ts';

/**
 * How long to wait for the lock on all tables together: while it is waited for, new writers queue behind it. A transaction that holds it up for
 * longer is let finish first.
 */
const LOCK_WAIT_S = 2;

/** The server itself ends the session, and with it the lock, when it has heard nothing for so long. */
export const LOCK_HOLD_S = 10;

/** On MySQL, statements that have been running for so long keep FLUSH TABLES from being tried. */
const LONG_STATEMENT_S = 1;

/**
 * @param session in no transaction; it does nothing but this, and is closed afterwards.
 * @param tables null: not known.
 * @throws TidemarkError LOCK_TIMEOUT, or CONSISTENCY_UNPROVEN with the GRANT.
 */
export async function lockWriters(
  session: Session,
  server: ServerIdentity,
  tables: readonly string[] | null,
): Promise<WriteLock> {
  await refuseReader(session);
  const name = await nameOf(session);
  await session.query(
    `SET SESSION wait_timeout = ${LOCK_HOLD_S}, SESSION lock_wait_timeout = ${LOCK_WAIT_S}, ` +
      `SESSION innodb_lock_wait_timeout = ${LOCK_WAIT_S}, SESSION innodb_table_locks = 1, SESSION autocommit = 0`,
  );
  const how =
    (tables === null ? null : await lockTables(session, tables)) ?? (await lockAll(session, server, tables));
  let released: Promise<unknown> | null = null;
  return {
    server: name,
    how,
    async release() {
      // Fails where the server has ended the session: nobody knows since when writers have been at work again.
      await (released ??= session.query('UNLOCK TABLES'));
    },
  };
}

/** A reader of Aurora locks for itself alone: who writes is on another server. */
async function refuseReader(session: Session): Promise<void> {
  const [row] = await session.query("SHOW GLOBAL VARIABLES LIKE 'innodb\\_read\\_only'");
  if (row?.['Value'] !== 'ON') return;
  throw new TidemarkError(
    'CONSISTENCY_UNPROVEN',
    'Writers cannot be kept out, as "consistency": "locked" asks for: the server is read-only (innodb_read_only), and its rows are changed by way of another one.',
    { hint: 'Read from the writer, or set "consistency" to "snapshot".', retryable: false },
  );
}

/** With autocommit off, InnoDB locks the tables too: MySQL 5.6 waits for no open transaction otherwise. */
async function lockTables(session: Session, tables: readonly string[]): Promise<string | null> {
  const names = [...new Set(tables)];
  const sql = `LOCK TABLES ${names.map((name) => `${quoteName(name)} READ`).join(', ')}`;
  if ((await unlessDenied(inTime(session, sql))) === null) return null;
  return `of ${names.join(', ')} were kept out by LOCK TABLES … READ`;
}

async function lockAll(
  session: Session,
  server: ServerIdentity,
  tables: readonly string[] | null,
): Promise<string> {
  if (server.flavor === 'mysql') await refuseToPileUp(session, tables);
  if ((await unlessDenied(inTime(session, 'FLUSH TABLES WITH READ LOCK'))) === null)
    throw notGranted(session, tables, 'The account may not keep writers out');
  return 'of the whole server were kept out by FLUSH TABLES WITH READ LOCK';
}

/**
 * MySQL has FLUSH TABLES wait for each statement that uses a table, even if it only reads; and all that come after wait
 * for that statement, too, also when FLUSH TABLES has long given up. MariaDB has learnt not to.
 */
async function refuseToPileUp(session: Session, tables: readonly string[] | null): Promise<void> {
  const asked = session.query('SELECT 1 FROM information_schema.INNODB_TRX LIMIT 1');
  if ((await unlessDenied(asked)) === null) {
    throw notGranted(
      session,
      tables,
      'The account may not lock the tables, nor see whether FLUSH TABLES WITH READ LOCK would hold up the server',
    );
  }
  const running = await session.query(
    'SELECT ID AS thread, TIME AS seconds FROM information_schema.PROCESSLIST ' +
      "WHERE ID <> CONNECTION_ID() AND COMMAND IN ('Query', 'Execute') AND USER <> 'system user' " +
      `AND TIME >= ${LONG_STATEMENT_S} ORDER BY TIME DESC LIMIT 1`,
  );
  const [longest] = running;
  if (longest === undefined) return;
  throw new TidemarkError(
    'LOCK_TIMEOUT',
    `FLUSH TABLES WITH READ LOCK was not tried: a statement (thread ${longest['thread']}) has been running for ${longest['seconds']} s, and everybody would have to wait for it.`,
    { hint: tables === null ? undefined : `Grant a gentler lock: ${lockGrant(session)}` },
  );
}

function notGranted(session: Session, tables: readonly string[] | null, message: string): TidemarkError {
  const privilege =
    tables === null ? `GRANT RELOAD, PROCESS ON *.* TO ${grantee(session.context)};` : lockGrant(session);
  return new TidemarkError('CONSISTENCY_UNPROVEN', `${message}, as "consistency": "locked" asks for.`, {
    hint: `Run as an administrator: ${privilege} Or set "consistency" to "snapshot".`,
    retryable: false,
  });
}

function lockGrant({ context }: Session): string {
  return `GRANT LOCK TABLES ON \`${context.database}\`.* TO ${grantee(context)};`;
}

/**
 * `lock_wait_timeout` is for each table anew, and those who write to the tables that are locked already wait all the time.
 *
 * @throws TidemarkError LOCK_TIMEOUT; the session is broken then, and is to be killed.
 */
async function inTime(session: Session, sql: string): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    session.broken = true;
    reject(new TidemarkError('LOCK_TIMEOUT', `The lock was not to be had within ${LOCK_WAIT_S} s.`, { sql }));
  }, LOCK_WAIT_S * 1000);
  try {
    await Promise.race([session.query(sql), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Null: the account may not. */
async function unlessDenied(asked: Promise<unknown>): Promise<true | null> {
  try {
    await asked;
    return true;
  } catch (error) {
    if (error instanceof TidemarkError && error.code === 'PRIVILEGE_MISSING') return null;
    throw error;
  }
}
