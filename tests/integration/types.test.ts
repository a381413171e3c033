/** Every type and its edges: each exported cell is held against what the server itself says of the value. */
import { crc32 } from 'node:zlib';
import type { RowDataPacket } from 'mysql2';
import { testInstallation, type Exported, type TestInstallation } from '../support/installation.ts';
import { serverVersion } from '../support/mysql.ts';
import type { ParsedCsv } from '../support/parse-csv.ts';

let here: TestInstallation;
let server: Awaited<ReturnType<typeof serverVersion>>;
beforeAll(async () => {
  here = await testInstallation();
  server = await serverVersion(here.database);
  await sql("SET time_zone = '+00:00', sql_mode = ''");
});
afterAll(() => here.close());

const sql = async (text: string): Promise<RowDataPacket[]> =>
  (await here.database.connection.query<RowDataPacket[]>(text))[0];

let tables = 0;

/**
 * Makes a table with an `id` and one column per entry: its type, and the expressions inserted into it, a row each.
 * Columns with fewer values than others are NULL in the rows behind.
 */
async function makeTable(columns: Readonly<Record<string, readonly [type: string, ...values: string[]]>>) {
  const name = `types_${tables++}`;
  const names = Object.keys(columns);
  const definitions = names.map((column) => `${column} ${columns[column]![0]}`);
  await sql(`CREATE TABLE ${name} (id INT PRIMARY KEY, ${definitions.join(', ')}) ENGINE=InnoDB`);
  const count = Math.max(...Object.values(columns).map((values) => values.length - 1));
  for (let row = 0; row < count; row++) {
    const values = names.map((column) => columns[column]![row + 1] ?? 'NULL');
    await sql(`INSERT INTO ${name} VALUES (${[row, ...values].join(', ')})`);
  }
  return name;
}

/** The cells of one column, in the order of `id`. */
const cells = (csv: ParsedCsv, column: string): (string | null)[] =>
  csv.rows.map((row) => row[csv.header.indexOf(column)]!);

/** What an expression says of each row, in the order of `id`, as text. */
async function said(table: string, expression: string): Promise<(string | null)[]> {
  const rows = await sql(`SELECT ${expression} AS v FROM ${table} ORDER BY id`);
  return rows.map((row) => (row['v'] === null ? null : String(row['v'])));
}

