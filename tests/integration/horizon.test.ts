/**
 * Who holds a horizon back: writers in every state in which a row with an old time can come into being later, and those
 * who only seem to be such.
 */
import type { Connection } from 'mysql2/promise';
import { setTimeout as sleep } from 'node:timers/promises';
import { horizonPlace, micros, microsOf, valueOf, type HorizonPlace } from '../support/horizon-place.ts';
import { NEVER } from '../support/installation.ts';

const SECOND = 1_000_000n;

/** Whoever has the lock lets those who wait for it go on to the table. */
const LOCK = 'a-test-of-horizons';
/** Not null while somebody has not come to the table. */
const RUNNING =
  'SELECT MAX(ID) FROM information_schema.PROCESSLIST ' +
  "WHERE STATE = 'User lock' AND INFO LIKE 'INSERT INTO t SELECT 2 + GET_LOCK%'";

let here: HorizonPlace;
beforeAll(async () => {
  here = await horizonPlace();
});
beforeEach(() => here.clear());
afterAll(() => here.close());

it('is not looked at where it was not asked for', async () => {
  const snapshot = await here.source().open(NEVER);
  await snapshot.close();
  expect(snapshot.horizon).toBeNull();
});

it('is the server’s clock, to the microsecond', async () => {
  const session = await here.client();
  const before = await microsOf(session, 'NOW(6)');
  const { now, blind } = await here.freeHorizon();
  const after = await microsOf(session, 'NOW(6)');
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(after);
  expect(blind).toBeNull();
  const fractions = [now % 1000n, (await here.horizon()).now % 1000n, (await here.horizon()).now % 1000n];
  expect(fractions).not.toEqual([0n, 0n, 0n]);
});

it('is held back by an open transaction that has written', async () => {
  const writer = await here.client();
  const before = await microsOf(writer, 'NOW(6)');
  await writer.query('START TRANSACTION');
  await writer.query('UPDATE t SET at = NOW(6) WHERE id = 1');
  const at = await microsOf(writer, 'SELECT at FROM t WHERE id = 1');
  const { oldestWrite } = await here.horizon();
  expect(oldestWrite).toBeLessThanOrEqual(at);
  // InnoDB keeps whole seconds, and one is for safety.
  expect(oldestWrite).toBeGreaterThanOrEqual(before - 2n * SECOND);
  await writer.query('COMMIT');
  expect((await here.freeHorizon()).oldestWrite).toBeNull();
});

it('is held back by a prepared XA transaction', async () => {
  const writer = await here.client();
  await writer.query("XA START 'x'");
  await writer.query('INSERT INTO t VALUES (3, NOW(6))');
  const at = await microsOf(writer, 'SELECT at FROM t WHERE id = 3');
  await writer.query("XA END 'x'");
  await writer.query("XA PREPARE 'x'");
  const { oldestWrite } = await here.horizon();
  await writer.query("XA COMMIT 'x'");
  expect(oldestWrite).toBeLessThanOrEqual(at);
});

it.each([
  ['is read-only', 'START TRANSACTION READ ONLY', 'SELECT * FROM t'],
  ['only reads', 'START TRANSACTION WITH CONSISTENT SNAPSHOT', 'SELECT * FROM t'],
  ['only locks', 'START TRANSACTION', 'SELECT * FROM t WHERE id = 1 FOR UPDATE'],
])('is not held back by an open transaction that %s', async (_, begin, read) => {
  const reader = await here.client();
  await reader.query(begin);
  await reader.query(read);
  expect(await here.freeHorizon()).toMatchObject({ oldestWrite: null, blind: null });
  // What it writes from now on is later than what the horizon says.
  if (begin.includes('READ ONLY')) return;
  const { now } = await here.horizon();
  await reader.query('UPDATE t SET at = NOW(6) WHERE id = 1');
  expect(await microsOf(reader, 'SELECT at FROM t WHERE id = 1')).toBeGreaterThanOrEqual(now);
});

