/** `plan --ddl duckdb`, executed: its statements load the files of a run, and DuckDB then holds what the server holds. */
import { DuckDBInstance } from '@duckdb/node-api';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { planDdl } from '../../src/commands/plan-ddl.ts';
import { planNow } from '../../src/commands/plan-now.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { TableDdl } from '../../src/describe/ddl/common.ts';
import type { Spec } from '../../src/domain/spec.ts';
import { readExport } from '../support/installation.ts';
import { typeTables, type TypeTables } from '../support/type-tables.ts';

/** Type, what the server says of it, what DuckDB says of it, and values: the same text on both sides. */
const COLUMNS: Readonly<
  Record<string, readonly [type: string, mysql: string, duck: string, ...values: string[]]>
> = {
  tiny: ['TINYINT', '#', '#', '-128', '127'],
  small: ['SMALLINT UNSIGNED', '#', '#', '0', '65535'],
  medium: ['MEDIUMINT', '#', '#', '-8388608', '8388607'],
  integer_: ['INT UNSIGNED', '#', '#', '0', '4294967295'],
  filled: ['INT(7) ZEROFILL', '#+0', '#', '42', '7'],
  big: ['BIGINT', '#', '#', '-9223372036854775808', '9223372036854775807'],
  ubig: ['BIGINT UNSIGNED NOT NULL', '#', '#', '18446744073709551615', '0', '5'],
  money: ['DECIMAL(10,2)', '#', '#', '-12345678.90', '0.10'],
  wide: ['DECIMAL(15,5)', '#', '#', '-1234567890.12345', '9999999999.99999'],
  huge: ['DECIMAL(65,30)', '#', '#', '12345.000000000000000000000000000001', '-1'],
  real_: ['FLOAT', 'CAST(# * 1e0 AS CHAR)', 'CAST(# AS DOUBLE)', '0.5', '-3.25'],
  twice: ['DOUBLE', '#', '#', '0.1', '-123.456'],
  years: ['YEAR', '#+0', '#', '1901', '2155'],
  day: ['DATE', '#', '#', "'1000-01-01'", "'9999-12-31'"],
  stored: [
    'DATETIME(6)',
    '#',
    "strftime(#, '%Y-%m-%d %H:%M:%S.%f')",
    "'1999-12-31 23:59:59.000001'",
    "'2026-03-29 02:30:00'",
  ],
  moment: [
    'TIMESTAMP NULL',
    '#',
    "strftime(# AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S')",
    "'2026-03-29 01:30:00'",
    "'1971-01-01 00:00:01'",
  ],
  duration: ['TIME(3)', '#', '#', "'-838:59:59.000'", "'12:00:00.5'"],
  word: ['VARCHAR(40)', 'HEX(CONVERT(# USING utf8mb4))', 'hex(encode(#))', "'a,\"b\"\\n;''\\t'", "''"],
  latin: [
    'VARCHAR(40) CHARACTER SET latin1',
    'HEX(CONVERT(# USING utf8mb4))',
    'hex(encode(#))',
    "'Größe €'",
    "'\\\\N'",
  ],
  order: ["ENUM('a','b b')", '#', '#', "'b b'", "'a'"],
  bits: [
    'BIT(64)',
    '#+0',
    '#',
    "b'1111111111111111111111111111111111111111111111111111111111111111'",
    "b'1'",
  ],
  bytes: ['VARBINARY(20)', 'HEX(#)', 'hex(#)', "x'00FF0A22'", "''"],
  // MySQL puts spaces between the parts of a document.
  doc: [
    'JSON',
    "REPLACE(#, ' ', '')",
    "replace(CAST(# AS VARCHAR), ' ', '')",
    `'{"a":[1,"x"],"b":null}'`,
    `'[]'`,
  ],
  shape: ['POINT', 'ST_AsText(#)', '#', "ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POINT(-1.5 0)')"],
};

/** Of those, the ones that the server has. */
let names: readonly string[];
/** DuckDB reads JSON numbers with a point as DOUBLE: the statement says so of this one. */
const INEXACT_IN_JSON = new Set(['huge']);