/** Exports a table and holds each of its columns against an expression; by default, against the value as text. */
async function expectAsSaid(
  columns: Parameters<typeof makeTable>[0],
  expression: (column: string) => string = (column) => `CAST(${column} AS CHAR)`,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<ParsedCsv> {
  const table = await makeTable(columns);
  const csv = (await here.export({ table: { name: table }, ...fields })).csv(table);
  for (const column of Object.keys(columns)) {
    const found = cells(csv, column);
    expect([column, found]).toEqual([column, await said(table, expression(column))]);
    expect(found.some((cell) => cell !== null)).toBe(true);
  }
  return csv;
}

describe('integers', () => {
  it('at both ends, signed and unsigned', async () => {
    const csv = await expectAsSaid({
      t: ['TINYINT', '-128', '127', '0'],
      tu: ['TINYINT UNSIGNED', '0', '255'],
      flag: ['TINYINT(1)', '0', '1', '-1'],
      s: ['SMALLINT', '-32768', '32767'],
      su: ['SMALLINT UNSIGNED', '0', '65535'],
      m: ['MEDIUMINT', '-8388608', '8388607'],
      mu: ['MEDIUMINT UNSIGNED', '0', '16777215'],
      i: ['INT', '-2147483648', '2147483647'],
      iu: ['INT UNSIGNED', '0', '4294967295'],
      b: ['BIGINT', '-9223372036854775808', '9223372036854775807', '9007199254740993'],
      bu: ['BIGINT UNSIGNED', '0', '18446744073709551615'],
    });
    expect(cells(csv, 'bu')).toEqual(['0', '18446744073709551615', null]);
    expect(cells(csv, 'b')).toContain('9007199254740993');
  });

  it('with ZEROFILL, whose zeros are in the text', async () => {
    const csv = await expectAsSaid({ z: ['INT(8) ZEROFILL', '42', '0'], zb: ['BIGINT(20) ZEROFILL', '7'] });
    expect(cells(csv, 'z')).toEqual(['00000042', '00000000']);
  });

  it('YEAR, with 0000', async () => {
    const csv = await expectAsSaid({ y: ['YEAR', '0', '1901', '2155'] });
    expect(cells(csv, 'y')).toEqual(['0000', '1901', '2155']);
  });

  it('BIT, as unsigned integers', async () => {
    const csv = await expectAsSaid(
      {
        b1: ['BIT(1)', "b'0'", "b'1'"],
        b9: ['BIT(9)', "b'101010101'", "b'0'"],
        b64: ['BIT(64)', '18446744073709551615', '9223372036854775808', '0'],
      },
      (column) => `${column} + 0`,
    );
    expect(cells(csv, 'b64')[0]).toBe('18446744073709551615');
  });
});

describe('fractions', () => {
  it('DECIMAL, every digit of it', async () => {
    const nines = '9'.repeat(35);
    const csv = await expectAsSaid({
      a: ['DECIMAL(65,30)', `${nines}.${'9'.repeat(30)}`, `-${nines}.${'1'.repeat(30)}`, '0'],
      b: ['DECIMAL(65,0)', '9'.repeat(65), '-1'],
      c: ['DECIMAL(10,2) UNSIGNED', '99999999.99', '0.10'],
      d: ['DECIMAL(30,30)', `0.${'0'.repeat(29)}1`],
      e: ['DECIMAL(8,2) ZEROFILL', '1.5'],
    });
    expect(cells(csv, 'a')[0]).toBe(`${nines}.${'9'.repeat(30)}`);
  });

  const doubles = [
    '0', '1', '-1', '0.1', '1e15', '1e16', '1.5e300', '-1.7976931348623157e308', '2.2250738585072014e-308',
    '5e-324', '1e-310', '123456789.123456789', '9007199254740993', '3.141592653589793',
  ]; // prettier-ignore
  const floats = [
    '0', '1', '-1', '0.1', '16777217', '3.4028234e38', '1.17549435e-38', '1e-45', '1.1e-40', '123456.789', '9999999',
    '8388608.5', '1e10', '-0.3333333',
  ]; // prettier-ignore

  /** The values as the binary protocol sends them: bits, not text. */
  const asBits = async (table: string, column: string): Promise<(number | null)[]> => {
    const [rows] = await here.database.connection.execute<RowDataPacket[]>(
      `SELECT ${column} AS v FROM ${table} ORDER BY id`,
    );
    return rows.map((row) => row['v'] as number | null);
  };
  const digits = (text: string): string =>
    text
      .replace(/e.*$/, '')
      .replace(/[^\d]/g, '')
      .replace(/^0+|0+$/g, '');

  it.each([
    ['DOUBLE', doubles],
    ['DOUBLE(10,2)', ['1.1', '-99999999.99', '0.1']],
    ['DOUBLE(22,0)', ['12345678901234567890', '7']],
  ] as const)('%s, as the shortest text that reads back', async (type, values) => {
    const table = await makeTable({ d: [type, ...values] });
    const found = cells((await here.export({ table: { name: table } })).csv(table), 'd');
    const bits = await asBits(table, 'd');
    expect(found.map(Number)).toEqual(bits);
    expect(found.map((text) => digits(text!))).toEqual(bits.map((value) => digits(String(value))));
  });

  it.each([
    ['FLOAT', floats],
    ['FLOAT(7,2)', ['1.1', '12345.67', '-99999.99']],
  ] as const)('%s, as the shortest text that reads back as the same FLOAT', async (type, values) => {
    const table = await makeTable({ f: [type, ...values] });
    const found = cells((await here.export({ table: { name: table } })).csv(table), 'f');
    const bits = (await asBits(table, 'f')).map((value) => Math.fround(value!));
    expect(found.map((text) => Math.fround(Number(text)))).toEqual(bits);
    for (const text of found) {
      const shorter = Number(Number(text).toPrecision(Math.max(1, digits(text!).length - 1)));
      if (digits(text!).length > 1) expect(Math.fround(shorter)).not.toBe(Math.fround(Number(text)));
    }
  });

  it('keeps the sign of a negative zero as the server does', async () => {
    const table = await makeTable({ d: ['DOUBLE', '-0e0'], f: ['FLOAT', '-0e0'] });
    const csv = (await here.export({ table: { name: table } })).csv(table);
    expect(Number(cells(csv, 'd')[0])).toBe((await asBits(table, 'd'))[0]);
    expect(Number(cells(csv, 'f')[0])).toBe((await asBits(table, 'f'))[0]);
  });
});

describe('dates and times', () => {
  it('with 0, 3 and 6 digits of fractions', async () => {
    const csv = await expectAsSaid({
      d: ['DATE', "'1000-01-01'", "'9999-12-31'", "'2024-02-29'"],
      dt: ['DATETIME', "'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'"],
      dt3: ['DATETIME(3)', "'2024-02-29 12:34:56.789'", "'2024-02-29 12:34:56'"],
      dt6: ['DATETIME(6)', "'9999-12-31 23:59:59.999999'", "'1000-01-01 00:00:00.000001'"],
      ts: ['TIMESTAMP NULL', "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'"],
      ts3: ['TIMESTAMP(3) NULL', "'2024-02-29 12:34:56.789'"],
      ts6: ['TIMESTAMP(6) NULL', "'2038-01-19 03:14:07.999999'"],
      t: ['TIME', "'838:59:59'", "'-838:59:59'", "'00:00:00'"],
      t3: ['TIME(3)', "'-838:59:58.999'", "'-00:00:00.001'"],
      t6: ['TIME(6)', "'838:59:58.999999'", "'-00:00:00.000001'"],
    });
    expect(cells(csv, 'dt6')[0]).toBe('9999-12-31 23:59:59.999999');
    expect(cells(csv, 't')[1]).toBe('-838:59:59');
  });

  it('TIMESTAMP in the output zone, over its changes of clock', async () => {
    const instants = [
      "'2024-03-31 00:59:59.500'", "'2024-03-31 01:00:00.000'", "'2024-10-27 00:59:59.999'",
      "'2024-10-27 01:00:00.000'", "'2024-12-31 23:30:00.000'", "'1970-01-01 00:00:01.000'",
    ]; // prettier-ignore
    const table = await makeTable({
      ts: ['TIMESTAMP(3) NULL', ...instants],
      dt: ['DATETIME(3)', ...instants],
    });
    const csv = (await here.export({ table: { name: table }, output_timezone: 'Europe/Berlin' })).csv(table);
    expect(cells(csv, 'ts')).toEqual([
      '2024-03-31 01:59:59.500',
      '2024-03-31 03:00:00.000',
      '2024-10-27 02:59:59.999',
      '2024-10-27 02:00:00.000',
      '2025-01-01 00:30:00.000',
      '1970-01-01 01:00:01.000',
    ]);
    expect(cells(csv, 'dt')).toEqual(await said(table, 'CAST(dt AS CHAR)'));
    const half = (await here.export({ table: { name: table }, output_timezone: 'Asia/Kolkata' })).csv(table);
    expect(cells(half, 'ts')[0]).toBe('2024-03-31 06:29:59.500');
  });

  describe('zero and partial dates', () => {
    const columns = {
      d: ['DATE', "'0000-00-00'", "'2024-00-10'", "'2024-02-00'", "'2024-02-01'"],
      dt: ['DATETIME', "'0000-00-00 00:00:00'", "'2024-01-00 10:20:30'", "'2024-01-01 10:20:30'"],
      ts: ['TIMESTAMP(3) NULL', "'0000-00-00 00:00:00'", "'2024-01-01 10:20:30.125'"],
    } as const;

    it('become NULL, with a warning that counts them', async () => {
      const table = await makeTable(columns);
      const { report, manifest, csv } = await here.export({ table: { name: table } });
      expect(cells(csv(table), 'd')).toEqual([null, null, null, '2024-02-01']);
      expect(cells(csv(table), 'dt')).toEqual([null, null, '2024-01-01 10:20:30', null]);
      expect(cells(csv(table), 'ts')).toEqual([null, '2024-01-01 10:20:30.125', null, null]);
      expect(report.warnings).toEqual([
        `${table}.d: 3 zero or partial dates written as NULL.`,
        `${table}.dt: 2 zero or partial dates written as NULL.`,
        `${table}.ts: 1 zero or partial dates written as NULL.`,
      ]);
      expect(manifest.warnings).toEqual(report.warnings);
    });

    it('are written as they are', async () => {
      const csv = await expectAsSaid(columns, undefined, { zero_dates: 'string' });
      expect(cells(csv, 'd')).toEqual(['0000-00-00', '2024-00-10', '2024-02-00', '2024-02-01']);
      const table = await makeTable(columns);
      const moved = { table: { name: table }, zero_dates: 'string', output_timezone: 'Asia/Kolkata' };
      expect(cells((await here.export(moved)).csv(table), 'ts').slice(0, 2)).toEqual([
        '0000-00-00 00:00:00.000',
        '2024-01-01 15:50:30.125',
      ]);
    });

    it('end the run', async () => {
      const table = await makeTable(columns);
      const { report } = await here.run({ table: { name: table }, zero_dates: 'fail' });
      expect(report.error).toMatchObject({
        code: 'ZERO_DATE',
        message: expect.stringContaining('0000-00-00'),
      });
    });
  });
});

describe('texts', () => {
  it('as UTF-8, whatever the charset of the column', async () => {
    const table = await makeTable({
      l1: ['VARCHAR(20) CHARACTER SET latin1', "x'80E4FC96'", "'plain'"],
      u3: ['VARCHAR(20) CHARACTER SET utf8', "'Größe ☃ 雨'"],
      u4: ['TEXT CHARACTER SET utf8mb4', "'🌊 дождь'"],
      u16: ['VARCHAR(20) CHARACTER SET utf16', "'🌊 é'"],
      sj: ['VARCHAR(20) CHARACTER SET sjis', "'表示ソ'"],
      gb: ['VARCHAR(20) CHARACTER SET gbk', "'縗誠中'"],
      e: ["ENUM('ä','ö','b,c') CHARACTER SET latin1", "'ö'", "'b,c'", "''"],
      st: ["SET('ä','ö','c') CHARACTER SET latin1", "'ä,c'", "''"],
      ch: ['CHAR(10) CHARACTER SET utf8mb4', "'é  '", "''"],
    });
    const csv = (await here.export({ table: { name: table } })).csv(table);
    expect(csv.rows[0]!.slice(1)).toEqual([
      ...['€äü–', 'Größe ☃ 雨', '🌊 дождь', '🌊 é', '表示ソ', '縗誠中', 'ö', 'ä,c', 'é'],
    ]);
    for (const column of csv.header)
      expect(cells(csv, column)).toEqual(await said(table, `CAST(${column} AS CHAR)`));
    expect(cells(csv, 'e')).toEqual(['ö', 'b,c', '']);
  });

  it('NULL beside an empty text, and all that has a meaning in CSV', async () => {
    const values = [
      'NULL',
      "''",
      "','",
      "'\"'",
      '\'""\'',
      "'a\\nb'",
      "'a\\r\\nb'",
      "'\\0'",
      "' '",
      "'\\\\N'",
      "'NULL'",
      "'\\t'",
    ];
    const table = await makeTable({
      v: ['VARCHAR(50)', ...values],
      t: ['LONGTEXT', ...values, `CONCAT(REPEAT('x', 300), '"', REPEAT(',', 300))`, `REPEAT('é', 40000)`],
    });
    const plain = (await here.export({ table: { name: table } })).csv(table);
    for (const column of ['v', 't']) expect(cells(plain, column)).toEqual(await said(table, column));
    const { objects } = await here.export({ table: { name: table, columns: ['v'] }, csv: { null: '\\N' } });
    expect(objects[0]!.toString()).toBe(
      'v\n\\N\n\n","\n""""\n""""""\n"a\nb"\n"a\r\nb"\n\0\n \n"\\N"\nNULL\n\t\n\\N\n\\N\n',
    );
  });

  it('JSON, as its text', async () => {
    const json = '{"a": [1, 2.50, null, "x\\\\"y"], "ü": {}}';
    const hasJson = server.flavor === 'mariadb' || server.version[0] > 5;
    const csv = await expectAsSaid({
      j: [hasJson ? 'JSON' : 'LONGTEXT', `'${json}'`, "'[]'", "'12345678901234567890'"],
    });
    expect(JSON.parse(cells(csv, 'j')[0]!)).toEqual({ a: [1, 2.5, null, 'x"y'], ü: {} });
  });
});

describe('bytes', () => {
  const columns = {
    b: ['BINARY(6)', "x'00FF0A'", "'a'", "''"],
    vb: ['VARBINARY(20)', "x'0102FF00'", "''", "x'00'"],
    tb: ['TINYBLOB', "x'FFFE'"],
    bl: ['BLOB', "x'22270A2C'", "REPEAT(x'00FF', 1000)"],
    lb: ['LONGBLOB', "REPEAT(x'C3', 100000)", "''"],
    bc: ['VARCHAR(20) CHARACTER SET binary', "x'E4'"],
  } as const;

  it('as base64', async () => {
    const table = await makeTable(columns);
    const csv = (await here.export({ table: { name: table } })).csv(table);
    for (const column of Object.keys(columns)) {
      const hex = await said(table, `HEX(${column})`);
      expect(cells(csv, column)).toEqual(
        hex.map((value) => (value === null ? null : Buffer.from(value, 'hex').toString('base64'))),
      );
    }
    expect(cells(csv, 'b')[1]).toBe(Buffer.from('a\0\0\0\0\0').toString('base64'));
  });

  it('as hex', async () => {
    const csv = await expectAsSaid(columns, (column) => `LOWER(HEX(${column}))`, { binary: 'hex' });
    expect(cells(csv, 'b')[0]).toBe('00ff0a000000');
  });

  it('GEOMETRY as WKT', async () => {
    const wkt = (text: string): string =>
      `GeomFromText('${text}')`.replace(/^/, server.version[0] === 5 ? '' : 'ST_');
    const csv = await expectAsSaid(
      {
        g: ['GEOMETRY', wkt('POINT(1 2)'), wkt('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')],
        p: ['POINT', wkt('POINT(1.25 -2.5)')],
        l: ['LINESTRING', wkt('LINESTRING(0 0,1 1,2 0)')],
        y: ['POLYGON', wkt('POLYGON((0 0,0 3,3 3,0 0))')],
        mp: ['MULTIPOINT', wkt('MULTIPOINT(0 0,1 1)')],
        c: ['GEOMETRYCOLLECTION', wkt('GEOMETRYCOLLECTION(POINT(0 0))')],
      },
      (column) => `${server.version[0] === 5 ? '' : 'ST_'}AsText(${column})`,
    );
    expect(cells(csv, 'p')[0]).toMatch(/^POINT ?\(1.25 -2.5\)$/);
  });
});

describe('columns of their own kind', () => {
  it('generated ones are read, invisible ones only by name', async () => {
    const { flavor, version } = server;
    const generates = flavor === 'mariadb' || version[0] > 5;
    if (!generates) {
      // MySQL 5.6 knows neither: a view computes there.
      await sql('CREATE TABLE own_base (id INT PRIMARY KEY, a INT); INSERT INTO own_base VALUES (1, 20)');
      await sql('CREATE VIEW own AS SELECT id, a, a * 2 AS v FROM own_base');
      expect((await here.export({ table: { name: 'own' } })).csv('own').rows).toEqual([['1', '20', '40']]);
      return;
    }
    await sql(
      'CREATE TABLE own (id INT PRIMARY KEY, a INT, v INT GENERATED ALWAYS AS (a * 2) VIRTUAL, ' +
        `s INT GENERATED ALWAYS AS (a * 3) STORED, h INT ${flavor === 'mariadb' ? 'INVISIBLE DEFAULT 9' : 'DEFAULT 9 INVISIBLE'})`,
    );
    await sql('INSERT INTO own (id, a) VALUES (1, 20)');
    expect((await here.export({ table: { name: 'own' } })).csv('own')).toEqual({
      header: ['id', 'a', 'v', 's'],
      rows: [['1', '20', '40', '60']],
    });
    const named = await here.export({ table: { name: 'own', columns: ['h', 'v'] } });
    expect(named.csv('own')).toEqual({ header: ['h', 'v'], rows: [['9', '40']] });
  });
});

describe('rows beyond 16 MB', () => {
  const longest = 0xffffff; // of one packet; a longer row comes in several

  it.each([
    ['20 MB', 20_000_000],
    ['one byte less than a packet', longest - 4 - 1],
    ['exactly one packet, and an empty one behind it', longest - 4],
    ['one byte more than a packet', longest - 4 + 1],
    ['exactly two packets', 2 * longest - 9],
  ])('%s', async (_, length) => {
    const table = await makeTable({ t: ['LONGTEXT', "'before'", 'NULL', "'behind'"] });
    // Grown inside the server, so that no statement is larger than its max_allowed_packet.
    await sql(
      `UPDATE ${table} SET t = RIGHT(REPEAT('0123456789abcdef,"', ${Math.ceil(length / 18)}), ${length}) WHERE id = 1`,
    );
    const { csv, objects } = await here.export({ table: { name: table, columns: ['t'], split_order: 'id' } });
    const found = csv(table).rows;
    expect(found.length).toBe(3);
    expect([found[0]![0], found[2]![0]]).toEqual(['before', 'behind']);
    expect(found[1]![0]!.length).toBe(length);
    const [row] = await sql(`SELECT CRC32(t) AS crc FROM ${table} WHERE id = 1`);
    expect(crc32(found[1]![0]!)).toBe(Number(row!['crc']));
    expect(objects).toHaveLength(1);
  });
});

describe('a custom query', () => {
  it('returns each kind as a table does', async () => {
    const table = await makeTable({
      i: ['BIGINT UNSIGNED', '18446744073709551615'],
      de: ['DECIMAL(20,5)', '-1.50000'],
      fl: ['FLOAT', '0.1'],
      fd: ['FLOAT(7,2)', '1.10'],
      db: ['DOUBLE', '1e-310'],
      da: ['DATE', "'2024-02-29'"],
      dt: ['DATETIME(6)', "'2024-02-29 01:02:03.000004'"],
      ts: ['TIMESTAMP(3) NULL', "'2024-02-29 01:02:03.004'"],
      ti: ['TIME(2)', "'-01:02:03.04'"],
      ye: ['YEAR', '2024'],
      bi: ['BIT(10)', '1023'],
      tx: ['TEXT', '\'a,"b"\''],
      en: ["ENUM('x','y')", "'y'"],
      se: ["SET('x','y')", "'x,y'"],
      bb: ['BLOB', "x'00FF'"],
      vb: ['VARBINARY(5)', "x'01'"],
      ge: ['POINT', `${server.version[0] === 5 ? '' : 'ST_'}GeomFromText('POINT(1 2)')`],
    });
    const asTable: Exported = await here.export({ table: { name: table }, output_timezone: 'Asia/Kolkata' });
    const asQuery: Exported = await here.export({
      query: { custom: `SELECT * FROM ${table} ORDER BY id` },
      output_timezone: 'Asia/Kolkata',
    });
    expect(asQuery.objects[0]!.toString()).toBe(asTable.objects[0]!.toString());
    const types = asQuery.manifest.tables[0]!.columns.map(({ type }) => type);
    expect(types.join(' ')).toBe(
      'int bigint unsigned decimal float float double date datetime timestamp time ' +
        'year bit text enum set blob varbinary geometry',
    );
  });

  it('returns what it computes', async () => {
    const { csv } = await here.export({
      task_name: 'computed',
      query: {
        custom:
          "SELECT 1 + 1 AS i, 1.10 + 1 AS d, 0.1e0 + 0.2e0 AS f, NULL AS n, 'é' AS s, CAST('2024-01-02' AS DATE) AS da, " +
          "CONCAT('a', 1) AS c, x'FF' AS b, CAST('1' AS UNSIGNED) AS u, 1 = 1 AS t, MAX(2) AS m, NOW() IS NULL AS w",
      },
    });
    expect(csv('computed').rows).toEqual([
      ['2', '2.10', '0.30000000000000004', null, 'é', '2024-01-02', 'a1', '/w==', '1', '1', '2', '0'],
    ]);
  });
});
