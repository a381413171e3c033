/**
 * What is known of a server's clock and of whoever may still commit, before a snapshot is opened: with writers in every
 * state in which a row with an old time can come into being later.
 *
 * On a server of its own, as everybody's transactions count, and on a machine in the zone of Berlin. Where the test run
 * was given a MySQL 8 or later, which cannot be started from here, on that one.
 */
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Horizon, Source } from '../../src/ports.ts';
import { earliestInstantSql } from '../../src/sources/mysql/read-horizon.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { NEVER } from '../support/installation.ts';
import {
  freshDatabase,
  grantReader,
  serverVersion,
  startMySql,
  type MySqlServer,
  type TestDatabase,
} from '../support/mysql.ts';

const BERLIN = 'CET-1CEST,M3.5.0,M10.5.0/3';
const SECOND = 1_000_000n;

let own: MySqlServer;
let database: TestDatabase;
let sessions: Connection[] = [];
beforeAll(async () => {
  own = await startMySql(BERLIN);
  const given = await freshDatabase();
  const { flavor, version } = await serverVersion(given);
  if (flavor === 'mysql' && version[0] >= 8) database = given;
  else {
    await given.drop();
    database = await freshDatabase(own.url);
  }
  await database.connection.query(
    `CREATE TABLE t (id INT PRIMARY KEY, at DATETIME(6)) ENGINE=InnoDB;
     CREATE TABLE other (id INT PRIMARY KEY, at DATETIME(6)) ENGINE=InnoDB`,
  );
});
beforeEach(async () => {
  await database.connection.query('INSERT INTO t VALUES (1, NULL), (2, NULL)');
});
afterEach(async () => {
  for (const session of sessions) session.destroy();
  sessions = [];
  // A session that was dropped may take a moment to roll back.
  await database.connection.query('DELETE FROM t; DELETE FROM other');
});
afterAll(async () => {
  await database.drop();
  await own.stop();
});

/** Another client of the server, with times in UTC. */
async function client(): Promise<Connection> {
  const session = await mysql.createConnection({ uri: database.url, dateStrings: true });
  session.on('error', () => {});
  sessions.push(session);
  await session.query("SET time_zone = '+00:00'");
  return session;
}

async function value(session: Connection, sql: string): Promise<string> {
  const [rows] = await session.query<RowDataPacket[]>(`SELECT CAST((${sql}) AS CHAR) AS value`);
  return rows[0]!['value'];
}

const micros = (clock: string): bigint =>
  BigInt(Date.parse(`${clock.slice(0, 23).replace(' ', 'T')}Z`)) * 1000n + BigInt(clock.slice(23));

const clockOf = async (session: Connection): Promise<bigint> => micros(await value(session, 'NOW(6)'));

type Place = Pick<TestDatabase, 'host' | 'port' | 'user' | 'password' | 'name'>;

function source({ host, port, user, password, name }: Place = database): Source {
  const limits = { connectTimeoutMs: 5000, idleTimeoutMs: 60_000 };
  return mysqlSource({
    host,
    port,
    user,
    password,
    database: name,
    tls: 'preferred',
    tlsCa: null,
    ...limits,
  });
}

async function horizon(place?: Place): Promise<Horizon> {
  const snapshot = await source(place).open(NEVER, { horizon: true });
  await snapshot.close();
  return snapshot.horizon!;
}

/** A horizon that nothing holds back; of a given server, others may hold it back for a moment. */
async function freeHorizon(): Promise<Horizon> {
  let seen = await horizon();
  for (let tries = 0; seen.oldestWrite !== null && tries < 20; tries++) {
    await sleep(200);
    seen = await horizon();
  }
  return seen;
}

/** Waits until a client's statement is in this state. */
async function untilState(session: Connection, state: RegExp): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const [rows] = await database.connection.query<RowDataPacket[]>(
      'SELECT STATE AS state FROM information_schema.PROCESSLIST WHERE ID = ?',
      [session.threadId],
    );
    if (state.test(rows[0]?.['state'] ?? '')) return;
    await sleep(25);
  }
  throw new Error(`thread ${session.threadId} did not come to ${String(state)}`);
}

