/** Every way in which a source can fail, made to happen: its code, its words, and that the hint is true. */
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import type { RunError } from '../../src/domain/run.ts';
import type { MysqlSourceOptions } from '../../src/sources/mysql/connect.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { freePort } from '../support/guarded.ts';
import { NEVER, testInstallation, type TestInstallation } from '../support/installation.ts';
import { grantReader, serverVersion } from '../support/mysql.ts';
import { byHand } from '../support/runs.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

let here: TestInstallation;
let server: Awaited<ReturnType<typeof serverVersion>>;
beforeAll(async () => {
  here = await testInstallation();
  server = await serverVersion(here.database);
  await sql(`
    CREATE TABLE employees (id INT PRIMARY KEY, salary INT, secret INT);
    INSERT INTO employees VALUES (1, 10, 100);
    CREATE TABLE departments (id INT PRIMARY KEY);
    CREATE VIEW paid AS SELECT id, salary FROM employees`);
});
afterAll(() => here.close());

const sql = async (text: string): Promise<RowDataPacket[]> =>
  (await here.database.connection.query<RowDataPacket[]>(text))[0];

/** Runs a spec on a source of these options and returns how it failed; null where it did not. */
async function failure(
  fields: Readonly<Record<string, unknown>>,
  options: Partial<MysqlSourceOptions> = {},
): Promise<RunError | null> {
  const source = mysqlSource({ ...here.source, ...options });
  const spec = here.spec(fields);
  const { report } = await here.runSpec(spec, byHand(), { source: () => source });
  expect(report.status).toBe(report.error === null ? 'succeeded' : 'failed');
  if (report.error !== null) expect(report).toMatchObject({ files: [], manifest: null });
  return report.error;
}

const TABLE = { table: { name: 'employees' } };
const query = (custom: string) => ({ query: { custom } });

/** The GRANT of a hint, run by the administrator. */
async function follow(hint: string): Promise<void> {
  const grant = /GRANT .* TO '[^']*'@'[^']*'/.exec(hint)?.[0];
  expect(grant).toBeDefined();
  await sql(grant!);
}

describe('reaching the server', () => {
  it('where nobody listens', async () => {
    const port = await freePort();
    expect(await failure(TABLE, { port })).toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringContaining(`127.0.0.1:${port}`),
      retryable: true,
    });
  });

  it('where the name is not known', async () => {
    expect(await failure(TABLE, { host: 'no-such-host.invalid' })).toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringContaining('no-such-host.invalid'),
    });
  });

  it('where something listens and says nothing', async () => {
    const proxy = await startTcpProxy(here.database);
    proxy.hang();
    expect(await failure(TABLE, { port: proxy.port, connectTimeoutMs: 300 })).toMatchObject({
      code: 'SERVER_UNREACHABLE',
    });
    await proxy.stop();
  });

  it('where the connection ends while logging in', async () => {
    const proxy = await startTcpProxy(here.database);
    proxy.onBytes(20, () => proxy.cut());
    expect(await failure(TABLE, { port: proxy.port })).toMatchObject({ code: 'SERVER_UNREACHABLE' });
    await proxy.stop();
  });
});

describe('logging in', () => {
  it('with a wrong password', async () => {
    const { user } = await grantReader(here.database);
    expect(await failure(TABLE, { user, password: 'wrong' })).toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringContaining(user),
      hint: expect.stringMatching(
        /CREATE USER '.*'@'.*' IDENTIFIED BY '…'; GRANT SELECT, SHOW VIEW ON `.*`\.\* TO/,
      ),
      retryable: false,
    });
  });

  it('to a database that is not there', async () => {
    const database = `${here.database.name}x`;
    expect(await failure(TABLE, { database })).toMatchObject({
      code: 'DATABASE_UNKNOWN',
      message: expect.stringContaining(`Did you mean ${here.database.name}?`),
    });
  });

  it('to a database that the user may not see, until the GRANT of the hint is run', async () => {
    const reader = await grantReader(here.database, []);
    const error = await failure(TABLE, reader);
    expect(error).toMatchObject({ code: 'PRIVILEGE_MISSING', retryable: false });
    await follow(error!.hint);
    expect(await failure(TABLE, reader)).toBeNull();
  });

  it('where all connections of the user are taken', async () => {
    const reader = await grantReader(here.database);
    await sql(
      server.version[0] === 5
        ? `GRANT USAGE ON *.* TO '${reader.user}'@'%' WITH MAX_USER_CONNECTIONS 1`
        : `ALTER USER '${reader.user}'@'%' WITH MAX_USER_CONNECTIONS 1`,
    );
    const { host, port } = here.database;
    const taken = await mysql.createConnection({ host, port, ...reader });
    expect(await failure(TABLE, reader)).toMatchObject({ code: 'TOO_MANY_CONNECTIONS', retryable: true });
    await taken.end();
  });
});

describe('names', () => {
  it.each([
    [{ table: { name: 'employes' } }, 'TABLE_UNKNOWN', 'Did you mean employees?'],
    [query('SELECT * FROM employes'), 'TABLE_UNKNOWN', 'Did you mean employees?'],
    [{ table: { name: 'nothing_like_it' } }, 'TABLE_UNKNOWN', 'There is no table nothing_like_it'],
    [{ table: { name: 'employees', columns: ['id', 'salery'] } }, 'COLUMN_UNKNOWN', 'did you mean salary?'],
    [{ table: { name: 'employees', split_order: 'idd' } }, 'COLUMN_UNKNOWN', 'did you mean id?'],
    [{ table: { name: 'employees', cdc: { zzz: 1 } } }, 'COLUMN_UNKNOWN', 'has no column zzz'],
    [query('SELECT e.salery FROM employees e'), 'COLUMN_UNKNOWN', 'Did you mean salary?'],
  ])('%j', async (fields, code, said) => {
    const error = await failure(fields);
    expect(error).toMatchObject({ code, retryable: false });
    expect(error!.message).toContain(said);
  });
});

