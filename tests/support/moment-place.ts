/**
 * A server on which lanes agree on a moment: connections that begin their snapshots on command, and what watches over
 * them. A server of its own, as locks of all tables and restarts are nobody else's; where the test run was given a MySQL 8
 * or later, which cannot be started from here, that one.
 */
import { agree, AGREE_DEFAULTS, type AgreeOptions } from '../../src/crew/agree.ts';
import type { WantedConsistency } from '../../src/domain/spec.ts';
import type { Agreement } from '../../src/lane-ports.ts';
import type { PendingSnapshot } from '../../src/ports.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { freshDatabase, serverVersion, sourceOptionsOf, startMySql } from './mysql.ts';
import type { MySqlServer, TestDatabase } from './mysql.ts';
import { createPairs, sumsOf } from './pair-writers.ts';

const NEVER = new AbortController().signal;

export type Login = Parameters<typeof sourceOptionsOf>[0];

export interface MomentPlace {
  /** With `debit` and `credit`. */
  readonly database: TestDatabase;
  readonly flavor: 'mysql' | 'mariadb';
  readonly version: readonly [major: number, minor: number];
  /** Sessions without a snapshot, closed by `close`. */
  sessions(count: number, login?: Login): Promise<readonly PendingSnapshot[]>;
  /** Has sessions agree. @param tables that a lock is for; null: all. */
  agreed(
    sessions: readonly PendingSnapshot[],
    wanted: WantedConsistency,
    more?: {
      readonly login?: Login;
      readonly tables?: readonly string[] | null;
      readonly options?: Partial<AgreeOptions>;
      readonly signal?: AbortSignal;
    },
  ): Promise<Agreement>;
  close(): Promise<void>;
}

/** @param options of a server of its own. */
export async function momentPlace(options: readonly string[] = []): Promise<MomentPlace> {
  const given = await freshDatabase();
  const { flavor, version } = await serverVersion(given);
  if (flavor === 'mysql' && version[0] >= 8) return placeOf(given, null);
  await given.drop();
  const own = await startMySql(undefined, options);
  return placeOf(await freshDatabase(own.url), own);
}

/** @param server that ends with the place; null: it does not. */
export async function placeOf(database: TestDatabase, server: MySqlServer | null): Promise<MomentPlace> {
  await createPairs(database);
  const open: PendingSnapshot[] = [];
  return {
    database,
    ...(await serverVersion(database)),
    async sessions(count, login = database) {
      const source = mysqlSource(sourceOptionsOf(login));
      const sessions = await Promise.all(Array.from({ length: count }, () => source.connect(NEVER)));
      open.push(...sessions);
      return sessions;
    },
    async agreed(
      sessions,
      wanted,
      { login = database, tables = ['debit', 'credit'], options = {}, signal = NEVER } = {},
    ) {
      const referee = mysqlSource(sourceOptionsOf(login)).referee(tables);
      try {
        return await agree(
          sessions,
          referee,
          wanted,
          { ...AGREE_DEFAULTS, server: null, ...options },
          signal,
        );
      } finally {
        await referee.close();
      }
    },
    async close() {
      for (const session of open) await session.close();
      await database.drop();
      await server?.stop();
    },
  };
}

/** What each session's snapshot shows; one value where all are of one moment, in which both sums are the same. */
export async function moments(sessions: readonly PendingSnapshot[]): Promise<readonly string[]> {
  const sums = await Promise.all(sessions.map(({ snapshot }) => sumsOf(snapshot)));
  return [...new Set(sums)];
}