/** Waits until somebody runs this. */
async function untilRunning(text: string): Promise<void> {
  const sql = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE STATE = 'User sleep' AND INFO LIKE";
  await untilValue(`SELECT NULLIF((${sql} '${text}%'), 0)`);
}

/** Waits until a SELECT has a value. */
async function untilValue(sql: string): Promise<string> {
  for (let tries = 0; tries < 200; tries++) {
    const found = (await value(database.connection, sql)) as string | null;
    if (found !== null) return found;
    await sleep(25);
  }
  throw new Error(`there is no value of ${sql}`);
}

it('is not looked at where it was not asked for', async () => {
  const snapshot = await source().open(NEVER);
  await snapshot.close();
  expect(snapshot.horizon).toBeNull();
});

it('is the server’s clock, to the microsecond', async () => {
  const session = await client();
  const before = await clockOf(session);
  const { now, blind } = await freeHorizon();
  const after = await clockOf(session);
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(after);
  expect(blind).toBeNull();
  const fractions = [now % 1000n, (await horizon()).now % 1000n, (await horizon()).now % 1000n];
  expect(fractions).not.toEqual([0n, 0n, 0n]);
});

it('is held back by an open transaction that has written', async () => {
  const writer = await client();
  const before = await clockOf(writer);
  await writer.query('START TRANSACTION');
  await writer.query('UPDATE t SET at = NOW(6) WHERE id = 1');
  const at = micros(await value(writer, 'SELECT at FROM t WHERE id = 1'));
  const { oldestWrite } = await horizon();
  expect(oldestWrite).toBeLessThanOrEqual(at);
  // InnoDB keeps whole seconds, and one is for safety.
  expect(oldestWrite).toBeGreaterThanOrEqual(before - 2n * SECOND);
  await writer.query('COMMIT');
  expect((await freeHorizon()).oldestWrite).toBeNull();
});

it('is held back by a prepared XA transaction', async () => {
  const writer = await client();
  await writer.query("XA START 'x'");
  await writer.query('INSERT INTO t VALUES (3, NOW(6))');
  const at = micros(await value(writer, 'SELECT at FROM t WHERE id = 3'));
  await writer.query("XA END 'x'");
  await writer.query("XA PREPARE 'x'");
  const { oldestWrite, blind } = await horizon();
  await writer.query("XA COMMIT 'x'");
  expect(oldestWrite).toBeLessThanOrEqual(at);
  expect(blind).toBeNull();
});

it.each([
  ['is read-only', 'START TRANSACTION READ ONLY', 'SELECT * FROM t'],
  ['only reads', 'START TRANSACTION WITH CONSISTENT SNAPSHOT', 'SELECT * FROM t'],
  ['only locks', 'START TRANSACTION', 'SELECT * FROM t WHERE id = 1 FOR UPDATE'],
])('is not held back by an open transaction that %s', async (_, begin, read) => {
  const reader = await client();
  await reader.query(begin);
  await reader.query(read);
  expect(await freeHorizon()).toMatchObject({ oldestWrite: null, blind: null });
  // What it writes from now on is later than what the horizon says.
  if (begin.includes('READ ONLY')) return;
  const { now } = await horizon();
  await reader.query('UPDATE t SET at = NOW(6) WHERE id = 1');
  expect(micros(await value(reader, 'SELECT at FROM t WHERE id = 1'))).toBeGreaterThanOrEqual(now);
});

it('is held back by a statement that waits for a row', async () => {
  const [holder, writer] = [await client(), await client()];
  await holder.query('START TRANSACTION');
  await holder.query('SELECT * FROM t WHERE id = 1 FOR UPDATE');
  const waiting = writer.query('UPDATE t SET at = NOW(6) WHERE id = 1');
  await untilState(writer, /^updating/i);
  await sleep(1200);
  const { oldestWrite } = await horizon();
  await holder.query('COMMIT');
  await waiting;
  const at = micros(await value(writer, 'SELECT at FROM t WHERE id = 1'));
  expect(oldestWrite).toBeLessThanOrEqual(at);
  expect(oldestWrite).toBeGreaterThanOrEqual(at - 10n * SECOND);
});

