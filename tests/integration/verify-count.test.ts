/** `run --verify count` on a real server: what was written is counted in the same snapshot, before anything is visible. */
import type { RunReport } from '../../src/domain/run.ts';
import { executeRun } from '../../src/execute.ts';
import type { Snapshot } from '../../src/ports.ts';
import { NEVER, NO_OBSERVER, testInstallation, type TestInstallation } from '../support/installation.ts';

let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation();
  await here.database.connection.query(
    `CREATE TABLE counted (id INT PRIMARY KEY, day DATE NULL) ENGINE = InnoDB;
     INSERT INTO counted VALUES (1, '2024-01-01'), (2, NULL), (3, '2024-03-01');
     CREATE TABLE loose (id INT PRIMARY KEY) ENGINE = MyISAM;
     INSERT INTO loose VALUES (1), (2)`,
  );
});
afterAll(() => here.close());

/** @param scalar stands between the run and what the server counts. */
async function run(
  fields: Readonly<Record<string, unknown>>,
  scalar: (sql: string, ask: Snapshot['scalar']) => Promise<string | null> = (sql, ask) => ask(sql, NEVER),
): Promise<{ report: RunReport; asked: string[] }> {
  const asked: string[] = [];
  const installation: typeof here.installation = {
    ...here.installation,
    verifyCount: true,
    source: (name) => ({
      ...here.installation.source(name),
      async open(signal, needs) {
        const snapshot = await here.installation.source(name).open(signal, needs);
        const counted = (sql: string): Promise<string | null> => {
          asked.push(sql);
          return scalar(sql, snapshot.scalar);
        };
        return { ...snapshot, scalar: counted };
      },
    }),
  };
  const trigger = { kind: 'manual', scheduledFor: new Date(), until: null, backfill: null } as const;
  const { report } = await executeRun(installation, here.spec(fields), trigger, NO_OBSERVER, NEVER);
  return { report, asked };
}

it.each([
  ['a table', { table: { name: 'counted' } }, 3],
  ['filters', { table: { name: 'counted', filters: { id: { condition: '>', metric: 1 } } } }, 2],
  ['a window', { table: { name: 'counted', cdc: { day: '2024-02-01' } } }, 1],
  ['nothing', { table: { name: 'counted', cdc: { day: '2030-01-01' } } }, 0],
  [
    'a query',
    { query: { custom: 'SELECT id, COUNT(*) AS n FROM counted GROUP BY id ORDER BY 1 DESC LIMIT 2' } },
    2,
  ],
])('agrees on %s', async (_, fields, rows) => {
  const { report, asked } = await run(fields);
  expect(report.error).toBeNull();
  expect(report.tables[0]!.rows).toBe(rows);
  expect(asked).toEqual([expect.stringMatching(/^SELECT COUNT\(\*\)/)]);
});

it('counts in the snapshot: rows that come meanwhile are in neither number', async () => {
  const { report } = await run({ table: { name: 'counted' } }, async (sql, ask) => {
    await here.database.connection.query('INSERT INTO counted VALUES (4, NULL)');
    return ask(sql, NEVER);
  });
  await here.database.connection.query('DELETE FROM counted WHERE id = 4');
  expect(report).toMatchObject({ status: 'succeeded', warnings: [], tables: [{ rows: 3 }] });
});

it('publishes nothing where the numbers differ, and says both', async () => {
  const before = await here.traces();
  const { report } = await run({ table: { name: 'counted' } }, () => Promise.resolve('4'));
  expect(report).toMatchObject({
    status: 'failed',
    manifest: null,
    error: { code: 'COUNT_DIFFERS', message: 'counted: 3 rows were written, and COUNT(*) gives 4.' },
  });
  expect(await here.traces()).toEqual(before);
});

it('only warns of an engine that keeps no snapshot', async () => {
  const { report } = await run({ table: { name: 'loose' } }, async (sql, ask) => {
    await here.database.connection.query('INSERT INTO loose VALUES (3)');
    return ask(sql, NEVER);
  });
  expect(report).toMatchObject({ status: 'succeeded', tables: [{ rows: 2 }] });
  expect(report.warnings).toContainEqual(
    expect.stringMatching(/^loose: 2 rows were written, and COUNT\(\*\) gives 3\./),
  );
});
