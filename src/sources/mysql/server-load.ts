/** How busy a server is, as it says itself. */
import type { ServerIdentity } from '../../domain/plan.ts';
import { TidemarkError } from '../../errors.ts';
import type { LoadQuestion, ServerLoad } from '../../ports.ts';
import type { Session } from './connect.ts';
import { grantee } from './errors.ts';
import { replicationSql } from './read-horizon.ts';

/**
 * @param side a session that does nothing else.
 * @param ownThreads connections of this process that are reading: they are no reason for it to wait.
 * @throws TidemarkError PRIVILEGE_MISSING, where the state of the replication may not be seen.
 */
export async function serverLoad(
  side: Session,
  server: ServerIdentity,
  question: LoadQuestion,
  ownThreads: number,
): Promise<ServerLoad> {
  return {
    threadsRunning: question.threads
      ? await threadsRunning(side, Math.max(ownThreads, question.lanes ?? 0))
      : 0,
    replicaLagS: question.replication ? await replicaLag(side, server) : null,
  };
}

async function threadsRunning(side: Session, ownThreads: number): Promise<number> {
  const [row] = await side.query("SHOW GLOBAL STATUS LIKE 'Threads_running'");
  // Who asks is running, too. One of the own may have been sent all of its rows meanwhile.
  return Math.max(0, Number(row!['Value']) - 1 - ownThreads);
}

/** Of several sources that a server follows, the one that it is furthest behind. */
async function replicaLag(side: Session, server: ServerIdentity): Promise<number | null> {
  const rows = await side.query(replicationSql(server)).catch((error: unknown) => {
    throw withGrant(error, side, server);
  });
  const lags = rows
    .map((row) => row['Seconds_Behind_Source'] ?? row['Seconds_Behind_Master'] ?? null)
    .filter((lag) => lag !== null)
    .map(Number);
  return lags.length === 0 ? null : Math.max(...lags);
}

function withGrant(error: unknown, side: Session, server: ServerIdentity): unknown {
  if (!(error instanceof TidemarkError) || error.code !== 'PRIVILEGE_MISSING') return error;
  const [major = 0, minor = 0] = server.version.split('.').map((part) => Number.parseInt(part, 10));
  const isNew = server.flavor === 'mariadb' && (major > 10 || (major === 10 && minor >= 5));
  const privilege = isNew ? 'SLAVE MONITOR' : 'REPLICATION CLIENT';
  return new TidemarkError(
    'PRIVILEGE_MISSING',
    `max_load.replica_lag cannot be looked at: ${error.message}`,
    {
      hint: `Run as an administrator: GRANT ${privilege} ON *.* TO ${grantee(side.context)}; or leave replica_lag out.`,
      cause: error,
    },
  );
}