it.each([
  ['a table that somebody has locked', 'LOCK TABLES t WRITE', /^Waiting for table metadata lock/],
  ['a global read lock', 'FLUSH TABLES WITH READ LOCK', /^Waiting for (global read|backup) lock/],
])('is held back by a statement that waits for %s, and has no transaction yet', async (_, lock, state) => {
  const [holder, writer] = [await client(), await client()];
  await holder.query(lock);
  const waiting = writer.query('INSERT INTO t VALUES (3, NOW(6))');
  await untilState(writer, state);
  await sleep(1200);
  const { oldestWrite } = await horizon();
  await holder.query('UNLOCK TABLES');
  await waiting;
  const at = micros(await value(writer, 'SELECT at FROM t WHERE id = 3'));
  expect(oldestWrite).toBeLessThanOrEqual(at);
  expect(oldestWrite).toBeGreaterThanOrEqual(at - 10n * SECOND);
});

it.each<[string, (writer: Connection) => Promise<unknown>]>([
  ['a client', (writer) => writer.query('INSERT INTO t SELECT 3 + SLEEP(2), NOW(6)')],
  ['a prepared statement', (writer) => writer.execute('INSERT INTO t SELECT 3 + SLEEP(?), NOW(6)', [2])],
  [
    'a scheduled event',
    async (writer) => {
      await writer.query('SET GLOBAL event_scheduler = ON');
      await writer.query('CREATE EVENT e ON SCHEDULE AT NOW() DO INSERT INTO t SELECT 3 + SLEEP(2), NOW(6)');
    },
  ],
])('is held back by a statement of %s that has not come to a table yet', async (_, write) => {
  const writer = await client();
  const before = await clockOf(writer);
  const writing = write(writer);
  await untilRunning('INSERT INTO t SELECT 3 + SLEEP');
  await sleep(1200);
  const { oldestWrite } = await horizon();
  await writing;
  const at = micros(await untilValue('SELECT at FROM t WHERE id = 3'));
  expect(oldestWrite).toBeLessThanOrEqual(at);
  expect(oldestWrite).toBeGreaterThanOrEqual(before - 2n * SECOND);
});

it.each([
  ['sleeps', 'SELECT SLEEP(20)'],
  ['reads', 'SELECT COUNT(*), SLEEP(20) FROM t'],
  ['is prepared and reads', 'SELECT SLEEP(?)'],
])('is not held back by a running SELECT that %s', async (_, sql) => {
  const reader = await client();
  const running = sql.includes('?') ? reader.execute(sql, [20]) : reader.query(sql);
  running.catch(() => {});
  await untilState(reader, /^User sleep/);
  expect(await freeHorizon()).toMatchObject({ oldestWrite: null, blind: null });
  await database.connection.query(`KILL ${reader.threadId}`);
});

it('is not held back by an ALTER TABLE that waits for somebody who reads', async () => {
  const [reader, owner] = [await client(), await client()];
  await reader.query('START TRANSACTION');
  await reader.query('SELECT * FROM other');
  const altering = owner.query('ALTER TABLE other ADD COLUMN v INT');
  await untilState(owner, /^Waiting for table metadata lock/);
  expect(await freeHorizon()).toMatchObject({ oldestWrite: null, blind: null });
  await reader.query('COMMIT');
  await altering;
  await database.connection.query('ALTER TABLE other DROP COLUMN v');
});

it('says which GRANT lets it see open transactions, and that GRANT does', async () => {
  const { user, password } = await grantReader(database);
  const writer = await client();
  await writer.query('START TRANSACTION');
  await writer.query('UPDATE t SET at = NOW(6) WHERE id = 1');
  const refused = await horizon({ ...database, user, password });
  expect(refused).toMatchObject({
    oldestWrite: null,
    blind:
      'Open transactions cannot be seen, so only the lag keeps rows that are committed late. ' +
      `Run as an administrator: GRANT PROCESS ON *.* TO '${user}'@'%';`,
  });
  await database.connection.query(/GRANT .*;/.exec(refused.blind!)![0]);
  const granted = await horizon({ ...database, user, password });
  expect(granted.blind).toBeNull();
  expect(granted.oldestWrite).not.toBeNull();
});

