/** The load of a real server, and runs that wait for it or read slowly. */
import { setTimeout as sleep } from 'node:timers/promises';
import mysql, { type Connection } from 'mysql2/promise';
import type { OutputColumn } from '../../src/domain/plan.ts';
import { executeRun } from '../../src/execute.ts';
import { paceOf, UNLIMITED, type PaceClock } from '../../src/pace/pace.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { NEVER, NO_OBSERVER, testInstallation, type TestInstallation } from '../support/installation.ts';
import { grantReader } from '../support/mysql.ts';
import { byHand } from '../support/runs.ts';
import { waitFor } from '../support/wait-for.ts';

/** Many more than whatever else runs on the server meanwhile. */
const SLEEPERS = 60;
const THREADS = { threads: true, replication: false };
const LAG = { threads: false, replication: true };
const ROWS = 20_000;
const COLUMNS: readonly OutputColumn[] = [
  { name: 'id', mysqlType: 'int', nullable: false, kind: 'number' },
  { name: 'v', mysqlType: 'char(200)', nullable: true, kind: 'text' },
];

let here: TestInstallation;
const idle: Connection[] = [];

beforeAll(async () => {
  here = await testInstallation();
  await here.database.connection.query(
    'CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v CHAR(200)); ' +
      `INSERT INTO t (v) VALUES (REPEAT('x', 200))`,
  );
  for (let rows = 1; rows < ROWS; rows *= 2)
    await here.database.connection.query(`INSERT INTO t (v) SELECT v FROM t LIMIT ${ROWS - rows}`);
  const { host, port, user, password } = here.database;
  for (let n = 0; n < SLEEPERS; n++) idle.push(await mysql.createConnection({ host, port, user, password }));
});
afterAll(async () => {
  for (const connection of idle) {
    connection.on('error', () => {});
    await here.database.connection.query(`KILL CONNECTION ${connection.threadId}`);
  }
  await here.close();
});

/** Makes load until it is told to stop. */
async function makeLoad(): Promise<() => Promise<void>> {
  const asleep = idle.map((connection) => connection.query('SELECT SLEEP(10000)').catch(() => {}));
  const source = mysqlSource(here.source);
  await waitFor('the load', async () => {
    const { threadsRunning } = await source.load(THREADS, NEVER);
    return threadsRunning >= SLEEPERS ? true : null;
  });
  return async () => {
    for (const { threadId } of idle) await here.database.connection.query(`KILL QUERY ${threadId}`);
    await Promise.all(asleep);
  };
}

/** The sleepers are more by so many that it does not matter whether a connection of its own counts. */
const LIMIT = SLEEPERS - 10;
const BUSY = { threads_running: LIMIT };

it('waits for a busy server before it begins, says so in its log, and then reads all', async () => {
  const calmDown = await makeLoad();
  const waits: (string | null)[] = [];
  const observer = { ...NO_OBSERVER, waits: (reason: string | null) => waits.push(reason) };
  const spec = here.spec({ table: { name: 't' }, max_load: BUSY });
  const run = executeRun(here.installation, spec, byHand(), observer, NEVER);
  await waitFor('the run waits', () => waits[0] ?? null);
  await calmDown();
  const { report, error } = await run;
  expect(error).toBeNull();
  expect(report.tables[0]).toMatchObject({ rows: ROWS });
  expect(waits).toEqual([expect.stringMatching(/threads running, max_load.threads_running is 50$/), null]);
});

it('is ended by its timeout while it waits', async () => {
  const calmDown = await makeLoad();
  const { error } = await here.run({ table: { name: 't' }, max_load: BUSY, timeout: '1 second' });
  await calmDown();
  expect(error).toMatchObject({ code: 'RUN_TIMEOUT' });
});

it('does not count the connections through which it reads itself', async () => {
  const source = mysqlSource(here.source);
  const calmDown = await makeLoad();
  const readers = await Promise.all(Array.from({ length: 5 }, () => source.open(NEVER)));
  const stop = new AbortController();
  const busy = readers.map((reader) => reader.scalar('SELECT SLEEP(10000)', stop.signal).catch(() => {}));
  // Another source counts them like any other connection.
  const other = mysqlSource(here.source);
  const [own, all] = await waitFor('the readers read', async () => {
    const both = [await source.load(THREADS, NEVER), await other.load(THREADS, NEVER)] as const;
    return both[1].threadsRunning - both[0].threadsRunning >= 4 ? both : null;
  });
  expect(own.threadsRunning).toBeGreaterThanOrEqual(SLEEPERS);
  expect(all.threadsRunning).toBeGreaterThan(own.threadsRunning);
  stop.abort(new Error('enough'));
  await Promise.all(busy);
  await Promise.all(readers.map((reader) => reader.close()));
  await calmDown();
});

