/** The cap on connections, with the server as witness: it counts the connections of a user, and refuses one too many. */
import type { RowDataPacket } from 'mysql2/promise';
import { connectionCap } from '../../src/sources/mysql/connection-cap.ts';
import type { MysqlSourceOptions } from '../../src/sources/mysql/connect.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { NEVER, testInstallation, type TestInstallation } from '../support/installation.ts';
import { grantReader, serverVersion } from '../support/mysql.ts';
import { byHand } from '../support/runs.ts';
import { waitFor } from '../support/wait-for.ts';

const MAX = 3;
const NEEDS = { horizon: false };

let here: TestInstallation;
let options: MysqlSourceOptions;

beforeAll(async () => {
  here = await testInstallation();
  const { connection } = here.database;
  await connection.query('CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)');
  const reader = await grantReader(here.database);
  const limit = `WITH MAX_USER_CONNECTIONS ${MAX}`;
  const { version, flavor } = await serverVersion(here.database);
  const isOld = flavor === 'mysql' && version[0] === 5 && version[1] < 7;
  await connection.query(
    isOld
      ? `GRANT USAGE ON *.* TO '${reader.user}'@'%' ${limit}`
      : `ALTER USER '${reader.user}'@'%' ${limit}`,
  );
  options = { ...here.source, ...reader };
});
afterAll(() => here.close());

async function connections(): Promise<number> {
  const [rows] = await here.database.connection.query<RowDataPacket[]>(
    'SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE USER = ?',
    [options.user],
  );
  return Number(rows[0]!['n']);
}

it('is what keeps the server from refusing: without it, there is one too many', async () => {
  const source = mysqlSource(options);
  const open = [await source.open(NEVER), await source.open(NEVER), await source.open(NEVER)];
  await expect(source.open(NEVER)).rejects.toMatchObject({ code: 'TOO_MANY_CONNECTIONS' });
  await Promise.all(open.map((snapshot) => snapshot.close()));
});

it('lets the next run in when one has ended, and tells who waits', async () => {
  const source = mysqlSource({ ...options, cap: connectionCap(MAX) });
  const said: (string | null)[] = [];
  const [first, second] = [await source.open(NEVER, NEEDS), await source.open(NEVER, NEEDS)];
  const third = source.open(NEVER, { ...NEEDS, onWait: (reason) => said.push(reason) });
  await waitFor('the third waits', () => said[0] ?? null);
  expect(await connections()).toBe(MAX - 1);
  expect(said).toEqual(["the source's max_connections, 3, are in use"]);
  await first.close();
  await (await third).close();
  expect(said.at(-1)).toBeNull();
  await second.close();
});

it('gives the place of a run back whose session fails to open', async () => {
  const cap = connectionCap(2);
  const lost = mysqlSource({ ...options, cap, database: 'nowhere' });
  await expect(lost.open(NEVER, NEEDS)).rejects.toMatchObject({
    code: expect.stringMatching(/UNKNOWN|PRIV|DENIED/),
  });
  await (await mysqlSource({ ...options, cap }).open(NEVER, NEEDS)).close();
});

it('can still be asked whether it works, and be told to stop, where all runs read', async () => {
  const source = mysqlSource({ ...options, cap: connectionCap(MAX), idleTimeoutMs: 500 });
  const [first, second] = [await source.open(NEVER, NEEDS), await source.open(NEVER, NEEDS)];
  // Longer than the idle timeout: only the answer of the second connection keeps it going.
  expect(await first.scalar('SELECT SLEEP(2)', NEVER)).toBe('0');
  const stop = new AbortController();
  const busy = second.scalar('SELECT SLEEP(1000)', stop.signal);
  stop.abort(new Error('enough'));
  await expect(busy).rejects.toThrow('enough');
  await Promise.all([first.close(), second.close()]);
  await waitFor('no connection is left', async () => ((await connections()) === 0 ? true : null));
});

it('holds over all runs of an installation', async () => {
  const source = mysqlSource({ ...options, cap: connectionCap(MAX) });
  const run = () => here.runSpec(here.spec({ table: { name: 't' } }), byHand(), { source: () => source });
  const ends = await Promise.all(Array.from({ length: 8 }, run));
  expect(ends.map(({ error }) => error)).toEqual(ends.map(() => null));
});
