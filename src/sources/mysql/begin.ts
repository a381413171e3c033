/** Begins a session's snapshot, and says where it stands in the server's log. */
import type { ServerIdentity } from '../../domain/plan.ts';
import type { SnapshotMark } from '../../lane-ports.ts';
import type { Session } from './connect.ts';

/**
 * Begins a consistent, read-only snapshot; one that the session has ends with it.
 *
 * @param signal when it is aborted, the session is broken.
 * @throws TidemarkError, or the signal's reason.
 */
export function beginSnapshot(
  session: Session,
  server: ServerIdentity,
  signal: AbortSignal,
): Promise<SnapshotMark> {
  return unlessAborted(session, signal, async () => {
    if (server.flavor === 'mysql' && Number.parseInt(server.version, 10) >= 8) {
      // MySQL 8+ serves table sizes from a cache that is up to a day old.
      await session.query('SET SESSION information_schema_stats_expiry = 0');
    }
    await session.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    return { server: await nameOf(session), position: await positionOf(session, server) };
  });
}

/** Which server it is, whatever name led to it. */
export async function nameOf(session: Session): Promise<string> {
  const variables = await session.query("SHOW GLOBAL VARIABLES LIKE 'server\\_uuid'");
  const uuid = variables[0]?.['Value'];
  if (uuid !== undefined && uuid !== '') return String(uuid);
  // MariaDB has none.
  const [row] = await session.query("SELECT CONCAT(@@hostname, ':', @@port, '#', @@server_id) AS name");
  return row!['name'];
}

/**
 * MariaDB takes its snapshots between two commits and remembers the end of the binary log of that very moment: two
 * snapshots with the same position are the same. MySQL does not.
 *
 * https://mariadb.com/kb/en/enhancements-for-start-transaction-with-consistent-snapshot/
 */
async function positionOf(session: Session, { flavor }: ServerIdentity): Promise<string | null> {
  if (flavor !== 'mariadb') return null;
  const status = await session.query("SHOW SESSION STATUS LIKE 'binlog\\_snapshot\\_%'");
  const values = new Map(status.map((row) => [String(row['Variable_name']).toLowerCase(), row['Value']]));
  const file = values.get('binlog_snapshot_file') ?? '';
  const offset = values.get('binlog_snapshot_position') ?? '';
  if (file === '' || (await appliesUnlogged(session))) return null;
  return `${file}:${offset}`;
}

/** Whether a MariaDB applies changes of other servers, and does not write them to its own log. Anybody may ask. */
export async function appliesUnlogged(session: Session): Promise<boolean> {
  const rows = await session.query(
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_slave_updates', 'wsrep_on')",
  );
  const isOn = (name: string): boolean =>
    rows.some((row) => row['Variable_name'] === name && row['Value'] === 'ON');
  if (isOn('log_slave_updates')) return false;
  const [running] = await session.query("SHOW GLOBAL STATUS LIKE 'Slaves\\_running'");
  return isOn('wsrep_on') || Number(running?.['Value'] ?? 0) > 0;
}

/** A session answers to the signal that it was connected with; here, to another one too. */
async function unlessAborted<T>(session: Session, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    session.broken = true;
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort);
  try {
    const working = work();
    // What becomes of it after an abort is nobody's concern.
    working.catch(() => {});
    return await Promise.race([working, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
