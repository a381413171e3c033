/** Writers kept out while connections begin their snapshots: by which lock, for how long, and what becomes of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { moments, momentPlace, type Login, type MomentPlace } from '../support/moment-place.ts';
import { grantReader, sourceOptionsOf } from '../support/mysql.ts';
import { startPairWriters, type PairWriters } from '../support/pair-writers.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

const NEVER = new AbortController().signal;

let here: MomentPlace;
let writers: PairWriters | null = null;
let clients: Connection[] = [];
beforeAll(async () => {
  // Without a log nothing else proves anything; a MySQL that the test run was given keeps its own.
  here = await momentPlace(['--skip-log-bin']);
  await here.database.connection.query(
    'CREATE TABLE child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES debit (id) ON DELETE CASCADE) ENGINE=InnoDB',
  );
}, 300_000);
afterEach(async () => {
  await writers?.stop();
  writers = null;
  for (const one of clients) one.destroy();
  clients = [];
});
afterAll(() => here.close());

const admin = (sql: string) => here.database.connection.query<RowDataPacket[]>(sql);
async function client(): Promise<Connection> {
  const session = await mysql.createConnection({ uri: here.database.url });
  session.on('error', () => {});
  clients.push(session);
  return session;
}
async function account(...grants: readonly string[]): Promise<Login> {
  const reader = await grantReader(here.database);
  for (const grant of grants) await admin(`GRANT ${grant} TO '${reader.user}'@'%'`);
  return { ...here.database, ...reader };
}
const lockTables = (): string => `LOCK TABLES ON ${here.database.name}.*`;
const referee = (login: Login, tables: readonly string[] | null = ['debit', 'credit']) =>
  mysqlSource(sourceOptionsOf(login)).referee(tables);
/** Settles when a row has been written: at once where nobody keeps it out. */
const write = async (session: Connection): Promise<void> => {
  await session.query('UPDATE debit SET n = n WHERE id = 1');
  await session.query('UPDATE debit SET n = n + 0 WHERE id = 2');
};
/** Whether a session of ours waits for a lock. */
const isWaiting = async (session: Connection): Promise<true | null> => {
  const [rows] = await admin(
    `SELECT STATE AS state FROM information_schema.PROCESSLIST WHERE ID = ${session.threadId} AND STATE LIKE 'Waiting for%'`,
  );
  return rows.length > 0 ? true : null;
};

it.each([
  ['the gentle one', () => [lockTables()], /of debit, credit were kept out by LOCK TABLES … READ/],
  [
    'grants as a managed server gives them',
    () => [lockTables(), 'PROCESS, REPLICATION CLIENT ON *.*'],
    /by LOCK TABLES/,
  ],
  [
    'the one for all, where no other is granted',
    () => ['RELOAD, PROCESS ON *.*'],
    /of the whole server were kept out by FLUSH TABLES WITH READ LOCK/,
  ],
])('begins all snapshots at one moment of a server that never rests, by %s', async (_, grants, how) => {
  const login = await account(...grants());
  const sessions = await here.sessions(4, login);
  writers = await startPairWriters(here.database, 4);
  for (let round = 0; round < 10; round++) {
    const agreement = await here.agreed(sessions, 'locked', { login, options: { lockTries: 10 } });
    expect(agreement).toMatchObject({ level: 'locked', basis: expect.stringMatching(how) });
    const found = await moments(sessions);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^(\d+):\1$/);
  }
});

it('keeps writers out and readers in, until it is given back', async () => {
  const login = await account(lockTables());
  const watch = referee(login);
  const lock = await watch.lock(NEVER);
  const [writer, reader] = [await client(), await client()];
  const writing = write(writer);
  await waitFor('the writer waits', () => isWaiting(writer));
  await reader.query('SELECT * FROM debit');
  expect(await isWaiting(writer)).toBe(true);
  await lock.release();
  await writing;
  await watch.close();
});

it('waits for transactions that have written, and gives up before those that wait behind it are many', async () => {
  const login = await account(lockTables());
  const [slow, quick] = [await client(), await client()];
  await slow.query('START TRANSACTION');
  await write(slow);
  const watch = referee(login);
  const locking = watch.lock(NEVER);
  await expect(locking).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
  // Others write on, although the slow one still has not committed.
  await quick.query('UPDATE debit SET n = n + 0 WHERE id = 5');
  await slow.query('COMMIT');
  await (await watch.lock(NEVER)).release();
  await watch.close();
});

it('waits for a transaction that has written to the table by way of another one', async () => {
  const login = await account(lockTables());
  await admin('INSERT INTO child VALUES (1, 7)');
  const slow = await client();
  await slow.query('START TRANSACTION');
  await slow.query('DELETE FROM debit WHERE id = 7');
  const watch = referee(login, ['child']);
  await expect(watch.lock(NEVER)).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
  await slow.query('ROLLBACK');
  await (await watch.lock(NEVER)).release();
  await watch.close();
});

