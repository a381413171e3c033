/** Tables that are altered between two runs: who is told of what, and who stops. */
import type { RunReport } from '../../src/domain/run.ts';
import { backfillOf } from '../support/runs.ts';
import { readExport, testInstallation, type TestInstallation } from '../support/installation.ts';

let place: TestInstallation;
beforeAll(async () => {
  place = await testInstallation();
});
afterAll(() => place.close());

let number = 0;
/** A table of its own for each test, and a task that exports it. */
async function staff(fields: Readonly<Record<string, unknown>> = {}): Promise<{
  readonly table: string;
  alter(change: string): Promise<void>;
  run(more?: Readonly<Record<string, unknown>>): Promise<RunReport>;
}> {
  const table = `staff_${number++}`;
  const { connection } = place.database;
  await connection.query(
    `CREATE TABLE ${table} (id INT PRIMARY KEY, name VARCHAR(20), salary DECIMAL(8,2), changed DATETIME(6) NOT NULL)`,
  );
  await connection.query(`INSERT INTO ${table} VALUES (1, 'Ann', 10.50, '2026-01-01 00:00:00')`);
  return {
    table,
    alter: async (change) => void (await connection.query(`ALTER TABLE ${table} ${change}`)),
    run: async (more = {}) =>
      (await place.run({ task_name: table, table: { name: table }, ...fields, ...more })).report,
  };
}
const words = ({ schema_changes }: RunReport): string[] => schema_changes.map(({ message }) => message);

it('are told of in report and manifest, once, and compared with from then on', async () => {
  const { table, alter, run } = await staff();
  const first = await run();
  expect([words(first), words(await run())]).toEqual([[], []]);

  await alter('MODIFY salary DECIMAL(10,2), ADD note TEXT AFTER id, DROP name');
  const changed = await run();
  expect(words(changed)).toEqual([
    `${table}: column name (varchar(20)) is gone.`,
    `${table}: column note (text) is new, before column salary.`,
    `${table}: column salary changed from decimal(8,2) to decimal(10,2).`,
  ]);
  expect(changed.warnings).toEqual(expect.arrayContaining(words(changed)));
  const { manifest } = await readExport(place.s3, place.bucket, changed);
  expect(manifest['schema_changes']).toEqual(changed.schema_changes);
  expect(words(await run())).toEqual([]);

  await alter('MODIFY salary DECIMAL(10,2) NOT NULL');
  expect(words(await run())).toEqual([`${table}: column salary can no longer be NULL.`]);
});

it('stop a run that says so, before anything is read, until the change is accepted', async () => {
  const { table, alter, run } = await staff({ on_schema_change: 'fail' });
  expect((await run()).status).toBe('succeeded');
  await alter('MODIFY salary DECIMAL(10,2)');
  const before = await place.traces();
  for (let again = 0; again < 2; again++) {
    const report = await run();
    expect(report).toMatchObject({
      status: 'failed',
      error: {
        code: 'SCHEMA_CHANGED',
        message: expect.stringContaining(
          `${table}: column salary changed from decimal(8,2) to decimal(10,2).`,
        ),
      },
      schema_changes: [{ column: 'salary', change: 'type' }],
      tables: [{ rows: 0 }],
    });
  }
  expect(await place.traces()).toEqual(before);
  expect((await run({ on_schema_change: 'warn' })).status).toBe('succeeded');
  expect((await run()).status).toBe('succeeded');
});

it('are of no interest to who ignores them, and are remembered all the same', async () => {
  const { alter, run } = await staff({ on_schema_change: 'ignore' });
  await run();
  await alter('DROP name');
  const report = await run();
  expect([report.status, words(report), report.warnings]).toEqual(['succeeded', [], []]);
  expect(words(await run({ on_schema_change: 'warn' }))).toEqual([]);
});

it('count by what is written: a column that is not exported may come and go', async () => {
  const { table, alter, run } = await staff();
  const some = { table: { name: table, columns: ['id', 'salary'] } };
  await run(some);
  await alter('DROP name, ADD note TEXT');
  expect(words(await run(some))).toEqual([]);
  expect(words(await run({ table: { name: table, columns: ['salary', 'id'] } }))).toEqual([
    `${table}: the columns are in another order: salary, id; it was id, salary.`,
  ]);
});

it('are not forgotten by a run that wrote no object of the table', async () => {
  const { table, alter, run } = await staff({ on_empty: 'skip' });
  await run();
  await alter('DROP name');
  const empty = {
    table: { name: table, filters: { id: { condition: '=', metric: -1 } } },
  };
  expect(words(await run(empty))).toEqual([]);
  expect(words(await run())).toEqual([`${table}: column name (varchar(20)) is gone.`]);
});

it('are compared with by a backfill, which changes nothing that is remembered', async () => {
  const { table, alter, run } = await staff();
  await run();
  await alter('DROP name');
  const spec = place.spec({
    task_name: table,
    table: { name: table, cdc: { changed: { mode: 'watermark' } } },
  });
  const trigger = backfillOf(new Date('2026-01-02T00:00:00Z'), '2025-12-31 00:00:00', '2026-01-02 00:00:00');
  const { report } = await place.runSpec(spec, trigger);
  const gone = [`${table}: column name (varchar(20)) is gone.`];
  expect([report.status, words(report)]).toEqual(['succeeded', gone]);
  expect(words(await run())).toEqual(gone);
});

it('are told of a custom query, by the types of its result', async () => {
  const { table, alter, run } = await staff();
  const query = { table: null, query: { custom: `SELECT id, salary AS pay FROM ${table}` } };
  await run(query);
  await alter('MODIFY salary DOUBLE');
  expect(words(await run(query))).toEqual([`${table}: column pay changed from decimal(8,2) to double.`]);
});
