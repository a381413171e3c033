/** Parquet files as a whole: schema, metadata, statistics, row groups, codecs; dates and texts that are none. */
import { readFileSync } from 'node:fs';
import {
  columnOf,
  duckTypes,
  encode,
  encodeColumn,
  metadataOf,
  queryDuckDb,
  readBack,
} from './parquet-files.ts';
import type { Wire } from './parquet-files.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('a Parquet file', () => {
  test('keeps names and order of columns, and NOT NULL', async () => {
    const columns = [
      columnOf('b "x".y', 'int(11)', false),
      columnOf('a', 'varchar(9)'),
      columnOf('Ärger', 'json', false),
    ];
    const { file } = encode(columns, [['1', null, '{}']]);
    const schema = metadataOf(file).schema.slice(1);
    expect(schema.map(({ name, repetition_type }) => [name, repetition_type])).toEqual([
      ['b "x".y', 'REQUIRED'],
      ['a', 'OPTIONAL'],
      ['Ärger', 'REQUIRED'],
    ]);
    expect(await readBack(file)).toEqual([['1', null, '{}']]);
  });

  test('without rows has its schema', async () => {
    const { file } = encode([columnOf('id', 'bigint(20) unsigned', false), columnOf('at', 'timestamp')], []);
    expect(await readBack(file)).toEqual([]);
    expect(await duckTypes(file)).toEqual({ id: 'UBIGINT', at: 'TIMESTAMP WITH TIME ZONE' });
  });

  test('of few rows takes little memory, however many columns it has', () => {
    const columns = range(20).map((index) => columnOf(`c${index}`, 'varchar(99)'));
    const before = process.memoryUsage().arrayBuffers;
    encode(columns, [range(20).map(String), range(20).map(() => null)]);
    // A dictionary as large as one may become would be a mebibyte for each column.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4e6);
  });

  test('says who wrote it and what the columns were in MySQL', () => {
    const { file } = encode([columnOf('id', 'int(10) unsigned'), columnOf('e', "enum('a','b')")], []);
    const { created_by, key_value_metadata } = metadataOf(file);
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(created_by).toBe(`tidemark version ${version} (build ${version})`);
    expect(key_value_metadata).toEqual([
      { key: 'tidemark.mysql_types', value: `{"id":"int(10) unsigned","e":"enum('a','b')"}` },
    ]);
  });

  test.each([
    ['none', null, 'UNCOMPRESSED'],
    ['snappy', null, 'SNAPPY'],
    ['zstd', null, 'ZSTD'],
    ['zstd', 9, 'ZSTD'],
  ] as const)('is compressed with %s, level %s', async (codec, level, name) => {
    const rows = range(5000).map((index) => `value ${index % 50} of ${index}`);
    const { file } = encodeColumn('varchar(99)', rows, { compression: { codec, level } });
    const [group] = metadataOf(file).row_groups;
    expect(group!.columns[0]!.meta_data!.codec).toBe(name);
    expect((await readBack(file)).map(([cell]) => cell)).toEqual(rows);
  });

  test('compresses the more, the higher the level of zstd', () => {
    const rows = range(20_000).map((index) => `${(index * 7919) % 10_007} and ${(index * 104_729) % 10_007}`);
    const bytes = (level: number): number =>
      encodeColumn('varchar(99)', rows, { compression: { codec: 'zstd', level } }).file.length;
    expect(bytes(19)).toBeLessThan(bytes(1));
  });

  test('has a row group for each so many rows, and one for each so many bytes', async () => {
    const rows = range(5000).map((index) => [String(index), 'x'.repeat(100)]);
    const columns = [columnOf('id', 'int(11)', false), columnOf('text', 'varchar(100)')];
    const byRows = encode(columns, rows, {}, { rows: 2000, bytes: 2 ** 30 }, 500).file;
    expect(metadataOf(byRows).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([2000, 2000, 1000]);
    expect(await readBack(byRows)).toEqual(rows);
    const byBytes = encode(columns, rows, {}, { rows: 2 ** 30, bytes: 216_000 }, 500).file;
    expect(metadataOf(byBytes).row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([
      2000, 2000, 1000,
    ]);
    expect(await readBack(byBytes)).toEqual(rows);
  });

  test('gives every byte in order: row groups lie one behind the other', () => {
    const { file } = encodeColumn('int(11)', range(10).map(String));
    const { row_groups } = metadataOf(file);
    expect(file.subarray(0, 4).toString()).toBe('PAR1');
    expect(file.subarray(-4).toString()).toBe('PAR1');
    expect(Number(row_groups[0]!.file_offset)).toBe(4);
  });
});

