/** `tidemark plan`: what a run would do, without doing it. */
import type { RowDataPacket } from 'mysql2';
import { loadLargeTable } from '../support/hr.ts';
import { grantReader } from '../support/mysql.ts';
import { NOTHING, openSite, type Place, type Site } from './site.ts';
import { regionsSpec, SAMPLE_WINDOW, sampleSpec } from './specs.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
  await loadLargeTable(site.database.connection, 40_000);
});
afterAll(() => site.stop());

interface PlanDocument {
  readonly task: string;
  readonly scheduled_for: string;
  readonly source: { readonly host: string; readonly port: number; readonly database: string };
  readonly tables: {
    readonly sql: string;
    readonly columns: { readonly name: string; readonly type: string }[];
    readonly estimate: { readonly rows: number; readonly bytes: number };
    readonly batched: boolean;
    readonly batches: number;
    readonly threshold_bytes: number;
    readonly key: string;
  }[];
  readonly windows: { readonly column: string; readonly from: string }[];
  readonly manifest: string;
  readonly warnings: string[];
}

async function planOf(place: Place, ...args: string[]): Promise<PlanDocument> {
  const result = await place.tidemark('plan', '--json', ...args);
  if (result.code !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout) as PlanDocument;
}

it('shows SQL, window, estimate and keys of the spec that users have', async () => {
  const place = await site.place();
  const plan = await planOf(place, '-s', place.writeSpec('employees', sampleSpec()));
  const stamp = plan.scheduled_for.replace(/\D/g, '').slice(0, 14);
  expect(plan).toMatchObject({
    task: 'employees',
    manifest: `employees/_manifest_${stamp}.json`,
    windows: [SAMPLE_WINDOW],
  });
  const [table] = plan.tables;
  expect(table).toMatchObject({
    name: 'employees',
    batched: false,
    batches: 1,
    key: `employees/employees_${stamp}.csv`,
  });
  expect(table!.sql).toContain('FROM `employees`');
  expect(table!.columns.map(({ name }) => name)).toContain('hire_date');
  expect(table!.estimate.rows).toBeGreaterThan(0);
  expect(table!.estimate.bytes).toBeGreaterThan(0);
});

it('says the same to a person', async () => {
  const place = await site.place();
  const result = await place.tidemark('plan', '-s', place.writeSpec('employees', sampleSpec()));
  expect(result.code).toBe(0);
  expect(result.stdout).toMatch(/^employees, scheduled for /);
  expect(result.stdout).toContain('FROM `employees`');
  expect(result.stdout).toMatch(/10 columns → employees\/employees_\d{14}\.csv/);
  expect(result.stdout).toContain('window: employees.hire_date after 1995-05-05 (literal)');
});

it('counts a span back from the run, in the wall clock of the server', async () => {
  const place = await site.place();
  const table = { name: 'events', cdc: { created_at: '2 hours' } };
  const plan = await planOf(
    place,
    '-s',
    place.writeSpec('recent', regionsSpec({ task_name: 'recent', table })),
  );
  const [window] = plan.windows;
  const [rows] = await site.database.connection.query<RowDataPacket[]>(
    'SELECT FROM_UNIXTIME(? - 7200) AS begins',
    [Math.floor(Date.parse(plan.scheduled_for) / 1000)],
  );
  expect(window!.from.slice(0, 19)).toBe(String(rows[0]!['begins']).slice(0, 19));
});

it('foresees batches where the estimate is above the threshold', async () => {
  const place = await site.place();
  const spec = place.writeSpec('events', regionsSpec({ task_name: 'events', table: { name: 'events' } }));
  const [table] = (await planOf(place, '-s', spec, '-b', '1')).tables;
  expect(table).toMatchObject({ batched: true, threshold_bytes: 1_000_000 });
  expect(table!.key).toMatch(/^events\/events_\d{14}_\{batch\}\.csv$/);
  expect(table!.batches).toBeGreaterThan(1);
});