describe('privileges', () => {
  it('on a table, until the GRANT of the hint is run', async () => {
    const reader = await grantReader(here.database, ['departments']);
    const error = await failure(TABLE, reader);
    expect(error).toMatchObject({
      code: 'PRIVILEGE_MISSING',
      hint: `Run as an administrator: GRANT SELECT ON \`${here.database.name}\`.\`employees\` TO '${reader.user}'@'%';`,
      retryable: false,
    });
    await follow(error!.hint);
    expect(await failure(TABLE, reader)).toBeNull();
  });

  it('on a table of a custom query, until the GRANT of the hint is run', async () => {
    const reader = await grantReader(here.database, ['departments']);
    const joined = query('SELECT e.id FROM departments d JOIN employees e USING (id)');
    const error = await failure(joined, reader);
    expect(error).toMatchObject({ code: 'PRIVILEGE_MISSING' });
    await follow(error!.hint);
    expect(await failure(joined, reader)).toBeNull();
  });

  it('on a column, until the GRANT of the hint is run', async () => {
    const reader = await grantReader(here.database, ['departments']);
    await sql(`GRANT SELECT (id, salary) ON ${here.database.name}.employees TO '${reader.user}'@'%'`);
    const error = await failure(query('SELECT id, secret FROM employees'), reader);
    expect(error).toMatchObject({ code: 'PRIVILEGE_MISSING' });
    expect(error!.message).toContain('secret');
    await follow(error!.hint);
    expect(await failure(query('SELECT id, secret FROM employees'), reader)).toBeNull();
  });

  it('to explain a view are not needed: its size is then unknown, and the log says once how to change that', async () => {
    const reader = await grantReader(here.database, ['paid']);
    const source = mysqlSource({ ...here.source, ...reader });
    const spec = here.spec({ table: { name: 'paid' } });
    const run = async (): Promise<string[]> => {
      const said = new Set<string>();
      const { report } = await here.runSpec(spec, byHand(), { source: () => source, said });
      expect(report).toMatchObject({ status: 'succeeded', tables: [{ rows: 1 }] });
      return [...said];
    };
    const warned = await run();
    // It is remembered with the task that it was said of.
    const begin = `${spec.taskName}: EXPLAIN was refused, so the size is unknown.`;
    expect(warned).toEqual([expect.stringContaining(begin)]);
    await follow(warned[0]!);
    expect(await run()).toEqual([]);
  });
});

describe('waiting', () => {
  let other: Connection;
  beforeAll(async () => {
    other = await mysql.createConnection(here.database.url);
  });
  afterAll(() => other.end());

  it('for a table that somebody else has locked', async () => {
    await other.query('LOCK TABLES employees WRITE');
    const error = await failure(TABLE, { lockWaitTimeoutS: 1 });
    await other.query('UNLOCK TABLES');
    expect(error).toMatchObject({ code: 'LOCK_TIMEOUT', retryable: true });
  });

  it('longer than the server allows a statement', async () => {
    const slow =
      'SELECT COUNT(*) AS n FROM information_schema.COLUMNS a, information_schema.COLUMNS b, information_schema.COLUMNS c';
    const limitless = server.flavor === 'mysql' && server.version[0] === 5;
    const limited = server.flavor === 'mariadb' ? `SET STATEMENT max_statement_time = 0.2 FOR ${slow}` : slow;
    const hinted = limited.replace(/^SELECT/, 'SELECT /*+ MAX_EXECUTION_TIME(200) */');
    const snapshot = await mysqlSource(here.source).open(NEVER);
    const columns = [{ name: 'n', mysqlType: 'bigint', nullable: false, kind: 'number' }] as const;
    const { done } = snapshot.rows(limitless ? slow : hinted, columns, () => {}, NEVER);
    if (limitless) {
      // MySQL 5.6 has no such limit: it is ended by somebody.
      const running = `SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO LIKE '${slow}%'`;
      let thread: RowDataPacket | undefined;
      while (thread === undefined) [thread] = await sql(running);
      await other.query(`KILL QUERY ${thread['ID']}`);
    }
    await expect(done).rejects.toMatchObject({ code: 'QUERY_TIMEOUT', retryable: true });
    await snapshot.close();
  });

  it('for nobody: an aborted run ends while it waits for a lock', async () => {
    await other.query('LOCK TABLES employees WRITE');
    const abort = new AbortController();
    const running = here.run(TABLE, abort.signal);
    for (let waiting = 0; waiting === 0;) {
      const rows = await sql(
        "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND STATE LIKE 'Waiting for table%'",
      );
      waiting = rows.length;
    }
    abort.abort(new Error('enough'));
    const { report } = await running;
    await other.query('UNLOCK TABLES');
    expect(report).toMatchObject({ status: 'failed', error: { message: 'enough' } });
  });
});

it('no message or hint gives the password away', async () => {
  const reader = await grantReader(here.database, []);
  const errors = [
    await failure(TABLE, { password: 'hunter2-is-the-password', user: reader.user }),
    await failure(TABLE, reader),
    await failure(TABLE, { port: await freePort() }),
  ];
  for (const error of errors) {
    expect(error).not.toBeNull();
    expect(JSON.stringify(error)).not.toMatch(/hunter2/);
    expect(JSON.stringify(error)).not.toContain(reader.password);
    expect(JSON.stringify(error)).not.toContain(here.database.password || 'no password');
  }
});