it('is held back by a statement that waits for a row', async () => {
  const [holder, writer] = [await here.client(), await here.client()];
  await holder.query('START TRANSACTION');
  await holder.query('SELECT * FROM t WHERE id = 1 FOR UPDATE');
  const waiting = writer.query('UPDATE t SET at = NOW(6) WHERE id = 1');
  await here.untilState(writer, /^updating/i);
  await sleep(1200);
  const { oldestWrite } = await here.horizon();
  await holder.query('COMMIT');
  await waiting;
  const at = await microsOf(writer, 'SELECT at FROM t WHERE id = 1');
  expect(oldestWrite).toBeLessThanOrEqual(at);
  expect(oldestWrite).toBeGreaterThanOrEqual(at - 10n * SECOND);
});

it.each([
  ['a table that somebody has locked', 'LOCK TABLES t WRITE', /^Waiting for table metadata lock/],
  ['a global read lock', 'FLUSH TABLES WITH READ LOCK', /^Waiting for (global read|backup) lock/],
])('is held back by a statement that waits for %s, and has no transaction yet', async (_, lock, state) => {
  const [holder, writer] = [await here.client(), await here.client()];
  await holder.query(lock);
  const waiting = writer.query('INSERT INTO t VALUES (3, NOW(6))');
  await here.untilState(writer, state);
  await sleep(1200);
  const { oldestWrite } = await here.horizon();
  await holder.query('UNLOCK TABLES');
  await waiting;
  const at = await microsOf(writer, 'SELECT at FROM t WHERE id = 3');
  expect(oldestWrite).toBeLessThanOrEqual(at);
  expect(oldestWrite).toBeGreaterThanOrEqual(at - 10n * SECOND);
});

it.each<[string, (writer: Connection) => Promise<unknown>]>([
  ['a client', (writer) => writer.query(`INSERT INTO t SELECT 2 + GET_LOCK('${LOCK}', 600), NOW(6)`)],
  [
    'a prepared statement',
    (writer) => writer.execute('INSERT INTO t SELECT 2 + GET_LOCK(?, 600), NOW(6)', [LOCK]),
  ],
  [
    'a scheduled event',
    async (writer) => {
      await writer.query('SET GLOBAL event_scheduler = ON');
      await writer.query(
        `CREATE EVENT e ON SCHEDULE AT NOW() DO INSERT INTO t SELECT 2 + GET_LOCK('${LOCK}', 600), NOW(6)`,
      );
    },
  ],
])('is held back by a statement of %s that has not come to a table yet', async (_, write) => {
  const [holder, writer] = [await here.client(), await here.client()];
  // That of the test before may still be about to go.
  expect(await valueOf(holder, `SELECT GET_LOCK('${LOCK}', 60)`)).toBe('1');
  const before = await microsOf(writer, 'NOW(6)');
  const writing = write(writer);
  await here.untilValue(RUNNING);
  await sleep(1200);
  const { oldestWrite } = await here.horizon();
  await holder.query(`DO RELEASE_LOCK('${LOCK}')`);
  await writing;
  const at = micros(await here.untilValue('SELECT at FROM t WHERE id = 3'));
  expect(oldestWrite).toBeLessThanOrEqual(at);
  expect(oldestWrite).toBeGreaterThanOrEqual(before - 2n * SECOND);
});

it.each([
  ['sleeps', 'SELECT SLEEP(600)'],
  ['reads', 'SELECT COUNT(*), SLEEP(600) FROM t'],
  ['is prepared and reads', 'SELECT SLEEP(?)'],
])('is not held back by a running SELECT that %s', async (_, sql) => {
  const reader = await here.client();
  const running = sql.includes('?') ? reader.execute(sql, [600]) : reader.query(sql);
  running.catch(() => {});
  await here.untilState(reader, /^User sleep/);
  expect(await here.freeHorizon()).toMatchObject({ oldestWrite: null, blind: null });
  await here.database.connection.query(`KILL ${reader.threadId}`);
});

it('is not held back by an ALTER TABLE that waits for somebody who reads', async () => {
  const [reader, owner] = [await here.client(), await here.client()];
  await reader.query('START TRANSACTION');
  await reader.query('SELECT * FROM other');
  const altering = owner.query('ALTER TABLE other ADD COLUMN v INT');
  await here.untilState(owner, /^Waiting for table metadata lock/);
  expect(await here.freeHorizon()).toMatchObject({ oldestWrite: null, blind: null });
  await reader.query('COMMIT');
  await altering;
  await here.database.connection.query('ALTER TABLE other DROP COLUMN v');
});
