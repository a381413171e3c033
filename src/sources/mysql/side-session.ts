/** What has to be asked or said about a session that cannot be asked itself, because it is busy or lost. */
import { connect, endSession, type MysqlSourceOptions, type Session } from './connect.ts';
import type { GiveBack } from './connection-cap.ts';

/** How long all of it may take, in milliseconds. */
const PATIENCE_MS = 5000;

/** States of a thread that has work done and waits for the network: it writes to us, and nothing arrives. */
const WRITING = /^(writing to net|sending to client)/i;

/**
 * Ends a session on the server, whose query would otherwise go on sorting or scanning for nobody. Best effort:
 * where even this fails, the server notices the closed socket at its next write.
 */
export async function killSession(options: MysqlSourceOptions, session: Session): Promise<void> {
  const { threadId } = session.connection;
  // The connection, not the query alone: a query that has been sent and has not begun yet would escape.
  await aside(options, session, (side) => side.query(`KILL CONNECTION ${threadId}`));
}

/**
 * Whether the server still works on a session's query. A long sort or a scan that finds nothing sends no byte for
 * as long as it takes, and is no reason to give up; a server that hangs, or a path that is dead, is.
 */
export async function isWorking(options: MysqlSourceOptions, session: Session): Promise<boolean> {
  const { threadId } = session.connection;
  const rows = await aside(options, session, (side) =>
    side.query(
      `SELECT COMMAND AS command, STATE AS state FROM information_schema.PROCESSLIST WHERE ID = ${threadId}`,
    ),
  );
  const thread = rows?.[0];
  return thread?.['command'] === 'Query' && !WRITING.test(thread['state'] ?? '');
}

/** Null where that was not possible: there is nothing more to be known then. */
async function aside<T>(
  options: MysqlSourceOptions,
  session: Session,
  action: (side: Session) => Promise<T>,
): Promise<T | null> {
  const signal = AbortSignal.timeout(2 * PATIENCE_MS);
  return onSideSession({ ...options, host: session.address }, signal, action).catch(() => null);
}

/**
 * Does one thing on a session of its own, within the cap on connections.
 *
 * @throws TidemarkError as `connect` does, what the action throws, or the signal's reason.
 */
export async function onSideSession<T>(
  options: MysqlSourceOptions,
  signal: AbortSignal,
  action: (side: Session) => Promise<T>,
): Promise<T> {
  const limits = { connectTimeoutMs: PATIENCE_MS, idleTimeoutMs: PATIENCE_MS };
  let side: Session | null = null;
  let giveBack: GiveBack | undefined;
  try {
    giveBack = await options.cap?.aside(signal);
    side = await connect({ ...options, ...limits }, signal);
    return await action(side);
  } finally {
    if (side?.broken === true) side.connection.destroy();
    else if (side !== null) await endSession(side);
    giveBack?.();
  }
}
