/** `tidemark run` as somebody at a terminal or a cron job sees it: objects, report, exit code, log file. */
import { copyFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseString, writeToString } from 'fast-csv';
import type { RowDataPacket } from 'mysql2';
import { loadLargeTable } from '../support/hr.ts';
import { startS3Proxy } from '../support/s3-proxy.ts';
import { reportOf, stampOf } from './report.ts';
import { openSite, NOTHING, type Site } from './site.ts';
import { regionsSpec, SAMPLE_WINDOW, sampleSpec, twoTablesSpec } from './specs.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const EXPECTED = `SELECT employee_id, first_name, last_name, email, phone_number, hire_date, job_id, salary, manager_id,
  department_id FROM employees WHERE manager_id != 103 AND hire_date > '1995-05-05' ORDER BY employee_id`;

let site: Site;
beforeAll(async () => {
  site = await openSite();
  await loadLargeTable(site.database.connection, 40_000);
});
afterAll(() => site.stop());

async function readCsv(text: string): Promise<Record<string, string>[]> {
  return new Promise((resolve, reject) => {
    const rows: Record<string, string>[] = [];
    parseString(text, { headers: true })
      .on('error', reject)
      .on('data', (row: Record<string, string>) => rows.push(row))
      .on('end', () => resolve(rows));
  });
}

it('runs the spec that users have, as it stands', async () => {
  const place = await site.place();
  copyFileSync(path.join(ROOT, 'specs/employees.json'), place.path('specs/employees.json'));

  const result = await place.tidemark('run', '--spec', 'specs/employees.json', '--json');

  expect(result.code).toBe(0);
  const report = reportOf(result);
  const stamp = stampOf(report.scheduled_for);
  const key = `employees/employees_${stamp}.csv`;
  const manifestKey = `employees/_manifest_${stamp}.json`;
  expect(await place.keys()).toEqual([manifestKey, key]);
  const [rows] = await site.database.connection.query<RowDataPacket[]>(EXPECTED);
  const csv = await place.text(key);
  expect(csv).toBe(await writeToString(rows, { headers: true, includeEndRowDelimiter: true }));

  const bytes = Buffer.byteLength(csv);
  const sql = expect.stringMatching(
    /^SELECT `employee_id`[^]*FROM `employees`[^]*`manager_id`[^]*`hire_date` > '1995-05-05'/,
  );
  expect(report).toEqual({
    ...report,
    task: 'employees',
    status: 'succeeded',
    tables: [{ name: 'employees', rows: 82, bytes, files: 1, sql: [sql] }],
    files: [{ key, table: 'employees', batch: null, rows: 82, bytes }],
    manifest: manifestKey,
    windows: [SAMPLE_WINDOW],
    warnings: [],
    error: null,
  });
  expect(Date.parse(report.finished_at) - Date.parse(report.started_at)).toBe(report.duration_ms);

  const manifest = JSON.parse(await place.text(manifestKey)) as Record<string, unknown>;
  expect(manifest['entries']).toEqual([
    expect.objectContaining({
      url: `s3://${place.bucket}/${key}`,
      mandatory: true,
      meta: { content_length: bytes, record_count: 82 },
    }),
  ]);
  expect(manifest).toMatchObject({
    task: 'employees',
    run_id: report.run_id,
    rows: 82,
    consistency: 'snapshot',
    consistency_basis: 'One connection read everything in one transaction.',
  });
});

it('writes the manifest last, after every object of the run', async () => {
  const proxy = await startS3Proxy(site.s3.endpoint);
  const place = await site.place({ sink: { endpoint: proxy.endpoint } });
  const result = await place.tidemark('run', '-s', place.writeSpec('places', twoTablesSpec()), '--json');

  const stamp = stampOf(reportOf(result).scheduled_for);
  const steps = proxy.requests().map(({ method, url }) => `${method} ${url.replace(/^.*?\/places\//, '')}`);
  expect(steps.at(-1)).toMatch(new RegExp(`^PUT _manifest_${stamp}\\.json`));
  const completing = steps.findIndex((step) => /^POST .*uploadId=/.test(step));
  const lastPart = steps.findLastIndex((step) => step.includes('partNumber='));
  expect(completing).toBeGreaterThan(lastPart);
  expect(await place.keys()).toEqual([
    `places/_manifest_${stamp}.json`,
    `places/countries_${stamp}.csv`,
    `places/regions_${stamp}.csv`,
  ]);
  await proxy.stop();
});