let types: TypeTables;
let table: string;
let folder: string;
let expected: Readonly<Record<string, (string | null)[]>>;
beforeAll(async () => {
  types = await typeTables();
  const { version } = types.server;
  const json = version[0] !== 5 || version[1] > 6;
  names = Object.keys(COLUMNS).filter((name) => name !== 'doc' || json);
  // The row behind the last value of a column has NULL in it.
  const definitions = names.map((name) => {
    const [type, , , ...values] = COLUMNS[name]!;
    return [`\`${name}\``, [type, ...values] as const] as const;
  });
  table = await types.make(Object.fromEntries(definitions));
  folder = mkdtempSync(join(tmpdir(), 'tidemark-ddl-'));
  const said = async (name: string): Promise<(string | null)[]> =>
    types.said(table, `CAST(${COLUMNS[name]![1].replaceAll('#', `\`${name}\``)} AS CHAR)`);
  const all: [string, (string | null)[]][] = [];
  for (const name of names) all.push([name, await said(name)]);
  expected = Object.fromEntries(all);
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await types.close();
});

/** What `plan --ddl duckdb` prints of the table. */
async function printed(spec: Spec): Promise<TableDdl> {
  const config = loadConfig({ file: types.here.configFile, env: {} });
  const [ddl] = planDdl('duckdb', await planNow(config, spec), spec, config);
  return ddl!;
}

let number = 0;
/**
 * Runs a spec, loads what it wrote by the statements that were printed before, and returns the columns as text.
 *
 * @param others what to ask DuckDB of a column in place of the usual.
 */
async function loaded(
  fields: Readonly<Record<string, unknown>>,
  others: Readonly<Record<string, string>> = {},
): Promise<{
  readonly cells: Readonly<Record<string, (string | null)[]>>;
  readonly objects: number;
}> {
  const { here } = types;
  const spec = here.spec({ task_name: `ddl-${number++}`, table: { name: table }, ...fields });
  const ddl = await printed(spec);
  const { report, error } = await here.runSpec(spec);
  if (error !== null) throw error;
  const { objects } = await readExport(here.s3, here.bucket, report);
  report.files.forEach(({ key }, index) => {
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), objects[index]!);
  });

  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'America/New_York'");
    await connection.run(ddl.create);
    await connection.run(ddl.load.replaceAll(`s3://${here.bucket}/`, `${folder}/`));
    const items = names.map(
      (name) => `CAST(${(others[name] ?? COLUMNS[name]![2]).replaceAll('#', `"${name}"`)} AS VARCHAR)`,
    );
    const reader = await connection.runAndReadAll(`SELECT ${items.join(', ')} FROM "${table}" ORDER BY id`);
    const rows = reader.getRows() as (string | null)[][];
    const cells = Object.fromEntries(names.map((name, index) => [name, rows.map((row) => row[index]!)]));
    return { cells, objects: report.files.length };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const DIALECT = {
  delimiter: ';',
  quote: "'",
  null: '\\N',
  header: false,
  line_ending: '\r\n',
  quote_all: true,
};

it.each([
  [{ output_file_format: 'csv' }],
  [{ output_file_format: 'csv', compression: 'gzip' }],
  [{ output_file_format: 'csv', compression: 'zstd', binary: 'hex' }],
  [{ output_file_format: 'csv', csv: DIALECT }],
  [{ output_file_format: 'csv', csv: { null: '\\N' } }],
  [{ output_file_format: 'tsv', compression: 'gzip' }],
  [{ output_file_format: 'jsonl' }],
  [{ output_file_format: 'jsonl', compression: 'gzip', binary: 'hex' }],
  [{ output_file_format: 'jsonl', compression: 'zstd' }],
  [{ output_file_format: 'parquet' }],
  [{ output_file_format: 'parquet', compression: 'zstd' }],
  [{ output_file_format: 'parquet', compression: 'none' }],
  [{ output_file_format: 'csv', key_template: '{task}/dt={date}/{table}/{stamp}_{batch}.{ext}' }],
])('loads %j', async (fields) => {
  const { cells } = await loaded(fields);
  const inexact = fields.output_file_format === 'jsonl' ? INEXACT_IN_JSON : new Set<string>();
  for (const name of names.filter((one) => !inexact.has(one))) {
    expect({ [name]: cells[name] }).toEqual({ [name]: expected[name] });
  }
});

it('loads batches, each row once', async () => {
  const { cells, objects } = await loaded({ batch_threshold_mb: 0.0001 });
  expect(objects).toBeGreaterThan(1);
  expect(cells['ubig']).toEqual(expected['ubig']);
});

it('loads TIMESTAMP values as local times where they are written in another zone', async () => {
  const { cells } = await loaded({ output_timezone: 'Europe/Berlin' }, { moment: '#' });
  expect(cells['moment']).toEqual(['2026-03-29 03:30:00', '1971-01-01 01:00:01', null]);
});

it.each(['csv', 'jsonl', 'parquet'])(
  'loads dates as text where zero dates are, from %s',
  async (output_file_format) => {
    const { cells } = await loaded(
      { output_file_format, zero_dates: 'string' },
      { stored: '#', moment: '#' },
    );
    for (const name of ['day', 'stored', 'moment']) expect(cells[name]).toEqual(expected[name]);
  },
);

it('says which column DuckDB cannot read exactly from JSON', async () => {
  const { load } = await printed(types.here.spec({ table: { name: table }, output_file_format: 'jsonl' }));
  expect(load).toMatch(/^-- huge: DuckDB reads a JSON number with a point as DOUBLE/m);
});
