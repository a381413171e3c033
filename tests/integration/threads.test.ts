/** Reading in threads: the same rows as in this one, from every format, the same failures, and threads that are killed. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { RunReport } from '../../src/domain/run.ts';
import type { CrewRequest } from '../../src/lane-ports.ts';
import { RUN_SETUP } from '../support/lane-setup.ts';
import { loadLargeTable } from '../support/hr.ts';
import { NEVER, readExport, testInstallation, type TestInstallation } from '../support/installation.ts';
import { parseCsv } from '../support/parse-csv.ts';
import { waitFor } from '../support/wait-for.ts';

let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation({ threads: true });
  await loadLargeTable(here.database.connection, 5000);
  await here.database.connection.query(`
    CREATE TABLE other (id INT PRIMARY KEY, name VARCHAR(20), at DATE);
    INSERT INTO other SELECT id, CONCAT('name ', id), IF(id % 10 = 0, '0000-00-00', '2026-01-01') FROM events WHERE id <= 1000;
    CREATE TABLE empty_one (id INT PRIMARY KEY);
    ANALYZE TABLE events; ANALYZE TABLE other`);
});
afterAll(() => here.close());

const inThisThread = { crews: null };
const CREW: CrewRequest = {
  setup: RUN_SETUP,
  lanes: 1,
  consistency: 'best',
  tables: null,
  output: { format: 'csv' },
  server: null,
  onWait: () => {},
};

it.each([
  { output_file_format: 'csv' },
  { output_file_format: 'jsonl', compression: 'gzip' },
  { output_file_format: 'csv', compression: 'zstd' },
])('gives byte for byte what one connection in this thread gives: %p', async (format) => {
  const tables = [{ name: 'events' }, { name: 'other' }, { name: 'empty_one' }];
  const spec = here.spec({ table: tables, parallelism: 3, ...format });
  const threads = await here.runSpec(spec);
  const alone = await here.runSpec({ ...spec, parallelism: 1 }, undefined, inThisThread);
  expect([threads.error, alone.error]).toEqual([null, null]);
  const contents = async ({ report }: typeof alone): Promise<string[]> => {
    const bodies = [];
    for (const { key, table: name } of report.files)
      bodies.push(`${name} ${(await here.s3.get(here.bucket, key)).toString('base64')}`);
    return bodies;
  };
  expect(await contents(threads)).toEqual(await contents(alone));
  expect(threads.report.tables).toEqual(alone.report.tables);
  expect(threads.report.warnings).toEqual(alone.report.warnings);
});

it('counts in this thread what the others read from the server: it is no reason for a run to wait', async () => {
  const { installation, source } = here;
  const { own } = installation.shared.readings.of('mysql', source);
  const crew = await installation.crews!.assemble(CREW, NEVER);
  const snapshot = await installation.source('mysql').open(NEVER);
  const told = new AbortController();
  const asleep = [crew, snapshot].map((one) => one.scalar('SELECT SLEEP(10000)', told.signal));
  await waitFor('both are counted', () => (own.results() === 2 ? true : null));
  told.abort(new Error('awake'));
  await Promise.allSettled(asleep);
  await Promise.all([crew.close(), snapshot.close()]);
  expect(own.results()).toBe(0);
});

describe('a table that is cut into ranges', () => {
  it('is in the bucket row by row, in key order, each row in one object', async () => {
    const spec = here.spec({ table: { name: 'events' }, parallelism: 4, batch_threshold_mb: 0.05 });
    const { report, error } = await here.runSpec(spec);
    expect(error).toBeNull();
    const exported = await readExport(here.s3, here.bucket, report);
    expect(exported.objects.length).toBeGreaterThan(5);
    const ids = exported.objects.flatMap((object) => parseCsv(object).rows.map(([id]) => Number(id)));
    expect(ids).toEqual(Array.from({ length: 5000 }, (_, index) => index + 1));
    expect(exported.manifest).toMatchObject({ consistency: 'snapshot' });
    const batches = report.files.map(({ batch }) => batch!);
    expect(new Set(batches).size).toBe(batches.length);
    expect((await here.traces()).uploads).toEqual([]);
  });

  it('becomes an object with a header where no range has a row', async () => {
    const spec = here.spec({
      table: { name: 'events', filters: { id: { condition: '>', metric: 1000000 } } },
      parallelism: 4,
      batch_threshold_mb: 0.001,
    });
    const { report, error } = await here.runSpec(spec);
    expect(error).toBeNull();
    const { objects } = await readExport(here.s3, here.bucket, report);
    expect(objects.map((object) => parseCsv(object).rows)).toEqual([[]]);
  });

  it('leaves nothing behind when a part cannot be sent', async () => {
    const before = await here.traces();
    const spec = here.spec({
      table: { name: 'events' },
      parallelism: 4,
      batch_threshold_mb: 0.05,
      zero_dates: 'fail',
    });
    await here.database.connection.query('ALTER TABLE events ADD COLUMN at DATE');
    await here.database.connection.query("UPDATE events SET at = '0000-00-00' WHERE id = 4321");
    const { report, error } = await here.runSpec(spec);
    await here.database.connection.query('ALTER TABLE events DROP COLUMN at');
    expect(error).toMatchObject({ code: 'ZERO_DATE' });
    expect(report.files).toEqual([]);
    expect(await here.traces()).toEqual(before);
  });
});

describe('threads that are killed', () => {
  const ROUNDS = 30;
  const CHILD = path.join(import.meta.dirname, '../support/killed-threads.ts');

  it(`at ${ROUNDS} random moments: each run is whole or leaves nothing, and the process goes on`, async () => {
    const seed = Date.now() % 1_000_000;
    const specFile = path.join(path.dirname(here.configFile), 'killed.json');
    const fields = {
      task_name: 'killed',
      table: { name: 'events' },
      parallelism: 4,
      batch_threshold_mb: 0.05,
      retries: 0,
      owner: { email: 'owner@example.com' },
      source: 'mysql',
      sink: 's3',
    };
    writeFileSync(specFile, JSON.stringify(fields));
    const args = ['--no-warnings', CHILD, here.configFile, specFile, String(ROUNDS), String(seed)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1e9 });
    const { killed, reports } = JSON.parse(stdout) as { killed: number; reports: RunReport[] };
    const outcomes = `seed ${seed}: ${killed} killed, ${reports.map(({ status, error }) => error?.code ?? status).join(' ')}`;
    const succeeded = reports.filter(({ status }) => status === 'succeeded');
    // The first is let be.
    expect([outcomes, killed > ROUNDS / 3, succeeded.length > 1]).toEqual([outcomes, true, true]);
    for (const { error } of reports)
      if (error !== null) expect([outcomes, error.code]).toEqual([outcomes, 'LANE_LOST']);
    for (const report of succeeded) {
      const { objects } = await readExport(here.s3, here.bucket, report);
      const ids = objects.flatMap((object) => parseCsv(object).rows.map(([id]) => Number(id)));
      expect(ids).toEqual(Array.from({ length: 5000 }, (_, index) => index + 1));
    }
    const { keys, uploads } = await here.traces();
    const own = keys.filter((key) => key.startsWith('killed/'));
    const published = succeeded.flatMap(({ files, manifest }) => [...files.map(({ key }) => key), manifest!]);
    expect(own.toSorted()).toEqual(published.toSorted());
    expect(uploads).toEqual([]);
  }, 300_000);
});
