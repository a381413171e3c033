/**
 * A database whose horizon is looked at: other clients of it, and what they wait for.
 *
 * On a server of its own, as everybody's transactions count, and on a machine in the zone of Berlin. Where the test run
 * was given a MySQL 8 or later, which cannot be started from here, on that one.
 */
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import type { Horizon, Source } from '../../src/ports.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { freshDatabase, serverVersion, sourceOptionsOf, startMySql } from './mysql.ts';
import type { MySqlServer, TestDatabase } from './mysql.ts';
import { waitFor } from './wait-for.ts';

const BERLIN = 'CET-1CEST,M3.5.0,M10.5.0/3';
const NEVER = new AbortController().signal;

type Login = Parameters<typeof sourceOptionsOf>[0];

export interface HorizonPlace {
  /** The private server, also where the database is on a given one. */
  readonly own: MySqlServer;
  /** With `t` and `other`, of `id` and `at`. */
  readonly database: TestDatabase;
  /** Another client of the server, with times in UTC. */
  client(): Promise<Connection>;
  source(login?: Login): Source;
  horizon(login?: Login): Promise<Horizon>;
  /** A horizon that nothing holds back; of a given server, others may hold it back for a moment. */
  freeHorizon(): Promise<Horizon>;
  /** Waits until a client's statement is in this state. */
  untilState(session: Connection, state: RegExp): Promise<void>;
  /** Waits until a SELECT has a value. */
  untilValue(sql: string): Promise<string>;
  /** Drops the clients, and what they wrote; two rows are in `t` then. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function horizonPlace(): Promise<HorizonPlace> {
  const own = await startMySql(BERLIN);
  const database = await databaseOf(own);
  const sessions: Connection[] = [];
  await database.connection.query(
    `CREATE TABLE t (id INT PRIMARY KEY, at DATETIME(6)) ENGINE=InnoDB;
     CREATE TABLE other (id INT PRIMARY KEY, at DATETIME(6)) ENGINE=InnoDB`,
  );
  const place: HorizonPlace = {
    own,
    database,
    async client() {
      const session = await mysql.createConnection({ uri: database.url, dateStrings: true });
      session.on('error', () => {});
      sessions.push(session);
      await session.query("SET time_zone = '+00:00'");
      return session;
    },
    source: (login = database) => mysqlSource(sourceOptionsOf(login)),
    async horizon(login) {
      const snapshot = await place.source(login).open(NEVER, { horizon: true });
      await snapshot.close();
      return snapshot.horizon!;
    },
    freeHorizon: () =>
      waitFor('a horizon that nothing holds back', async () => {
        const seen = await place.horizon();
        return seen.oldestWrite === null ? seen : null;
      }),
    async untilState({ threadId }, state) {
      const sql = `SELECT STATE FROM information_schema.PROCESSLIST WHERE ID = ${threadId}`;
      await waitFor(`thread ${threadId} in ${String(state)}`, async () =>
        state.test((await valueOf(database.connection, sql)) ?? '') ? true : null,
      );
    },
    untilValue: (sql) => waitFor(`a value of ${sql}`, () => valueOf(database.connection, sql)),
    async clear() {
      for (const session of sessions.splice(0)) session.destroy();
      await database.connection.query(
        'DELETE FROM t; DELETE FROM other; INSERT INTO t VALUES (1, NULL), (2, NULL)',
      );
    },
    async close() {
      for (const session of sessions.splice(0)) session.destroy();
      await database.drop();
      await own.stop();
    },
  };
  return place;
}

async function databaseOf(own: MySqlServer): Promise<TestDatabase> {
  const given = await freshDatabase();
  const { flavor, version } = await serverVersion(given);
  if (flavor === 'mysql' && version[0] >= 8) return given;
  await given.drop();
  return freshDatabase(own.url);
}

/** The one value of a SELECT, as text. */
export async function valueOf(session: Connection, sql: string): Promise<string | null> {
  const [rows] = await session.query<RowDataPacket[]>(`SELECT CAST((${sql}) AS CHAR) AS value`);
  return rows[0]!['value'];
}

/** The one DATETIME(6) of a SELECT, as UTC, in microseconds since 1970. */
export async function microsOf(session: Connection, sql: string): Promise<bigint> {
  return micros((await valueOf(session, sql))!);
}

/** `YYYY-MM-DD HH:MM:SS.ffffff` in UTC as microseconds since 1970. */
export function micros(clock: string): bigint {
  const milliseconds = Date.parse(`${clock.slice(0, 23).replace(' ', 'T')}Z`);
  return BigInt(milliseconds) * 1000n + BigInt(clock.slice(23));
}