describe('statistics', () => {
  const statisticsOf = (type: string, values: readonly Wire[]): unknown => {
    const { file } = encodeColumn(type, values);
    const { min_value, max_value, null_count } =
      metadataOf(file).row_groups[0]!.columns[0]!.meta_data!.statistics!;
    return [min_value, max_value, null_count];
  };

  test.each([
    ['int(11)', ['5', '-7', null, '3'], [-7, 5, 1n]],
    ['int(10) unsigned', ['5', '4294967295'], [5, 4294967295, 0n]],
    ['bigint(20)', ['-1', '4294967296', '-4294967297'], [-4294967297n, 4294967296n, 0n]],
    ['bigint(20) unsigned', ['18446744073709551615', '1'], [1n, 18446744073709551615n, 0n]],
    ['decimal(10,2)', ['-1.50', '2.25'], [-1.5, 2.25, 0n]],
    ['decimal(20,2)', ['-1.50', '2.25', '-99.00'], [-99, 2.25, 0n]],
    ['double', ['1.5', '-2.5', '0'], [-2.5, 1.5, 0n]],
    ['float', ['1.5', '-2.5'], [-2.5, 1.5, 0n]],
    ['varchar(9)', ['b', 'a', 'é', null, 'ab'], ['a', 'é', 1n]],
    ['varchar(9)', [null, null], [undefined, undefined, 2n]],
    ['blob', ['a'], [undefined, undefined, 0n]],
    ['json', ['{}'], [undefined, undefined, 0n]],
    ['varchar(99)', ['a', 'x'.repeat(65)], [undefined, undefined, 0n]],
  ])('of %s %j', (type, values, expected) => {
    expect(statisticsOf(type, values)).toEqual(expected);
  });

  test('of zeros hold both signs of it', () => {
    for (const type of ['double', 'float']) {
      const [min, max] = statisticsOf(type, ['0']) as [number, number];
      expect(Object.is(min, -0)).toBe(true);
      expect(Object.is(max, 0)).toBe(true);
    }
  });

  test('let DuckDB find what is asked for, and nothing else', async () => {
    const rows = range(3000).map((index) => [String(index - 1500), `k${index}`]);
    const { file } = encode(
      [columnOf('id', 'bigint(20)'), columnOf('k', 'char(9)')],
      rows,
      {},
      { rows: 1000, bytes: 2 ** 30 },
    );
    expect(await queryDuckDb(file, 'SELECT id FROM $file WHERE id = -1')).toEqual([[-1n]]);
    expect(await queryDuckDb(file, "SELECT id FROM $file WHERE k = 'k2999'")).toEqual([[1499n]]);
    expect(await queryDuckDb(file, 'SELECT count(*) FROM $file WHERE id < 0')).toEqual([[1500n]]);
  });
});

