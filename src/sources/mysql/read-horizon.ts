/** Asks a server for its clock, its running statements, its open transactions and its replication; see horizon.ts. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2';
import type { ServerIdentity } from '../../domain/plan.ts';
import { TidemarkError } from '../../errors.ts';
import type { Horizon } from '../../ports.ts';
import type { Session } from './connect.ts';
import { grantee } from './errors.ts';
import { horizonOf, type OpenTransaction, type ReplicaStatus, type RunningStatement } from './horizon.ts';

/**
 * InnoDB shows the transactions as they were when they were first asked for, until nobody has asked for so long. Who
 * asks more often than that sees no change at all, and so does everybody else.
 */
const CACHED_MS = 100;
const TRIES = 10;

/** By how much a zone may be set back in autumn, in seconds: an hour, and the few exceptions. */
const STEPS_BACK = [1800, 3600, 7200];

/** How long a server may take to start, in seconds: somewhere in it, it takes up prepared transactions again. */
const START_UP = 120n;

/**
 * To be read before the snapshot is opened, in this order: clock, statements, transactions.
 *
 * @param session in autocommit, in no transaction, with `time_zone` +00:00, as connect.ts leaves it.
 * @throws TidemarkError, or the signal's reason.
 */
export async function readHorizon(
  session: Session,
  server: ServerIdentity,
  signal: AbortSignal,
): Promise<Horizon> {
  const [clock] = await session.query('SELECT UNIX_TIMESTAMP(NOW(6)) AS now');
  const now = microseconds(clock!['now']);
  const statements = await runningStatements(session);
  const { transactions, obstacle } = await openTransactions(session, signal);
  const replicas = await replicaStatus(session, server);
  const obstacles = [
    obstacle,
    transactions === null ? null : await ofFormerLife(session, now, transactions),
  ].filter((said) => said !== null);
  return horizonOf({ now, statements, transactions, replicas, obstacles });
}

/** Text of UNIX_TIMESTAMP, `1700000000.123456`, as microseconds. */
function microseconds(text: string): bigint {
  const [seconds = '', fraction = ''] = text.split('.');
  return BigInt(seconds + fraction.padEnd(6, '0'));
}

async function runningStatements(session: Session): Promise<RunningStatement[]> {
  // Scheduled events run as `Connect`, and so do sessions that have not even logged in.
  const rows = await session.query(
    "SELECT ID AS thread, TIME AS seconds, LEFT(INFO, 200) AS text, LOCATE('(', INFO) AS bracket " +
      'FROM information_schema.PROCESSLIST ' +
      "WHERE ID <> CONNECTION_ID() AND USER <> 'system user' AND COMMAND <> 'Sleep' " +
      "AND (INFO IS NOT NULL OR COMMAND IN ('Query', 'Execute'))",
  );
  return rows.map((row) => ({
    thread: String(row['thread']),
    seconds: row['seconds'] === null ? null : Number(row['seconds']),
    text: row['text'],
    calls: Number(row['bracket'] ?? 1) > 0,
  }));
}

/**
 * The earliest instant, in seconds since 1970, at which a session in zone SYSTEM would have shown a DATETIME: in
 * autumn, an hour comes twice.
 */
export function earliestInstantSql(datetime: string): string {
  const instant = `UNIX_TIMESTAMP(${datetime})`;
  const earlier = STEPS_BACK.map(
    (step) => `IF(FROM_UNIXTIME(${instant} - ${step}) = ${datetime}, ${instant} - ${step}, ${instant})`,
  );
  return `LEAST(${instant}, ${earlier.join(', ')})`;
}

async function openTransactions(
  session: Session,
  signal: AbortSignal,
): Promise<{ readonly transactions: readonly OpenTransaction[] | null; readonly obstacle: string | null }> {
  // `trx_started` is in the zone of the server's machine.
  await session.query("SET time_zone = 'SYSTEM'");
  try {
    // A transaction of our own, to see whether what is shown is newer than it.
    await session.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    for (let tries = 0; tries < TRIES; tries++) {
      const rows = await session.query(
        'SELECT trx_mysql_thread_id AS thread, trx_mysql_thread_id = CONNECTION_ID() AS ours, ' +
          `${earliestInstantSql('trx_started')} AS started, ` +
          'trx_rows_modified AS modified, trx_is_read_only + trx_autocommit_non_locking AS read_only, ' +
          'LEFT(trx_query, 200) AS text FROM information_schema.INNODB_TRX',
      );
      const others = rows.filter((row) => Number(row['ours']) === 0);
      if (others.length < rows.length) return { transactions: others.map(transactionOf), obstacle: null };
      // Everybody who waits for the same must not ask at the same time again.
      await sleep(CACHED_MS * (1.1 + Math.random()), undefined, { signal });
    }
    const obstacle =
      'Open transactions cannot be seen: others read information_schema.INNODB_TRX so often that it is never brought ' +
      'up to date. Let them read it once a second at most.';
    return { transactions: null, obstacle };
  } catch (error) {
    if (!(error instanceof TidemarkError) || error.code !== 'PRIVILEGE_MISSING') throw error;
    const obstacle =
      'Open transactions cannot be seen, so only the lag keeps rows that are committed late. Run as an ' +
      `administrator: GRANT PROCESS ON *.* TO ${grantee(session.context)};`;
    return { transactions: null, obstacle };
  } finally {
    if (!session.broken) {
      await session.query('COMMIT');
      await session.query("SET time_zone = '+00:00'");
    }
  }
}

function transactionOf(row: RowDataPacket): OpenTransaction {
  return {
    thread: String(row['thread']),
    started: BigInt(row['started']),
    rowsModified: BigInt(row['modified']),
    readOnly: Number(row['read_only']) > 0,
    text: row['text'],
  };
}

/** A prepared XA transaction outlives the server, and its beginning is forgotten. */
async function ofFormerLife(
  session: Session,
  now: bigint,
  transactions: readonly OpenTransaction[],
): Promise<string | null> {
  const prepared = transactions.filter(({ thread, rowsModified }) => thread === '0' && rowsModified > 0n);
  if (prepared.length === 0) return null;
  const [uptime] = await session.query("SHOW GLOBAL STATUS LIKE 'Uptime'");
  const start = now / 1_000_000n - BigInt(uptime!['Value']);
  if (prepared.every(({ started }) => started > start + START_UP)) return null;
  return (
    'A prepared XA transaction is older than the last start of the server, and nobody knows by how much: its rows ' +
    'may be missed when it is committed. XA RECOVER lists it.'
  );
}

/** Empty where the server is no replica, or where it may not be asked. */
async function replicaStatus(session: Session, server: ServerIdentity): Promise<ReplicaStatus[]> {
  let rows;
  try {
    rows = await session.query(replicationSql(server));
  } catch (error) {
    if (error instanceof TidemarkError && error.code === 'PRIVILEGE_MISSING') return [];
    throw error;
  }
  return rows.map((row) => {
    const behind = row['Seconds_Behind_Source'] ?? row['Seconds_Behind_Master'] ?? null;
    return { secondsBehind: behind === null ? null : BigInt(behind) };
  });
}

/** What asks a server for the state of its replication: a row for each source. */
export function replicationSql({ flavor, version }: ServerIdentity): string {
  if (flavor === 'mariadb') return 'SHOW ALL SLAVES STATUS';
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major > 8 || (major === 8 && minor >= 4) ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS';
}
