/** Every MySQL type in Parquet, read back by hyparquet and by DuckDB. */
import { columnOf, duckTypes, encode, encodeColumn, metadataOf, readBack } from './parquet-files.ts';
import type { Wire } from './parquet-files.ts';

async function roundTrip(mysqlType: string, values: readonly Wire[]): Promise<(string | null)[]> {
  const { file } = encodeColumn(mysqlType, values);
  return (await readBack(file)).map((row) => row[0]!);
}

/** MySQL type, values on the wire that come back as they are, and what DuckDB takes the column for. */
const EXACT: readonly (readonly [type: string, duckType: string, values: readonly string[]])[] = [
  ['tinyint(4)', 'TINYINT', ['-128', '0', '127']],
  ['tinyint(1)', 'TINYINT', ['0', '1', '-1']],
  ['tinyint(3) unsigned', 'UTINYINT', ['0', '255']],
  ['smallint(6)', 'SMALLINT', ['-32768', '32767']],
  ['smallint(5) unsigned', 'USMALLINT', ['0', '65535']],
  ['mediumint(9)', 'INTEGER', ['-8388608', '8388607']],
  ['mediumint(8) unsigned', 'UINTEGER', ['0', '16777215']],
  ['int(11)', 'INTEGER', ['-2147483648', '0', '2147483647']],
  ['int', 'INTEGER', ['-2147483648', '2147483647']],
  ['int(10) unsigned', 'UINTEGER', ['0', '2147483648', '4294967295']],
  ['bigint(20)', 'BIGINT', ['-9223372036854775808', '-9007199254740993', '-1', '0', '9223372036854775807']],
  ['bigint unsigned', 'UBIGINT', ['0', '9007199254740993', '9223372036854775808', '18446744073709551615']],
  ['year(4)', 'USMALLINT', ['0', '1901', '2155']],
  ['decimal(4,2)', 'DECIMAL(4,2)', ['-99.99', '-0.01', '0.00', '0.07', '99.99']],
  ['decimal(9,0)', 'DECIMAL(9,0)', ['-999999999', '0', '999999999']],
  ['decimal(10,2)', 'DECIMAL(10,2)', ['-99999999.99', '-0.01', '0.00', '99999999.99']],
  ['decimal(18,18)', 'DECIMAL(18,18)', ['-0.999999999999999999', '0.000000000000000001']],
  ['decimal(18,0)', 'DECIMAL(18,0)', ['-999999999999999999', '999999999999999999', '100000000000000000']],
  ['decimal(19,4)', 'DECIMAL(19,4)', ['-999999999999999.9999', '-0.0001', '0.0000', '999999999999999.9999']],
  ['decimal(38,0)', 'DECIMAL(38,0)', [`-${'9'.repeat(38)}`, '-1', '0', '9'.repeat(38)]],
  ['decimal(38,38)', 'DECIMAL(38,38)', [`-0.${'9'.repeat(38)}`, `0.${'0'.repeat(37)}1`]],
  ['decimal(65,30)', 'VARCHAR', [`-${'9'.repeat(35)}.${'9'.repeat(30)}`, `0.${'0'.repeat(29)}1`]],
  ['decimal', 'VARCHAR', ['-12.50', '99999999999999999999999999999999999999999999']],
  ['time', 'VARCHAR', ['-838:59:59', '00:00:00', '838:59:59.999999']],
  ['varchar(20)', 'VARCHAR', ['', 'a', 'née', '日本語 \u{1F600}', 'a\0b', '"quoted"\r\n\t', 'x'.repeat(300)]],
  ["enum('a','b')", 'VARCHAR', ['a', 'b', '']],
  ["set('a','b')", 'VARCHAR', ['a,b', '']],
  ['point', 'VARCHAR', ['POINT(1 2)']],
  ['json', 'JSON', ['{"a": 1.0, "b": [null, 12345678901234567890]}', '"text"', 'null']],
];

