/** The manifest: what Redshift reads, and what a person wants to know of the run. */
import type { PreparedObject } from '../../../src/domain/run.ts';
import { manifestOf } from '../../../src/publish/manifest.ts';
import { RUN, SCHEDULED_FOR, STAMP, planOf, specOf } from '../plan/sample.ts';

const OBJECTS: PreparedObject[] = [10, 5].map((rows, batch) => ({
  table: 'employees',
  batch,
  key: `p/staff/employees_${STAMP}_${batch}.csv`,
  uploadId: `secret-${batch}`,
  parts: [{ partNumber: 1, etag: 'etag', checksumCrc32: null }],
  rows,
  bytes: rows * 20,
  crc32: '0123abcd',
}));
const TIMES = {
  startedAt: new Date(SCHEDULED_FOR.getTime() + 1000),
  preparedAt: new Date(SCHEDULED_FOR.getTime() + 2000),
};

const spec = specOf({
  table: { name: 'employees', columns: ['employee_id', 'salary'], cdc: { hire_date: '1995-05-05' } },
  csv: { delimiter: ';', null: '\\N', quote_all: true },
  output_timezone: 'Europe/Berlin',
});
const plan = planOf(spec, 2_000_000);
const manifest = manifestOf(plan, OBJECTS, TIMES, ['a warning'], (key) => `s3://bucket/${key}`);
const body = JSON.parse(manifest.body) as Record<string, unknown>;

it('stands beside the objects, under the run’s stamp', () => {
  expect(manifest.key).toBe(`p/staff/_manifest_${STAMP}.json`);
});

it('has entries that COPY … MANIFEST takes', () => {
  expect(body['entries']).toEqual(
    OBJECTS.map(({ key, rows, bytes, batch }) => ({
      url: `s3://bucket/${key}`,
      mandatory: true,
      meta: { content_length: bytes, record_count: rows },
      key,
      table: 'employees',
      batch,
      crc32: '0123abcd',
    })),
  );
});

it('says which keys are in an object of a table that was cut into ranges', () => {
  const cut = OBJECTS.map((object) => ({
    ...object,
    keyRange: { column: 'employee_id', from: null, to: '200' },
  }));
  const { entries } = JSON.parse(manifestOf(plan, cut, TIMES, [], (key) => key).body) as {
    entries: { key_range: unknown }[];
  };
  expect(entries[0]!.key_range).toEqual({ column: 'employee_id', from: null, to: '200' });
});

it('says what the run was', () => {
  expect(body).toMatchObject({
    task: 'staff',
    run_id: RUN.runId,
    scheduled_for: '2026-07-01T02:03:04.000Z',
    started_at: '2026-07-01T02:03:05.000Z',
    prepared_at: '2026-07-01T02:03:06.000Z',
    source: {
      name: 'mysql',
      host: 'db.example.com',
      port: 3306,
      database: 'hr',
      version: '8.4.0',
      flavor: 'mysql',
    },
    consistency: 'snapshot',
    consistency_basis: null,
    source_position: null,
    format: 'csv',
    compression: 'none',
    csv: { delimiter: ';', quote: '"', null: '\\N', header: true, line_ending: '\n', quote_all: true },
    output_timezone: 'Europe/Berlin',
    zero_dates: 'null',
    binary: 'base64',
    windows: [{ table: 'employees', column: 'hire_date', from: '1995-05-05' }],
    tables: [
      {
        name: 'employees',
        sql: plan.exports[0]!.sql,
        rows: 15,
        columns: [
          { name: 'employee_id', type: 'int(10) unsigned', nullable: false },
          { name: 'salary', type: 'float', nullable: true },
        ],
      },
    ],
    rows: 15,
    bytes: 300,
    warnings: ['a warning'],
  });
});

it('keeps what is of no use to others to itself', () => {
  expect(manifest.body).not.toMatch(/secret|etag/);
  expect(manifest.body.endsWith('}\n')).toBe(true);
});

it('describes every column of every table, and says what has changed', () => {
  const [table] = body['tables'] as { describe: Record<string, unknown>[] }[];
  expect(table!.describe).toMatchObject([
    {
      name: 'employee_id',
      mysql_type: 'int(10) unsigned',
      output_type: 'text: digits',
      file_nullable: false,
    },
    { name: 'salary', mysql_type: 'float', null: '\\N, without quotes', nullable: true },
  ]);
  expect(body['schema_changes']).toEqual([]);
  const change = {
    table: 'employees',
    column: 'salary',
    change: 'type',
    before: 'double',
    after: 'float',
    message: 'employees: column salary changed from double to float.',
  } as const;
  const changed = { ...plan, schemaChanges: [change, { ...change, table: 'jobs' }] };
  const said = JSON.parse(manifestOf(changed, OBJECTS, TIMES, [], (key) => key).body) as Record<
    string,
    unknown
  >;
  // Of jobs there is no object, and nothing to be read in another way.
  expect(said['schema_changes']).toEqual([change]);
});
