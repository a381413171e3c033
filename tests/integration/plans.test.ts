/** Plans against a real server: what is asked of it, what is estimated. */
import type { RowDataPacket } from 'mysql2';
import type { Plan } from '../../src/domain/plan.ts';
import { identifyRun, makePlan } from '../../src/planner.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { loadHr, loadLargeTable } from '../support/hr.ts';
import { NEVER, testInstallation, type TestInstallation } from '../support/installation.ts';
import { NO_MEMORY, slotOf } from '../support/runs.ts';

const SCHEDULED = new Date('2024-03-04T05:06:07.890Z');

let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation({ sink: { prefix: 'raw/' } });
  await loadHr(here.database.connection);
  await loadLargeTable(here.database.connection, 20_000);
  // By default 20 pages are sampled, and the figure may be off by more than a factor of two.
  await sql('ALTER TABLE events STATS_SAMPLE_PAGES = 1000');
  await sql('ANALYZE TABLE events');
});
afterAll(() => here.close());

const sql = async (text: string): Promise<RowDataPacket[]> =>
  (await here.database.connection.query<RowDataPacket[]>(text))[0];

async function plan(fields: Readonly<Record<string, unknown>>): Promise<Plan> {
  const spec = here.spec({ task_name: 'planned', ...fields });
  const snapshot = await mysqlSource(here.source).open(NEVER);
  try {
    return await makePlan(
      spec,
      snapshot,
      identifyRun(slotOf(SCHEDULED)),
      NO_MEMORY,
      here.installation.settings(spec),
      NEVER,
    );
  } finally {
    await snapshot.close();
  }
}

const SAMPLE_COLUMNS = [
  'employee_id',
  'first_name',
  'last_name',
  'email',
  'hire_date',
  'salary',
  'manager_id',
];

it('draws the sample as one SELECT, quoted and ordered', async () => {
  const drawn = await plan({
    table: {
      name: 'employees',
      columns: SAMPLE_COLUMNS,
      filters: { manager_id: { condition: '!=', metric: 103 } },
      cdc: { hire_date: '1995-05-05' },
      split_order: 'employee_id',
    },
  });
  expect(drawn.exports.map((table) => table.sql)).toEqual([
    'SELECT `employee_id`, `first_name`, `last_name`, `email`, `hire_date`, `salary`, `manager_id`\n' +
      'FROM `employees`\n' +
      "WHERE `manager_id` != 103\n  AND `hire_date` > '1995-05-05'\n" +
      'ORDER BY `employee_id`',
  ]);
  expect(drawn).toMatchObject({
    stamp: '20240304050607',
    scheduledFor: '2024-03-04T05:06:07.000Z',
    manifestKey: 'raw/planned/_manifest_20240304050607.json',
    windows: [{ table: 'employees', column: 'hire_date', from: '1995-05-05' }],
    exports: [{ keyPattern: 'raw/planned/employees_20240304050607.csv', batched: false }],
  });
  expect(drawn.exports[0]!.columns.map(({ name }) => name)).toEqual(SAMPLE_COLUMNS);
  expect(drawn.exports[0]!.columns.map(({ kind }) => kind)).toEqual(
    'number text text text date number number'.split(' '),
  );
  const { host, port, name: database } = here.database;
  expect(drawn.server).toMatchObject({ host, port, database });
});

it('is plain data', async () => {
  const drawn = await plan({ table: [{ name: 'employees' }, { name: 'jobs' }] });
  expect(JSON.parse(JSON.stringify(drawn))).toEqual(drawn);
});

it('estimates from statistics, near enough to decide about batches: pages may be half empty', async () => {
  const [whole] = (await plan({ table: { name: 'events' } })).exports;
  expect(whole!.estimate.rows).toBeGreaterThan(10_000);
  expect(whole!.estimate.rows).toBeLessThan(40_000);
  const { report } = await here.run({ table: { name: 'events' } });
  const actual = report.tables[0]!.bytes;
  expect(whole!.estimate.bytes).toBeGreaterThan(actual / 3);
  expect(whole!.estimate.bytes).toBeLessThan(actual * 10);
});

it('estimates a filtered table by EXPLAIN', async () => {
  const [filtered] = (
    await plan({ table: { name: 'events', filters: { id: { condition: '<=', metric: 100 } } } })
  ).exports;
  expect(filtered!.estimate.rows).toBeLessThan(2000);
  expect(filtered!.estimate.basis).toMatch(/^EXPLAIN/);
});

it('batches above the threshold only', async () => {
  for (const [threshold, batched] of [
    [0.1, true],
    [100, false],
  ] as const) {
    const [table] = (await plan({ table: { name: 'events' }, batch_threshold_mb: threshold })).exports;
    expect(table).toMatchObject({
      batched,
      keyPattern: `raw/planned/events_20240304050607${batched ? '_{batch}' : ''}.csv`,
    });
  }
  const [query] = (await plan({ query: { custom: 'SELECT * FROM events' }, batch_threshold_mb: 0.1 }))
    .exports;
  expect(query).toMatchObject({ batched: false, keyPattern: 'raw/planned/planned_20240304050607.csv' });
});

it('sees a table that was filled a moment ago: its statistics are not those of yesterday', async () => {
  await sql('CREATE TABLE fresh LIKE events; ANALYZE TABLE fresh');
  await plan({ table: { name: 'fresh' } });
  await sql('INSERT INTO fresh SELECT * FROM events; ANALYZE TABLE fresh');
  const [fresh] = (await plan({ table: { name: 'fresh' } })).exports;
  expect(fresh!.estimate.rows).toBeGreaterThan(5000);
});

it('warns where the server must sort', async () => {
  const drawn = await plan({ table: { name: 'events', split_order: 'customer' } });
  expect(drawn.cautions).toEqual(['events is sorted by the server for ORDER BY: no index gives this order.']);
  expect((await plan({ table: { name: 'events' } })).warnings).toEqual([]);
});