it.each([
  ['tables', ['debit', 'credit'] as readonly string[], /GRANT LOCK TABLES ON `tmtest\w+`\.\* TO '\w+'@'%';/],
  ['a query, whose tables nobody knows', null, /GRANT RELOAD, PROCESS ON \*\.\* TO '\w+'@'%';/],
])('says what to grant for %s, and does it then', async (_, tables, grant) => {
  const login = await account();
  const sessions = await here.sessions(2, login);
  const outcome = here.agreed(sessions, 'locked', { login, tables });
  const error = await outcome.catch(
    (thrown: unknown) => thrown as { code: string; hint: string; retryable: boolean },
  );
  expect(error).toMatchObject({
    code: 'CONSISTENCY_UNPROVEN',
    retryable: false,
    hint: expect.stringMatching(grant),
  });
  await admin(grant.exec((error as { hint: string }).hint)![0]);
  expect(await here.agreed(sessions, 'locked', { login, tables })).toMatchObject({ level: 'locked' });
});

it('holds no server up with the lock for all: a long statement keeps MySQL from it, and MariaDB does not mind', async () => {
  const login = await account('RELOAD, PROCESS ON *.*');
  const [long, other] = [await client(), await client()];
  const reading = long.query('SELECT SLEEP(600) FROM debit').catch(() => {});
  await waitFor('the statement has been running for a while', async () => {
    const [rows] = await admin(
      `SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ${long.threadId} AND TIME >= 2`,
    );
    return rows.length > 0 ? true : null;
  });
  const watch = referee(login);
  const locking = watch.lock(NEVER);
  if (here.flavor === 'mariadb') await (await locking).release();
  else {
    await expect(locking).rejects.toMatchObject({
      code: 'LOCK_TIMEOUT',
      message: expect.stringContaining('FLUSH TABLES WITH READ LOCK was not tried: a statement'),
      hint: expect.stringContaining('GRANT LOCK TABLES'),
    });
  }
  // Neither reads nor writes have to wait for the long one.
  await other.query('SELECT * FROM debit');
  await write(other);
  await admin(`KILL ${long.threadId}`);
  await reading;
  await watch.close();
});

it('asks for PROCESS before MySQL is locked as a whole', async () => {
  const login = await account('RELOAD ON *.*');
  const sessions = await here.sessions(2, login);
  const outcome = here.agreed(sessions, 'locked', { login, tables: ['debit'] });
  if (here.flavor === 'mariadb') return expect(await outcome).toMatchObject({ level: 'locked' });
  await expect(outcome).rejects.toMatchObject({
    code: 'CONSISTENCY_UNPROVEN',
    message: expect.stringContaining('nor see whether FLUSH TABLES WITH READ LOCK would hold up the server'),
  });
});

it('locks for one connection, too', async () => {
  const login = await account(lockTables());
  const sessions = await here.sessions(1, login);
  expect(await here.agreed(sessions, 'locked', { login })).toMatchObject({
    level: 'locked',
    basis: expect.stringContaining('while the snapshot was begun'),
  });
});

describe('lets writers in again', () => {
  it('when the run is aborted while it holds the lock', async () => {
    const login = await account(lockTables());
    const [first] = await here.sessions(1, login);
    const abort = new AbortController();
    const begin = async (): Promise<never> => {
      abort.abort(new Error('enough'));
      throw abort.signal.reason;
    };
    await expect(
      here.agreed([{ ...first!, begin }], 'locked', { login, signal: abort.signal }),
    ).rejects.toThrow('enough');
    await write(await client());
  });

  it('when the run is aborted while it waits for the lock', async () => {
    const login = await account(lockTables());
    const slow = await client();
    await slow.query('START TRANSACTION');
    await write(slow);
    const abort = new AbortController();
    const watch = referee(login);
    const locking = watch.lock(abort.signal);
    locking.catch(() => {});
    await waitFor('the lock is waited for', async () => {
      const [rows] = await admin(
        "SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO LIKE 'LOCK TABLES%'",
      );
      return rows.length > 0 ? true : null;
    });
    abort.abort(new Error('enough'));
    await expect(locking).rejects.toThrow('enough');
    await watch.close();
    await slow.query('COMMIT');
    await write(await client());
  });

  it('when the process is killed', async () => {
    const login = await account(lockTables());
    const script = `
      import { mysqlSource } from '${path.join(import.meta.dirname, '../../src/sources/mysql/snapshot.ts')}';
      const options = JSON.parse(process.argv[1]);
      await mysqlSource(options).referee(['debit']).lock(new AbortController().signal);
      console.log('locked');
      setInterval(() => {}, 1000);`;
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', script, JSON.stringify(sourceOptionsOf(login))],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await once(child.stdout, 'data');
    const writer = await client();
    const writing = write(writer);
    await waitFor('the writer waits', () => isWaiting(writer));
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await writing;
    expect((await exit)[1]).toBe('SIGKILL');
  });

  it('when the server hears no more of the one who locked, and that one notices', async () => {
    const login = await account(lockTables());
    const proxy = await startTcpProxy(here.database);
    const watch = referee({ ...login, host: proxy.host, port: proxy.port });
    const lock = await watch.lock(NEVER);
    const writer = await client();
    const writing = write(writer);
    await waitFor('the writer waits', () => isWaiting(writer));
    proxy.hang();
    await writing;
    await proxy.resume();
    await expect(lock.release()).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    await watch.close();
    await proxy.stop();
  });
});