it('splits a large table at the threshold, each row in one batch', async () => {
  const place = await site.place();
  const spec = place.writeSpec('events', regionsSpec({ task_name: 'events', table: { name: 'events' } }));
  const result = await place.tidemark('run', '-s', spec, '-b', '1', '--json');

  const report = reportOf(result);
  const stamp = stampOf(report.scheduled_for);
  expect(report.files.length).toBeGreaterThan(2);
  expect(report.files.map(({ key, batch }) => [key, batch])).toEqual(
    report.files.map((_file, n) => [`events/events_${stamp}_${n}.csv`, n]),
  );
  const ids: number[] = [];
  for (const { key, bytes, rows } of report.files) {
    const text = await place.text(key);
    expect(Buffer.byteLength(text)).toBe(bytes);
    expect(bytes).toBeLessThanOrEqual(1_000_000);
    const read = await readCsv(text);
    expect(read).toHaveLength(rows);
    ids.push(...read.map((row) => Number(row['id'])));
  }
  expect(ids).toEqual(Array.from({ length: 40_000 }, (_, n) => n + 1));
});

it('runs the default spec where none is named', async () => {
  const place = await site.place({ config: { default_spec: 'specs/mine.json' } });
  place.writeSpec('mine', regionsSpec({ task_name: 'mine' }));
  const result = await place.tidemark('run', '--json');
  expect(reportOf(result)).toMatchObject({ task: 'mine', status: 'succeeded' });
});

it('keeps a log of the run with its rows, its time and the SQL as executed', async () => {
  const place = await site.place();
  const result = await place.tidemark('run', '-s', place.writeSpec('employees', sampleSpec()), '--json');

  const report = reportOf(result);
  expect(readdirSync(place.path('logs/employees'))).toEqual([
    `employees_${stampOf(report.scheduled_for)}.log`,
  ]);
  const log = place.read('logs/employees', `employees_${stampOf(report.scheduled_for)}.log`);
  expect(log).toMatch(/table read .*\brows=82\b/);
  expect(log).toContain(`duration_ms=${report.duration_ms}`);
  // An entry of the log is one line: a break in the statement stands there as \n.
  expect(log.replaceAll(/(?:\\n|\s)+/g, ' ')).toContain(report.tables[0]!.sql[0]!.replaceAll(/\s+/g, ' '));
  expect(place.read('logs/tidemark.log')).toContain(report.run_id);
  expect(result.stderr).toContain('table read');
});

it('tells a person what it has written', async () => {
  const place = await site.place();
  const result = await place.tidemark('run', '-s', place.writeSpec('employees', sampleSpec()));
  expect(result.code).toBe(0);
  expect(result.stdout).toMatch(
    /^employees: 82 rows in 1 object, [\d.]+ s\n {2}employees\/employees_\d{14}\.csv {2}82 rows, /,
  );
  // oxlint-disable-next-line no-control-regex -- the escape that a progress bar would be drawn with
  expect(result.stdout + result.stderr).not.toMatch(/[\r\u001b]/);
});

describe('an empty result', () => {
  const empty = { name: 'regions', filters: { region_id: { condition: '>', metric: 1000 } } };

  it('is done, with the header alone', async () => {
    const place = await site.place();
    const result = await place.tidemark(
      'run',
      '-s',
      place.writeSpec('regions', regionsSpec({ table: empty })),
      '--json',
    );
    const report = reportOf(result);
    expect([result.code, report.status, report.tables[0]?.rows]).toEqual([0, 'succeeded', 0]);
    expect(await place.text(report.files[0]!.key)).toBe('region_id,region_name\n');
  });

  it('publishes nothing where the spec skips it', async () => {
    const place = await site.place();
    const spec = place.writeSpec('regions', regionsSpec({ table: empty, on_empty: 'skip' }));
    const result = await place.tidemark('run', '-s', spec, '--json');
    expect(reportOf(result)).toMatchObject({ status: 'succeeded', files: [], manifest: null });
    expect(result.code).toBe(0);
    expect(await place.remains()).toEqual(NOTHING);
  });

  it('fails where the spec says so', async () => {
    const place = await site.place();
    const spec = place.writeSpec('regions', regionsSpec({ table: empty, on_empty: 'fail' }));
    const result = await place.tidemark('run', '-s', spec, '--json');
    expect([result.code, reportOf(result).error?.code]).toEqual([1, 'RESULT_EMPTY']);
    expect(await place.remains()).toEqual(NOTHING);
  });
});