describe('Parquet values', () => {
  test.each(EXACT)('%s becomes %s and comes back as it was, beside NULL', async (type, duckType, values) => {
    const rows = [...values, null];
    const { file } = encodeColumn(type, rows);
    expect((await readBack(file)).map(([cell]) => cell)).toEqual(rows);
    expect(await duckTypes(file)).toEqual({ v: duckType });
  });

  test('digits filled up with zeros are the number they are', async () => {
    expect(await roundTrip('int(10) unsigned zerofill', ['0000000042', '0000000000'])).toEqual(['42', '0']);
    expect(await roundTrip('bigint(60) unsigned zerofill', ['42'.padStart(60, '0')])).toEqual(['42']);
    expect(await roundTrip('decimal(10,2) unsigned zerofill', ['00000042.50'])).toEqual(['42.50']);
    expect(await roundTrip('decimal(20,2) unsigned zerofill', ['000000000000000042.50'])).toEqual(['42.50']);
    expect(await roundTrip('year(4)', ['0000'])).toEqual(['0']);
  });

  test('a decimal with fewer decimals than declared is filled up', async () => {
    expect(await roundTrip('decimal(9,3)', ['1.5', '-7', '.25'])).toEqual(['1.500', '-7.000', '0.250']);
    expect(await roundTrip('decimal(18,3)', ['123456789012345', '-7'])).toEqual([
      '123456789012345.000',
      '-7.000',
    ]);
    expect(await roundTrip('decimal(30,3)', ['1.5', '-7'])).toEqual(['1.500', '-7.000']);
  });

  test('DOUBLE reads back as the same value', async () => {
    const values = [
      '0',
      '-0',
      '0.1',
      '-1.7976931348623157e308',
      '2.2250738585072014e-308',
      '5e-324',
      '1e22',
      '1e23',
      '123456789012345680',
      '3.14159',
    ];
    expect((await roundTrip('double', values)).map(Number)).toEqual(values.map(Number));
  });

  test('FLOAT reads back as the same value: the wire has it widened to a double', async () => {
    const values = [
      '0.10000000149011612',
      '-0',
      '3.4028234663852886e38',
      '1.401298464324817e-45',
      '16777216',
    ];
    expect((await roundTrip('float', values)).map(Number)).toEqual(values.map(Number));
    expect(await duckTypes(encodeColumn('float', values).file)).toEqual({ v: 'FLOAT' });
  });

  test('BIT is an unsigned integer of 64 bits', async () => {
    const values = [Buffer.of(1), Buffer.of(0), Buffer.alloc(8, 0xff), Buffer.of(0x80, 0, 0, 0, 0, 0, 0, 1)];
    expect(await roundTrip('bit(64)', values)).toEqual([
      '1',
      '0',
      '18446744073709551615',
      '9223372036854775809',
    ]);
    expect(await duckTypes(encodeColumn('bit(1)', [Buffer.of(1)]).file)).toEqual({ v: 'UBIGINT' });
  });

  test('bytes stay what they are', async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect(await roundTrip('blob', [all, Buffer.alloc(0), Buffer.of(0), null])).toEqual([
      all.toString('hex'),
      '',
      '00',
      null,
    ]);
    expect(await duckTypes(encodeColumn('varbinary(9)', [all]).file)).toEqual({ v: 'BLOB' });
  });

  test('DATE is days since 1970, over all of its years', async () => {
    const values = [
      '0000-01-01',
      '0001-01-01',
      '1582-10-04',
      '1969-12-31',
      '1970-01-01',
      '2024-02-29',
      '9999-12-31',
    ];
    const days = values.map((value) => String(Date.parse(`${value}T00:00:00Z`) / 86_400_000));
    expect(await roundTrip('date', values)).toEqual(days);
    expect(await duckTypes(encodeColumn('date', values).file)).toEqual({ v: 'DATE' });
  });

  test.each([
    ['datetime(6)', 'TIMESTAMP'],
    ['timestamp(6)', 'TIMESTAMP WITH TIME ZONE'],
  ])('%s is microseconds, over all of its years', async (type, duckType) => {
    const values = [
      '0001-01-01 00:00:00',
      '1969-12-31 23:59:59.999999',
      '1970-01-01 00:00:00.000001',
      '2038-01-19 03:14:07.5',
      '9999-12-31 23:59:59.999999',
    ];
    const micros = values.map((value) => {
      const [whole, fraction = ''] = value.split('.');
      return String(
        BigInt(Date.parse(`${whole!.replace(' ', 'T')}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0')),
      );
    });
    expect(await roundTrip(type, values)).toEqual(micros);
    expect(await duckTypes(encodeColumn(type, values).file)).toEqual({ v: duckType });
  });

  test('a TIMESTAMP is an instant whatever the output zone; DATETIME knows no zone', async () => {
    const values = ['2024-07-01 12:00:00'];
    const zoned = { outputTimezone: 'Europe/Berlin' };
    for (const type of ['timestamp', 'datetime']) {
      expect(await readBack(encodeColumn(type, values, zoned).file)).toEqual([['1719835200000000']]);
    }
    const [datetime, timestamp] = metadataOf(
      encode([columnOf('d', 'datetime'), columnOf('t', 'timestamp')], []).file,
    ).schema.slice(1);
    expect(datetime!.logical_type).toMatchObject({ isAdjustedToUTC: false, unit: 'MICROS' });
    expect(timestamp!.logical_type).toMatchObject({ isAdjustedToUTC: true, unit: 'MICROS' });
  });
});
