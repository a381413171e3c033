/** The task's timeout as the server's own limit: it ends a query that nobody waits for any more. */
import { TidemarkError } from '../../src/errors.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { NEVER, testInstallation, type TestInstallation } from '../support/installation.ts';
import { serverVersion } from '../support/mysql.ts';
import { byHand } from '../support/runs.ts';

let here: TestInstallation;
let limited: { readonly variable: string; readonly unit: number } | null;

beforeAll(async () => {
  here = await testInstallation();
  await here.database.connection.query('CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t VALUES (1)');
  const { flavor, version } = await serverVersion(here.database);
  const [major, minor] = version;
  limited =
    flavor === 'mariadb'
      ? { variable: 'max_statement_time', unit: 1000 }
      : major > 5 || minor >= 7
        ? { variable: 'max_execution_time', unit: 1 }
        : null;
});
afterAll(() => here.close());

/** The limit of a session, in milliseconds; null where the server has none. */
async function limitOf(timeLeftMs: number | null): Promise<number | null> {
  const snapshot = await mysqlSource(here.source).open(NEVER, { horizon: false, timeLeftMs });
  try {
    if (limited === null) {
      await snapshot.scalar('SELECT 1', NEVER);
      return null;
    }
    return Number(await snapshot.scalar(`SELECT @@SESSION.${limited.variable}`, NEVER)) * limited.unit;
  } finally {
    await snapshot.close();
  }
}

it('gives the server what the run has left, and a little more', async () => {
  expect(await limitOf(90_500)).toBe(limited === null ? null : 100_500);
});

it('sets no limit where the task has no timeout', async () => {
  expect(await limitOf(null)).toBe(limited === null ? null : 0);
});

it('has the server end a query that goes on for too long', async () => {
  if (limited === null) return expect(await limitOf(1000)).toBeNull();
  // Two seconds with the grace: the statements that open the session have to keep to them as well.
  const snapshot = await mysqlSource(here.source).open(NEVER, { horizon: false, timeLeftMs: -8_000 });
  try {
    // Rows without end, as far as a test is concerned: SLEEP() is only cut short, which is no error.
    const busy = 'SELECT COUNT(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, ';
    const ended = snapshot.scalar(`${busy} information_schema.COLUMNS c`, NEVER);
    await expect(ended).rejects.toThrow(TidemarkError);
    await expect(ended).rejects.toMatchObject({ code: 'QUERY_TIMEOUT' });
  } finally {
    await snapshot.close();
  }
});

it('takes the limit from the timeout of the task', async () => {
  const asked: (number | null | undefined)[] = [];
  const source = mysqlSource(here.source);
  const watched: typeof source = {
    ...source,
    open(signal, needs) {
      asked.push(needs?.timeLeftMs);
      return source.open(signal, needs);
    },
  };
  const run = (fields: object) =>
    here.runSpec(here.spec({ table: { name: 't' }, ...fields }), byHand(), { source: () => watched });
  expect((await run({ timeout: '20 minutes' })).error).toBeNull();
  expect((await run({})).error).toBeNull();
  const [withTimeout, without] = asked;
  expect(withTimeout).toBeGreaterThan(0);
  expect(withTimeout).toBeLessThanOrEqual(1_200_000);
  expect(without).toBeNull();
});