describe('dates that no calendar has', () => {
  const ZEROS = ['0000-00-00', '2024-00-10', '2024-01-00', '2023-02-29', '2024-02-29'];

  test('are NULL and counted, in a column that is NOT NULL too', async () => {
    const { file, counts } = encode(
      [columnOf('d', 'date', false)],
      ZEROS.map((value) => [value]),
    );
    expect(await readBack(file)).toEqual([[null], [null], [null], [null], ['19782']]);
    expect(counts).toEqual([{ zeroDates: 4, invalidTexts: 0 }]);
    const times = ZEROS.map((value) => `${value} 00:00:00`);
    expect(await readBack(encodeColumn('datetime', times).file)).toEqual([
      [null],
      [null],
      [null],
      [null],
      ['1709164800000000'],
    ]);
  });

  test('end the run where zero_dates is "fail"', () => {
    for (const [type, value] of [
      ['date', '0000-00-00'],
      ['datetime(3)', '2024-00-01 00:00:00.000'],
      ['timestamp', '0000-00-00 00:00:00'],
    ] as const) {
      expect(() =>
        encodeColumn(type, ['2024-01-01 00:00:00'.slice(0, value.length), value], { zeroDates: 'fail' }),
      ).toThrow(
        expect.objectContaining({
          code: 'ZERO_DATE',
          message: expect.stringContaining(value) as string,
        }) as Error,
      );
    }
  });

  test('make a column of texts where zero_dates is "string", instants in the output zone', async () => {
    const columns = [columnOf('d', 'date', false), columnOf('t', 'timestamp'), columnOf('l', 'datetime(1)')];
    const rows = [
      ['0000-00-00', '2024-07-01 22:30:00', '2024-07-01 22:30:00.5'],
      ['2024-02-29', '0000-00-00 00:00:00', null],
    ];
    const { file, counts } = encode(columns, rows, { zeroDates: 'string', outputTimezone: 'Europe/Berlin' });
    expect(await readBack(file)).toEqual([
      ['0000-00-00', '2024-07-02 00:30:00', '2024-07-01 22:30:00.5'],
      ['2024-02-29', '0000-00-00 00:00:00', null],
    ]);
    expect(await duckTypes(file)).toEqual({ d: 'VARCHAR', t: 'VARCHAR', l: 'VARCHAR' });
    expect(counts.map(({ zeroDates }) => zeroDates)).toEqual([1, 1, 0]);
  });
});

describe('values that do not fit', () => {
  test('invalid UTF-8 becomes U+FFFD and is counted, short and long, in texts and in JSON', async () => {
    const long = Buffer.concat([Buffer.from('x'.repeat(200)), Buffer.of(0xc3)]);
    const values = [Buffer.of(0x61, 0xff, 0x62), 'é', long, Buffer.of(0xed, 0xa0, 0x80), 'plain'];
    const { file, counts } = encodeColumn('text', values);
    expect(await readBack(file)).toEqual([
      ['a\ufffdb'],
      ['é'],
      [`${'x'.repeat(200)}\ufffd`],
      ['\ufffd\ufffd\ufffd'],
      ['plain'],
    ]);
    expect(counts[0]!.invalidTexts).toBe(3);
    expect(encodeColumn('json', [Buffer.of(0x22, 0xff, 0x22)]).counts[0]!.invalidTexts).toBe(1);
  });

  test.each([
    ['tinyint(4)', '128'],
    ['tinyint(3) unsigned', '-1'],
    ['int(11)', '2147483648'],
    ['int(11)', ''],
    ['int(11)', '-'],
    ['int(11)', '1.5'],
    ['bigint(20)', '9223372036854775808'],
    ['bigint(20)', '-9223372036854775809'],
    ['bigint(20) unsigned', '18446744073709551616'],
    ['bigint(20) unsigned', '-1'],
    ['bigint(20)', '123456789012345678901'],
    ['bigint(20)', ''],
    ['decimal(4,2)', '100.00'],
    ['decimal(4,2)', '1.234'],
    ['decimal(18,2)', '1.234'],
    ['decimal(18,2)', '1.2.3'],
    ['decimal(20,2)', '1.234'],
    ['decimal(20,2)', '1000000000000000000.00'],
    ['double', 'abc'],
    ['double', ''],
    ['float', '1e39'],
    ['date', '2024-1-1'],
    ['date', 'yesterday!'],
    ['datetime', '2024-01-01'],
    ['datetime', '2024-01-01 24:00:00'],
    ['datetime', '2024-01-01 00:00:00.'],
    ['bit(64)', 'nine bytes'],
  ])('%s "%s" ends the run with column, type and value', (type, value) => {
    expect(() => encodeColumn(type, [value])).toThrow(
      expect.objectContaining({
        code: 'VALUE_UNFIT',
        message: `Column v is ${type}, and the server sent "${value}".`,
      }) as Error,
    );
  });

  test('NULL where the column is NOT NULL ends the run', () => {
    for (const type of ['int(11)', 'bigint(20)', 'varchar(9)']) {
      expect(() => encode([columnOf('v', type, false)], [[null]])).toThrow(
        expect.objectContaining({
          code: 'VALUE_UNFIT',
          message: `Column v is NOT NULL (${type}), and the server sent NULL.`,
        }) as Error,
      );
    }
  });
});