it('is not deceived by what InnoDB showed a moment ago', async () => {
  const writer = await client();
  await writer.query('START TRANSACTION');
  await sleep(150);
  await database.connection.query('SELECT * FROM information_schema.INNODB_TRX');
  await writer.query('UPDATE t SET at = NOW(6) WHERE id = 1');
  const { oldestWrite, blind } = await horizon();
  expect(blind).toBeNull();
  expect(oldestWrite).toBeLessThanOrEqual(micros(await value(writer, 'SELECT at FROM t WHERE id = 1')));
});

it('says so where InnoDB shows old transactions only, as somebody asks for them all the time', async () => {
  const [poller, writer] = [await client(), await client()];
  const done = new AbortController();
  const polled = (async () => {
    while (!done.signal.aborted) await poller.query('SELECT COUNT(*) FROM information_schema.INNODB_TRX');
  })();
  await writer.query('START TRANSACTION');
  await writer.query('UPDATE t SET at = NOW(6) WHERE id = 1');
  const at = micros(await value(writer, 'SELECT at FROM t WHERE id = 1'));
  // A poller that is held up for a tenth of a second lets everybody see the present.
  let seen = await horizon();
  for (let tries = 0; seen.blind === null && tries < 20; tries++) {
    expect(seen.oldestWrite).toBeLessThanOrEqual(at);
    seen = await horizon();
  }
  done.abort();
  await polled;
  expect(seen.blind).toMatch(
    /^Open transactions cannot be seen: others read information_schema.INNODB_TRX so often/,
  );
});

it('says what a replica cannot see, and that its replication is stopped', async () => {
  const replica = await freshDatabase(own.url);
  const admin = replica.connection;
  await admin.query("CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = 1, MASTER_USER = 'nobody'");
  const { user, password } = await grantReader(replica);
  const at = { ...replica, user, password };
  const unseen = await horizon(at);
  await admin.query(`GRANT PROCESS, REPLICATION CLIENT ON *.* TO '${user}'@'%'`);
  const { version, flavor } = await serverVersion(replica);
  if (flavor === 'mariadb' && version[0] >= 10)
    await admin.query(`GRANT SLAVE MONITOR ON *.* TO '${user}'@'%'`);
  const seen = await horizon(at);
  await admin.query('RESET SLAVE ALL');
  const promoted = await horizon(at);
  await replica.drop();
  // Without the privilege to ask, nobody is bothered with what most servers are not.
  expect(unseen.blind).toMatch(/^Open transactions cannot be seen.*GRANT PROCESS[^.]*\.\* TO [^.]*$/);
  expect(seen.blind).toMatch(/^The server is a replica: .* Its replication is stopped, or does not say/);
  expect(promoted.blind).toBeNull();
});

it('takes the hour that comes twice in autumn as its first coming', async () => {
  const admin = await mysql.createConnection(own.url);
  const earliest = async (clock: string): Promise<string> => {
    const sql = `SELECT ${earliestInstantSql('clock')} AS u FROM (SELECT CAST('${clock}' AS DATETIME) AS clock) one`;
    const [rows] = await admin.query<RowDataPacket[]>(sql);
    return new Date(Number(rows[0]!['u']) * 1000).toISOString();
  };
  await admin.query("SET time_zone = 'SYSTEM'");
  const found = {
    before: await earliest('2025-10-26 01:59:59'),
    twice: await earliest('2025-10-26 02:30:00'),
    after: await earliest('2025-10-26 03:00:00'),
    spring: await earliest('2025-03-30 03:00:00'),
    summer: await earliest('2025-07-01 12:00:00'),
  };
  await admin.end();
  expect(found).toEqual({
    before: '2025-10-25T23:59:59.000Z',
    twice: '2025-10-26T00:30:00.000Z',
    after: '2025-10-26T02:00:00.000Z',
    spring: '2025-03-30T01:00:00.000Z',
    summer: '2025-07-01T10:00:00.000Z',
  });
});
