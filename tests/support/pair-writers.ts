/**
 * Writers that never rest, and a sum that tells moments apart: each transaction adds one to a row of `debit` and one to a
 * row of `credit`, so that in any one moment both have the same sum, and each moment another one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import type { Snapshot } from '../../src/ports.ts';
import type { TestDatabase } from './mysql.ts';

const NEVER = new AbortController().signal;
const ROWS = 8;

/** ER_LOCK_DEADLOCK: the transaction is undone, and is to be repeated. */
const DEADLOCK = 1213;

export interface PairWriters {
  /** Ends them; rejects with what one of them failed with. */
  stop(): Promise<void>;
}

export async function createPairs({ connection }: TestDatabase): Promise<void> {
  for (const table of ['debit', 'credit']) {
    await connection.query(`CREATE TABLE ${table} (id INT PRIMARY KEY, n BIGINT NOT NULL) ENGINE=InnoDB`);
    for (let id = 0; id < ROWS; id++) await connection.query(`INSERT INTO ${table} VALUES (${id}, 0)`);
  }
}

/**
 * @param count at most 8.
 * @param pauseMs between a writer's transactions; 0: none.
 */
export async function startPairWriters(
  { url }: Pick<TestDatabase, 'url'>,
  count: number,
  pauseMs = 0,
): Promise<PairWriters> {
  const stopped = new AbortController();
  const writers = Array.from({ length: count }, async (_, id) => {
    const session = await mysql.createConnection({ uri: url });
    while (!stopped.signal.aborted) {
      try {
        await session.query('START TRANSACTION');
        await session.query(`UPDATE debit SET n = n + 1 WHERE id = ${id}`);
        await session.query(`UPDATE credit SET n = n + 1 WHERE id = ${id}`);
        await session.query('COMMIT');
      } catch (error) {
        // MySQL ends a writer of two tables in favour of LOCK TABLES, which has one of them; applications know.
        if ((error as { errno?: number }).errno !== DEADLOCK) throw error;
      }
      if (pauseMs > 0) await sleep(pauseMs);
    }
    await session.end();
  });
  const all = Promise.all(writers);
  // What one fails with is told when all are stopped.
  all.catch(() => {});
  return {
    async stop() {
      stopped.abort();
      await all;
    },
  };
}

/** `debit:credit`, the sums as a snapshot shows them, read one after the other. */
export async function sumsOf(snapshot: Snapshot): Promise<string> {
  const debit = await snapshot.scalar('SELECT SUM(n) FROM debit', NEVER);
  const credit = await snapshot.scalar('SELECT SUM(n) FROM credit', NEVER);
  return `${debit}:${credit}`;
}
