/** The connection beside the lanes: it looks at the server's log, and keeps writers out, while they begin their snapshots. */
import type { ServerIdentity } from '../../domain/plan.ts';
import type { Referee } from '../../lane-ports.ts';
import { connect, endSession, type MysqlSourceOptions, type Session } from './connect.ts';
import type { GiveBack } from './connection-cap.ts';
import { identify } from './identify.ts';
import { readLog } from './log-reading.ts';
import { killSession } from './side-session.ts';
import { lockWriters } from './write-lock.ts';

/** It answers at once or not at all, in milliseconds; waiting for a lock included. */
const PATIENCE_MS = 8000;

interface Connected {
  readonly session: Session;
  readonly server: ServerIdentity;
  readonly giveBack: GiveBack;
}

/**
 * Of the cap on connections, it takes the place for what is asked aside, and keeps it until it is closed. All its signals
 * are one.
 */
export function mysqlReferee(options: MysqlSourceOptions, tables: readonly string[] | null): Referee {
  let connected: Connected | null = null;

  const disconnect = async (): Promise<void> => {
    if (connected === null) return;
    const { session, giveBack } = connected;
    connected = null;
    if (session.broken) session.connection.destroy();
    else await endSession(session);
    giveBack();
    // Its lock would be held until the server hears of the closed socket.
    if (session.broken) await killSession(options, session);
  };

  const asked = async <T>(signal: AbortSignal, question: (to: Connected) => Promise<T>): Promise<T> => {
    connected ??= await connectBeside(options, signal);
    try {
      return await question(connected);
    } catch (error) {
      if (connected.session.broken) await disconnect();
      throw error;
    }
  };

  return {
    reading: (signal) => asked(signal, ({ session, server }) => readLog(session, server)),
    async lock(signal) {
      // A session that waits for a lock, or has one, is told to give up early: it is for this lock alone.
      await disconnect();
      try {
        const lock = await asked(signal, ({ session, server }) => lockWriters(session, server, tables));
        return {
          ...lock,
          async release() {
            try {
              await lock.release();
            } finally {
              await disconnect();
            }
          },
        };
      } catch (error) {
        await disconnect();
        throw error;
      }
    },
    close: disconnect,
  };
}

async function connectBeside(options: MysqlSourceOptions, signal: AbortSignal): Promise<Connected> {
  const giveBack = (await options.cap?.aside(signal)) ?? (() => {});
  try {
    const limits = { connectTimeoutMs: PATIENCE_MS, idleTimeoutMs: PATIENCE_MS };
    const session = await connect({ ...options, ...limits }, signal);
    try {
      return { session, server: await identify(session), giveBack };
    } catch (error) {
      session.connection.destroy();
      throw error;
    }
  } catch (error) {
    giveBack();
    throw error;
  }
}