it('reads no row of any table, asks the bucket nothing, and leaves no trace', async () => {
  const { connection } = site.database;
  const reader = await grantReader(site.database);
  // A port on which nothing listens: whoever asked the bucket would fail.
  const place = await site.place({ source: { ...reader }, sink: { endpoint: 'http://127.0.0.1:9' } });
  const query = 'SELECT region_id, SLEEP(100) AS slept FROM regions';
  const specs = [
    place.writeSpec('employees', sampleSpec()),
    place.writeSpec('query', regionsSpec({ task_name: 'query', table: null, query: { custom: query } })),
  ];
  const [before] = await connection.query<RowDataPacket[]>(
    'SELECT @@general_log AS log, @@log_output AS output',
  );
  await connection.query("SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = 1");
  try {
    for (const spec of specs) await planOf(place, '-s', spec);
    const [rows] = await connection.query<RowDataPacket[]>(
      "SELECT CONVERT(argument USING utf8mb4) AS statement FROM mysql.general_log WHERE user_host LIKE ? AND command_type IN ('Query', 'Execute')",
      [`%${reader.user}%`],
    );
    const statements = rows.map((row) => String(row['statement']));
    const aboutTables = statements.filter((text) => /FROM\s+`?(employees|regions)/i.test(text));
    expect(aboutTables.length).toBeGreaterThan(0);
    for (const text of aboutTables)
      expect(text).toMatch(/^(EXPLAIN|CREATE TEMPORARY|SELECT \* FROM \([^]*\) AS \w+ LIMIT 0)/i);
  } finally {
    const { log, output } = before[0]!;
    await connection.query(`SET GLOBAL general_log = ${log}; SET GLOBAL log_output = '${output}'`);
  }
  expect(await place.remains()).toEqual(NOTHING);
});

it('fails as a run would: 1 for an unknown table, 2 for a bad spec', async () => {
  const place = await site.place();
  const unknown = place.writeSpec('a', regionsSpec({ table: { name: 'regionss' } }));
  const first = await place.tidemark('plan', '-s', unknown, '--json');
  expect(first.code).toBe(1);
  expect(JSON.parse(first.stdout)).toMatchObject({ error: { code: 'TABLE_UNKNOWN' } });
  expect(first.stderr).toContain('regions');
  const second = await place.tidemark('plan', '-s', place.writeSpec('b', '{]'), '--json');
  expect(second.code).toBe(2);
  expect(JSON.parse(second.stdout)).toMatchObject({ error: { code: 'SPEC_INVALID' } });
});

describe('where a setting comes from', () => {
  const ENV = {
    TIDEMARK_SOURCES__MYSQL__HOST: 'localhost',
    TIDEMARK_SOURCES__MYSQL__DATABASE: 'information_schema',
    TIDEMARK_BATCH_THRESHOLD_MB: '7',
  };
  const spec = { ...regionsSpec({ table: { name: 'TABLES', columns: ['TABLE_NAME'] } }) };

  it('takes the config', async () => {
    const place = await site.place({ config: { batch_threshold_mb: 9 } });
    const plan = await planOf(place, '-s', place.writeSpec('regions', regionsSpec()));
    expect(plan.source).toMatchObject({ host: '127.0.0.1', database: site.database.name });
    expect(plan.tables[0]?.threshold_bytes).toBe(9_000_000);
  });

  it('takes the environment before the config', async () => {
    const place = await site.place({ config: { batch_threshold_mb: 9 }, env: ENV });
    const plan = await planOf(place, '-s', place.writeSpec('tables', spec));
    expect(plan.source).toMatchObject({ host: 'localhost', database: 'information_schema' });
    expect(plan.tables[0]?.threshold_bytes).toBe(7_000_000);
  });

  it('takes the flags before both, short and long', async () => {
    const { host, port, user, password, name } = site.database;
    const wrong = { host: '127.0.0.9', port: 9, user: 'nobody', password: 'wrong', database: 'nowhere' };
    const place = await site.place({ config: { batch_threshold_mb: 9 }, source: wrong, env: ENV });
    const file = place.writeSpec('regions', regionsSpec({ batch_threshold_mb: 8 }));
    const short = ['-H', host, '-p', String(port), '-u', user, '-P', password, '-d', name, '-b', '3'];
    const long = [
      '--host',
      host,
      '--port',
      String(port),
      '--user',
      user,
      '--password',
      password,
      '--db',
      name,
      '--batch',
      '3',
    ];
    for (const flags of [
      ['-s', file, ...short],
      ['--spec', file, ...long],
    ]) {
      const plan = await planOf(place, ...flags);
      expect(plan.source).toMatchObject({ host, port, database: name });
      expect(plan.tables[0]?.threshold_bytes).toBe(3_000_000);
    }
  });
});

describe('statements for a warehouse', () => {
  const spec = regionsSpec({ task_name: 'regions', compression: 'gzip' });

  it('are printed, ready to be run, and leave no trace', async () => {
    const place = await site.place();
    const result = await place.tidemark('plan', '-s', place.writeSpec('regions', spec), '--ddl', 'redshift');
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/^CREATE TABLE "regions" \(\n {2}"region_id" /m);
    expect(result.stdout).toMatch(
      /^COPY "regions" [^]*\nFROM 's3:\/\/[\w-]+\/regions\/_manifest_\d{14}\.json'\n[^]*GZIP\nMANIFEST/m,
    );
    expect(await place.remains()).toEqual(NOTHING);
  });

  it.each(['athena', 'redshift', 'bigquery', 'snowflake', 'duckdb'])(
    'are a document for programs: %s',
    async (name) => {
      const place = await site.place();
      const file = place.writeSpec(
        'hr',
        regionsSpec({ task_name: 'hr', table: [{ name: 'regions' }, { name: 'jobs' }] }),
      );
      const result = await place.tidemark('plan', '-s', file, '--ddl', name, '--json');
      const { ddl } = JSON.parse(result.stdout) as { ddl: { table: string; create: string; load: string }[] };
      expect(ddl.map(({ table }) => table)).toEqual(['regions', 'jobs']);
      for (const { create, load } of ddl) {
        expect(create).toMatch(/^CREATE (EXTERNAL )?TABLE /m);
        expect(load).toMatch(/^(COPY|LOAD|INSERT|CREATE OR REPLACE VIEW) /m);
      }
    },
  );

  it('are refused for a warehouse that is not known, with those that are', async () => {
    const place = await site.place();
    const result = await place.tidemark('plan', '-s', place.writeSpec('regions', spec), '--ddl', 'oracle');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('athena, redshift, bigquery, snowflake, duckdb');
  });
});
