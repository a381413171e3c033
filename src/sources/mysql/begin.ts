/** Begins a session's snapshot, and says which one it is: how many commits it shows, and where it stands in the log. */
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
    const commits = await begin(session, server);
    const position = await positionOf(session, server);
    // Without a log, or with changes that are not in it, the count says nothing.
    return { server: await nameOf(session), commits: position === null ? null : commits, position };
  });
}

/** Of a server that counts its commits where sessions can look: MariaDB 10.1 and newer. */
export function countsCommits({ flavor, version }: ServerIdentity): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return flavor === 'mariadb' && (major > 10 || (major === 10 && minor >= 1));
}

const START = 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY';

/** A snapshot between two commits comes off sooner or later; where it does not, all lanes begin anew. */
const MOST_TRIES = 20;

const COUNT =
  "SELECT VARIABLE_VALUE INTO after_it FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'BINLOG_COMMITS'";

/** One statement: each way to the server and back would be time in which something is committed. */
const START_BETWEEN_COMMITS = `BEGIN NOT ATOMIC
DECLARE before_it, after_it BIGINT UNSIGNED;
DECLARE tries INT DEFAULT 0;
${COUNT};
REPEAT
SET before_it = after_it;
${START};
${COUNT};
SET tries = tries + 1;
UNTIL before_it = after_it OR tries = ${MOST_TRIES} END REPEAT;
SET @tidemark_commits = IF(before_it = after_it, before_it, NULL);
END`;

/**
 * MariaDB counts a commit in the same breath as it becomes visible, and takes snapshots between two: where the count is
 * the same before and after, it is that of the snapshot. Why not the place in the log that it remembers for the snapshot:
 * docs/decisions/0017-one-moment.md.
 *
 * @returns how many commits the snapshot shows; null: not known.
 */
async function begin(session: Session, server: ServerIdentity): Promise<string | null> {
  if (!countsCommits(server)) {
    await session.query(START);
    return null;
  }
  await session.query(START_BETWEEN_COMMITS);
  const [row] = await session.query('SELECT @tidemark_commits AS commits');
  return row!['commits'] === null ? null : String(row!['commits']);
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

/** Asked for so often, a place that somebody else's question has slipped into is told from the true one. */
const MOST_LOOKS = 10;

/**
 * MariaDB remembers the end of the binary log of the moment of the snapshot. Sessions that ask at the same time may be given
 * one another's answer, so that what is said twice in a row counts.
 *
 * https://mariadb.com/kb/en/enhancements-for-start-transaction-with-consistent-snapshot/
 */
async function positionOf(session: Session, { flavor }: ServerIdentity): Promise<string | null> {
  if (flavor !== 'mariadb' || (await appliesUnlogged(session))) return null;
  let last = await rememberedPlace(session);
  for (let looks = 1; looks < MOST_LOOKS; looks++) {
    const place = await rememberedPlace(session);
    if (place === last) return place;
    last = place;
  }
  return null;
}

async function rememberedPlace(session: Session): Promise<string | null> {
  const status = await session.query("SHOW SESSION STATUS LIKE 'binlog\\_snapshot\\_%'");
  const values = new Map(status.map((row) => [String(row['Variable_name']).toLowerCase(), row['Value']]));
  const file = values.get('binlog_snapshot_file') ?? '';
  return file === '' ? null : `${file}:${values.get('binlog_snapshot_position')}`;
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