it('stands still within a table while the server is busy, and then reads the rest in the same snapshot', async () => {
  const waits: (string | null)[] = [];
  let looks = 0;
  const observer = { ...NO_OBSERVER, waits: (reason: string | null) => waits.push(reason) };
  const hurried: PaceClock = {
    now: () => performance.now(),
    sleep: (ms, signal) => sleep(Math.min(ms, 50), undefined, { signal }),
  };
  const maxLoad = { threadsRunning: LIMIT, replicaLagMs: null };
  const pace = paceOf({ ...UNLIMITED, maxLoad }, observer.waits, hurried);
  const real = await mysqlSource(here.source).open(NEVER);
  const load: typeof real.load = (question, signal) => {
    looks++;
    return real.load(question, signal);
  };
  const snapshot = pace.over({ ...real, load });
  let rows = 0;
  const stream = snapshot.rows(
    'SELECT id, v FROM t ORDER BY id',
    COLUMNS,
    () => {
      if (++rows === 1) stream.pause();
    },
    NEVER,
  );
  await waitFor('the first row', () => (rows > 0 ? rows : null));
  const calmDown = await makeLoad();
  await waitFor('the stream is held', () => waits[0] ?? null);
  stream.resume();
  const before = looks;
  await waitFor('some more looks', () => (looks > before + 3 ? looks : null));
  const came = rows;
  expect(came).toBeLessThan(ROWS);
  await here.database.connection.query(
    "UPDATE t SET v = 'changed' WHERE id = (SELECT * FROM (SELECT MAX(id) FROM t) m)",
  );
  await calmDown();
  await stream.done;
  expect(rows).toBe(ROWS);
  expect(waits).toEqual([expect.stringContaining('threads running'), null]);
  expect(await snapshot.scalar("SELECT COUNT(*) FROM t WHERE v = 'changed'", NEVER)).toBe('0');
  await snapshot.close();
});

it('reads every row no faster than it may', async () => {
  let now = 0;
  // Time goes on only while somebody waits: what it shows at the end is what the limit has cost.
  const clock: PaceClock = {
    now: () => now,
    async sleep(ms, signal) {
      await sleep(0, undefined, { signal });
      now += ms;
    },
  };
  const pace = paceOf({ ...UNLIMITED, bytesPerSecond: 100_000 }, () => {}, clock);
  const snapshot = pace.over(await mysqlSource(here.source).open(NEVER));
  let bytes = 0;
  let rows = 0;
  const count = (_packet: Buffer, start: number, end: number): void => {
    rows++;
    bytes += end - start + 4;
  };
  await snapshot.rows('SELECT id, v FROM t', COLUMNS, count, NEVER).done;
  await snapshot.close();
  expect(rows).toBe(ROWS);
  expect(bytes).toBeGreaterThan(ROWS * 200);
  const seconds = bytes / 100_000;
  // What came last need not be waited for: 64 KiB, and a tenth of a second that was saved.
  expect(now / 1000).toBeGreaterThan(seconds - 1);
  expect(now / 1000).toBeLessThan(seconds + 1);
});

it('takes the limits of a task, or else of its source', () => {
  const { installation, spec } = here;
  const limits = (fields: object) => installation.pace(spec({ table: { name: 't' }, ...fields }));
  expect(limits({})).toEqual({ maxLoad: null, bytesPerSecond: null });
  expect(limits({ max_load: { replica_lag: '30s' }, rate_limit_mb_per_s: 2.5 })).toEqual({
    maxLoad: { threadsRunning: null, replicaLagMs: 30_000 },
    bytesPerSecond: 2_500_000,
  });
});

it('names the privilege without which a replica cannot be asked how far it is behind, and needs no other', async () => {
  const reader = await grantReader(here.database);
  const source = mysqlSource({ ...here.source, ...reader });
  expect((await source.load(THREADS, NEVER)).threadsRunning).toBeGreaterThanOrEqual(0);
  const asked = await source.load(LAG, NEVER).catch((error: unknown) => error);
  expect(asked).toMatchObject({
    code: 'PRIVILEGE_MISSING',
    message: expect.stringContaining('max_load.replica_lag'),
  });
  const [grant] = /GRANT [^;]*/.exec((asked as { hint: string }).hint) ?? [];
  await here.database.connection.query(grant!);
  // The server of the tests follows no other.
  expect((await source.load(LAG, NEVER)).replicaLagS).toBeNull();
});
