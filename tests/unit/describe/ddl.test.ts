/** Statements for warehouses: that they are SQL of the dialect, and that each type holds what MySQL's holds. */
import { ddlFor } from '../../../src/describe/ddl.ts';
import { WAREHOUSES, type Warehouse } from '../../../src/describe/warehouses.ts';
import { parseSql } from './parse-sql.ts';
import { COLUMNS, requestOf, type Asked } from './sample.ts';

const first = (warehouse: Warehouse, asked: Asked = {}) => ddlFor(warehouse, requestOf(asked))[0]!;
/** The type of each column in CREATE TABLE. */
function types(warehouse: Warehouse, spec: Readonly<Record<string, unknown>> = {}): Record<string, string> {
  const { create } = first(warehouse, { spec });
  return Object.fromEntries(
    Array.from(create.matchAll(/^ {2}[`"](\w+)[`"] (.+?),?$/gm), ([, name, type]) => [name!, type!]),
  );
}
const SPECS = [
  {},
  { compression: 'gzip', binary: 'hex', csv: { null: '\\N' } },
  { compression: 'zstd', output_timezone: 'Europe/Berlin', zero_dates: 'string' },
  { csv: { delimiter: ';', quote: "'", header: false, line_ending: '\r\n', quote_all: true } },
  { output_file_format: 'tsv' },
  { output_file_format: 'jsonl', compression: 'gzip' },
  { output_file_format: 'parquet' },
  { key_template: '{task}/dt={date}/{table}_{stamp}.{ext}' },
];
const CASES = WAREHOUSES.flatMap((warehouse) => SPECS.map((spec) => [warehouse, spec] as const));

describe.each(CASES)('for %s, of %j', (warehouse, spec) => {
  it('are SQL of its dialect', async () => {
    const { create, load } = first(warehouse, { spec });
    expect(await parseSql(warehouse, create)).toBe(warehouse === 'snowflake' ? 2 : 1);
    // The parser does not know a cast in the SELECT of a COPY, as Snowflake's documentation has it.
    const cast =
      warehouse === 'snowflake' && 'output_file_format' in spec && spec.output_file_format === 'parquet';
    const partitioned = warehouse === 'athena' && 'key_template' in spec;
    const known = cast
      ? load.replaceAll(/::[A-Z_]+(\([\d,]+\))?/g, '').replaceAll(/PARSE_JSON\((.*?)\)/g, '$1')
      : load;
    expect(await parseSql(warehouse, known)).toBe(partitioned ? 2 : 1);
  });

  it('name every column once, in order', () => {
    const { create } = first(warehouse, { spec });
    const names = Array.from(create.matchAll(/^ {2}[`"](.*?)[`"] [a-zA-Z]/gm), ([, name]) => name!);
    const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '');
    expect(names.map(plain)).toEqual(COLUMNS.map(({ name }) => plain(name)));
  });
});

it.each(WAREHOUSES)('for %s, come in a pair for each table', (warehouse) => {
  const ddl = ddlFor(warehouse, requestOf({ tables: ['staff', 'jobs'] }));
  expect(ddl.map(({ table }) => table)).toEqual(['staff', 'jobs']);
  expect(ddl[1]!.create).toContain('jobs');
  expect(ddl[1]!.load).toContain('jobs');
});

it.each(WAREHOUSES)('for %s, do not let a name end a comment or a quote', async (warehouse) => {
  const columns = [
    { ...COLUMNS[0]!, name: 'a"; DROP TABLE x; --' },
    { ...COLUMNS[13]!, name: 'b\n); DROP TABLE y; --' },
    { ...COLUMNS[13]!, name: "c`'\\" },
  ];
  const { create, load } = first(warehouse, { columns });
  expect(create).toContain('DROP TABLE');
  expect(await parseSql(warehouse, create)).toBe(warehouse === 'snowflake' ? 2 : 1);
  expect(await parseSql(warehouse, load)).toBe(1);
});

describe('a type holds all that MySQL’s holds', () => {
  it('in DuckDB', () => {
    expect(types('duckdb')).toMatchObject({
      id: 'UBIGINT NOT NULL',
      tiny: 'UTINYINT',
      medium: 'UINTEGER',
      salary: 'DECIMAL(10,2)',
      huge: 'VARCHAR',
      born: 'DATE',
      stored: 'TIMESTAMP',
      moment: 'TIMESTAMPTZ',
      duration: 'VARCHAR',
      doc: 'JSON',
      bits: 'UBIGINT',
      bytes: 'BLOB',
      name: 'VARCHAR NOT NULL',
    });
  });

  it('in Redshift', () => {
    expect(types('redshift')).toMatchObject({
      id: 'DECIMAL(20,0) NOT NULL',
      tiny: 'SMALLINT',
      small: 'SMALLINT',
      medium: 'INTEGER',
      amount: 'BIGINT',
      wide: 'DECIMAL(38,10)',
      huge: 'VARCHAR(67)',
      ratio: 'REAL',
      score: 'DOUBLE PRECISION',
      stored: 'TIMESTAMP',
      moment: 'TIMESTAMPTZ',
      duration: 'VARCHAR(17)',
      // An empty text would be a NULL.
      name: 'VARCHAR(160)',
      note: 'VARCHAR(65535)',
      order: 'VARCHAR(4)',
      flags: 'VARCHAR(4)',
      doc: 'SUPER',
      bits: 'DECIMAL(20,0)',
      bytes: 'VARCHAR(28)',
    });
    expect(types('redshift', { csv: { null: '\\N' }, binary: 'hex' })).toMatchObject({
      name: 'VARCHAR(160) NOT NULL',
      bytes: 'VARBYTE(20)',
    });
  });

  it('in BigQuery', () => {
    expect(types('bigquery')).toMatchObject({
      id: 'NUMERIC(20) NOT NULL',
      amount: 'INT64',
      salary: 'NUMERIC(10, 2)',
      wide: 'BIGNUMERIC(38, 10)',
      huge: 'BIGNUMERIC(65, 30)',
      stored: 'DATETIME',
      moment: 'TIMESTAMP',
      duration: 'STRING',
      doc: 'JSON',
      bits: 'NUMERIC(20)',
      bytes: 'BYTES',
    });
    expect(types('bigquery', { binary: 'hex' })['bytes']).toBe('STRING');
    expect(types('bigquery', { output_file_format: 'parquet' })).toMatchObject({
      huge: 'STRING',
      bytes: 'BYTES',
    });
  });

  it('in Snowflake', () => {
    expect(types('snowflake')).toMatchObject({
      id: 'NUMBER(20,0) NOT NULL',
      tiny: 'NUMBER(3,0)',
      medium: 'NUMBER(8,0)',
      wide: 'NUMBER(38,10)',
      huge: 'VARCHAR',
      stored: 'TIMESTAMP_NTZ(6)',
      moment: 'TIMESTAMP_NTZ(0)',
      doc: 'VARIANT',
      bytes: 'BINARY',
    });
    expect(types('snowflake', { output_file_format: 'parquet' })['moment']).toBe('TIMESTAMP_LTZ(0)');
  });

  it('in Athena', () => {
    expect(types('athena', { output_file_format: 'jsonl' })).toMatchObject({
      id: 'decimal(20,0)',
      tiny: 'smallint',
      small: 'smallint',
      medium: 'int',
      amount: 'bigint',
      wide: 'decimal(38,10)',
      huge: 'string',
      moment: 'timestamp',
      doc: 'string',
      bytes: 'string',
    });
    expect(types('athena', { output_file_format: 'parquet' })['bytes']).toBe('binary');
  });

  it.each(WAREHOUSES)(
    'in %s: times of a zone are no instants, and dates with zeros are text',
    (warehouse) => {
      const local = types(warehouse, { output_timezone: 'Europe/Berlin', output_file_format: 'jsonl' });
      expect(local['moment']).toMatch(/^(TIMESTAMP|DATETIME|TIMESTAMP_NTZ\(0\)|timestamp)$/);
      expect(first(warehouse, { spec: { output_timezone: 'Europe/Berlin' } }).create).toContain(
        'written in Europe/Berlin',
      );
      const text = types(warehouse, { zero_dates: 'string', output_file_format: 'jsonl' });
      expect(text['born']).toMatch(/^(VARCHAR(\(26\))?|STRING|string)( NOT NULL)?$/);
    },
  );

  it.each(WAREHOUSES)('in %s: UTC by another name is UTC', (warehouse) => {
    const { create } = first(warehouse, { spec: { output_timezone: 'Etc/UTC' } });
    expect(create).not.toContain('local times');
    expect(create).toBe(first(warehouse, { spec: { output_timezone: 'UTC' } }).create);
  });

  it.each(WAREHOUSES)('in %s: a DECIMAL of unknown digits is text', (warehouse) => {
    const columns = [{ name: 'total', mysqlType: 'decimal', nullable: true, kind: 'number' as const }];
    const { create } = first(warehouse, { columns, spec: { output_file_format: 'jsonl' } });
    expect(create).toMatch(/"total"|`total`/);
    expect(create).toMatch(/(VARCHAR|STRING|string)/);
    expect(create).toContain('CAST it in the query');
  });
});

describe('what is loaded', () => {
  const load = (warehouse: Warehouse, asked: Asked = {}): string => first(warehouse, asked).load;

  it('is a manifest in Redshift, or the objects of one table by the beginning of their keys', () => {
    expect(load('redshift')).toMatch(
      /FROM 's3:\/\/exports\/p\/hr\/_manifest_20260701020304\.json'\n[^]*\nMANIFEST\n/,
    );
    const several = load('redshift', { tables: ['staff', 'jobs'], spec: { compression: 'zstd' } });
    expect(several).toContain("FROM 's3://exports/p/hr/staff_20260701020304'\n");
    expect(several).toMatch(/\nZSTD\n/);
    expect(several).not.toMatch(/^MANIFEST/m);
  });

  it('is read in the dialect in which it was written', () => {
    const spec = { csv: { delimiter: '\t', null: '\\N', header: false } };
    expect(load('redshift', { spec })).toContain(
      String.raw`DELIMITER AS '\t'` +
        String.raw`
NULL AS '\N'`,
    );
    expect(load('redshift', { spec })).not.toMatch(/IGNOREHEADER|EMPTYASNULL/);
    expect(load('bigquery', { spec })).toContain(String.raw`null_marker = '\\N'`);
    expect(load('bigquery', { spec })).toContain('skip_leading_rows = 0');
    expect(load('snowflake', { spec })).toContain(String.raw`NULL_IF = ('\\N')`);
    expect(load('snowflake', { spec })).toMatch(
      /SKIP_HEADER = 0[^]*EMPTY_FIELD_AS_NULL = FALSE|EMPTY_FIELD_AS_NULL = FALSE[^]*SKIP_HEADER = 0/,
    );
    expect(load('snowflake')).toMatch(/EMPTY_FIELD_AS_NULL = TRUE[^]*NULL_IF = \(\)/);
    expect(load('athena', { spec })).toContain(
      String.raw`CAST(NULLIF("salary", '\N') AS decimal(10,2)) AS "salary"`,
    );
    expect(first('athena', { spec }).create).not.toContain('skip.header.line.count');
    expect(load('duckdb', { spec })).toContain(String.raw`nullstr = '\N'`);
  });

  it('is every object of the table, batches included', () => {
    expect(load('snowflake', { spec: { compression: 'gzip' } })).toContain(
      "PATTERN = '(.*/)?staff_[0-9]{14}(_[0-9]+)?[.]csv[.]gz'",
    );
    expect(load('bigquery')).toContain("uris = ['s3://exports/p/hr/staff_20*.csv']");
    expect(first('athena').create).toContain("LOCATION 's3://exports/p/hr/'");
  });

  it('has folders of dates as partitions in Athena', () => {
    const { create, load: statements } = first('athena', {
      spec: { key_template: '{task}/dt={date}/{table}_{stamp}.{ext}', output_file_format: 'parquet' },
    });
    expect(create).toContain('PARTITIONED BY (`dt` string)');
    expect(statements).toContain(
      "PARTITION (`dt` = '2026-07-01') LOCATION 's3://exports/p/hr/dt=2026-07-01/'",
    );
  });

  it.each([
    ['{task}/{date}/{table}.{ext}', ['redshift', 'bigquery', 'duckdb']],
    ['dt={date}/{table}/{stamp}.{ext}', ['bigquery']],
    ['{task}/{table}/{stamp}.{ext}', []],
    [null, []],
  ] as const)(
    'comes with a warning where %s leads to the objects of another table',
    (key_template, warned) => {
      const spec = key_template === null ? {} : { key_template };
      const tables = ['orders', 'orders_items'];
      expect(
        WAREHOUSES.filter((warehouse) =>
          load(warehouse, { spec, tables }).includes('This takes the objects of orders_items too'),
        ).toSorted(),
      ).toEqual([...warned].toSorted());
    },
  );

  it('comes with a word of caution where a warehouse cannot read it', () => {
    expect(load('bigquery', { spec: { compression: 'zstd' } })).toContain('set "compression": "gzip"');
    expect(first('athena', { tables: ['staff', 'jobs'] }).create).toContain(
      '"key_template": "{task}/{table}/{stamp}.{ext}"',
    );
    expect(load('redshift', { spec: { output_file_format: 'parquet' } })).toMatch(
      /-- .*id.*: unsigned in Parquet/,
    );
    expect(load('redshift', { region: null })).not.toContain('REGION');
  });
});
