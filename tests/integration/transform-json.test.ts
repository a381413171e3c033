/**
 * JSON fields as columns: the same on every server, whether it reads them or they are read here. Documents stand in a
 * text column; where the server knows JSON, in a column of that type too.
 */
import type { FieldType, JsonField } from '../../src/domain/spec.ts';
import { typedText } from '../../src/extract/field-value.ts';
import { jsonDocument, jsonValueAt } from '../../src/extract/json-value.ts';
import { jsonFieldSql } from '../../src/plan/json-sql.ts';
import { readJsonPath } from '../../src/spec/json-path.ts';
import { fieldTypeOf } from '../../src/spec/value-types.ts';
import { testInstallation, type TestInstallation } from '../support/installation.ts';
import { serverVersion } from '../support/mysql.ts';

let here: TestInstallation;
let server: Awaited<ReturnType<typeof serverVersion>>;
beforeAll(async () => {
  here = await testInstallation();
  server = await serverVersion(here.database);
});
afterAll(() => here.close());

let tables = 0;

/** A table of documents, and the fields of it as they are exported. */
async function exported(
  documents: readonly (string | null)[],
  json: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
  type = 'LONGTEXT',
): Promise<(readonly (string | null)[])[]> {
  const name = `documents${tables++}`;
  const { connection } = here.database;
  await connection.query(`CREATE TABLE ${name} (id INT PRIMARY KEY, d ${type})`);
  await connection.query(`INSERT INTO ${name} VALUES ?`, [documents.map((one, index) => [index, one])]);
  const { csv } = await here.export({
    table: { name, columns: ['d'], split_order: 'id' },
    column_transformation: { d: { json, ...more } },
  });
  const { header, rows } = csv(name);
  expect(header).toEqual(Object.keys(json));
  return [...rows];
}

const cells = async (documents: readonly (string | null)[], field: unknown, more = {}, type?: string) =>
  (await exported(documents, { f: field }, more, type)).map(([cell]) => cell);

const knowsJson = (): boolean => server.flavor === 'mariadb' || server.version[0] > 5;
/** Types of columns that can hold a document here. */
const holders = (): string[] => (knowsJson() ? ['LONGTEXT', 'JSON'] : ['LONGTEXT']);

describe('a path', () => {
  it('leads to keys and elements', async () => {
    const document = '{"a": {"b": "x", "c d": [10, {"e": "y"}]}, "": 5, "x.y": 6, "Ä": 7}';
    for (const type of holders()) {
      const [row] = await exported(
        [document],
        {
          b: '$.a.b',
          first: '$.a."c d"[0]',
          e: '$.a."c d"[1].e',
          empty: '$.""',
          dotted: '$."x.y"',
          umlaut: '$.Ä',
          none: '$.a.zzz',
          beyond: '$.a."c d"[2]',
          case: '$.A',
        },
        {},
        type,
      );
      expect(row).toEqual(['x', '10', 'y', '5', '6', '7', null, null, null]);
    }
  });

  it('counts what is no array as an array of one', async () => {
    for (const type of holders())
      expect(await exported(['{"a": {"b": 1}}'], { x: '$[0].a[0].b[0]', y: '$.a[1]' }, {}, type)).toEqual([
        ['1', null],
      ]);
  });

  it('finds keys that are written with escapes', async () => {
    const document = String.raw`{"caf\u00e9": 1, "a\/b": 2, "q\"": 3, "back\\slash": 4}`;
    for (const type of holders())
      expect(
        await exported(
          [document],
          { a: '$."café"', b: '$."a/b"', c: String.raw`$."q\""`, d: String.raw`$."back\\slash"` },
          {},
          type,
        ),
      ).toEqual([['1', '2', '3', '4']]);
  });
});

describe('a text', () => {
  it('is the string, and JSON of all else; JSON null is NULL', async () => {
    const documents = [
      '{"a": "x"}',
      '{"a": ""}',
      '{"a": "null"}',
      '{"a": null}',
      '{}',
      '{"a": true}',
      '{"a": 12}',
      '{"a": [1,"b",{"c":null}]}',
      '{"a": {}}',
      '{"a": []}',
      null,
      String.raw`{"a": "l1\nl2\t\"q\" \\ \/ \u0041 \u00e9 \ud83d\ude00"}`,
      '{"a": "é😀, \u2028"}',
    ];
    for (const type of holders())
      expect(await cells(documents, '$.a', {}, type)).toEqual([
        'x',
        '',
        'null',
        null,
        null,
        'true',
        '12',
        '[1, "b", {"c": null}]',
        '{}',
        '[]',
        null,
        'l1\nl2\t"q" \\ / A é 😀',
        'é😀, \u2028',
      ]);
  });

  it('keeps every digit of a number in a text column', async () => {
    const numbers = ['1.50', '1e5', '123456789012345678901234567890.12', '18446744073709551615', '-0.0'];
    expect(
      await cells(
        numbers.map((number) => `{"a": ${number}}`),
        '$.a',
      ),
    ).toEqual(numbers);
  });

  it('is NULL where the text is no document', async () => {
    const broken = [
      '',
      'x',
      '{"a": 1',
      '{"a": 1, }',
      "{'a': 1}",
      '{"a": NaN}',
      '{"a": 01}',
      '[1] 2',
      '{"a": "\t"}',
    ];
    expect(await cells(broken, '$.a')).toEqual(broken.map(() => null));
    expect(await cells([String.raw`{"a": "\ud800"}`], '$.a')).toEqual([null]);
  });

  it('is read in any character set', async () => {
    expect(await cells(['{"a": "é"}'], '$.a', {}, 'VARCHAR(100) CHARACTER SET latin1')).toEqual(['é']);
  });
});

/** What becomes of values as JSON of each type. */
const VALUES: Readonly<Record<string, readonly (readonly [json: string, cell: string | null])[]>> = {
  int: [
    ['5', '5'],
    ['-7', '-7'],
    ['"00123"', '123'],
    ['1.0', '1'],
    ['1.5', null],
    ['1e3', '1000'],
    ['"1e3"', '1000'],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['"9223372036854775808"', null],
    ['"1e40"', null],
    ['true', null],
    ['"12a"', null],
    ['"12\\n"', null],
    ['" 12"', null],
    ['""', null],
    ['[1]', null],
    ['null', null],
  ],
  'decimal(10,2)': [
    ['5', '5.00'],
    ['"1.005"', '1.01'],
    ['"-1.005"', '-1.01'],
    ['"0.004"', '0.00'],
    ['"12345678.90"', '12345678.90'],
    ['"99999999.99"', '99999999.99'],
    ['"99999999.995"', null],
    ['"123456789"', null],
    ['"1e-2"', '0.01'],
    ['"1e400"', null],
    ['"x"', null],
  ],
  'decimal(30,20)': [['"1234567890.12345678901234567890"', '1234567890.12345678901234567890']],
  double: [
    ['0.1', '0.1'],
    ['"0.30000000000000004"', '0.30000000000000004'],
    ['"1e15"', '1e15'],
    ['100000000000000', '100000000000000'],
    ['"-2.5e-7"', '-0.00000025'],
    ['"1e-16"', '1e-16'],
    ['"-0"', '0'],
    ['"1e400"', null],
    ['"1.7e308"', '1.7e308'],
    ['"x"', null],
  ],
  boolean: [
    ['true', '1'],
    ['false', '0'],
    ['"true"', '1'],
    ['1', '1'],
    ['0', '0'],
    ['"TRUE"', null],
    ['"true "', null],
    ['2', null],
    ['null', null],
  ],
  date: [
    ['"2024-02-29"', '2024-02-29'],
    ['"2024-02-29T23:59:59Z"', '2024-02-29'],
    ['"2023-02-29"', null],
    ['"2024-13-01"', null],
    ['"2024-2-9"', null],
    ['"2024-02-29x"', null],
    ['"2024-02-29\\n"', null],
    ['20240229', null],
  ],
  datetime: [
    ['"2024-02-29T23:59:59"', '2024-02-29 23:59:59.000000'],
    ['"2024-02-29 23:59:59.5"', '2024-02-29 23:59:59.500000'],
    ['"2024-02-29T23:59:59.123456789Z"', '2024-02-29 23:59:59.123456'],
    ['"2024-02-29T23:30:00+02:00"', '2024-02-29 21:30:00.000000'],
    ['"2024-02-29T23:30:00.25-05:30"', '2024-03-01 05:00:00.250000'],
    ['"2024-02-29"', '2024-02-29 00:00:00.000000'],
    ['"2024-02-29T23:59"', '2024-02-29 23:59:00.000000'],
    ['"2024-02-29T24:00:00"', null],
    ['"2024-02-29T23:59:60"', null],
    ['"2023-02-29T00:00:00"', null],
    ['"x"', null],
  ],
  json: [
    ['{"a":[1, 2]}', '{"a": [1, 2]}'],
    ['"x"', '"x"'],
    ['12', '12'],
    ['null', null],
  ],
};

describe.each(Object.entries(VALUES))('a field of type %s', (type, values) => {
  it('is exact, or NULL', async () => {
    const documents = values.map(([json]) => `{"v":${json}}`);
    for (const holder of holders()) {
      const found = await cells(documents, { path: '$.v', type }, {}, holder);
      expect(found.map((cell, index) => [values[index]![0], cell])).toEqual(values);
    }
  });

  it('is the same by the server and here', async () => {
    if (!knowsJson()) return expect(server.version).toEqual([5, 6]);
    const field: JsonField = { name: 'f', path: pathOf('$.v'), type: typeOf(type) };
    const { sql } = jsonFieldSql({ sql: 'd', mysqlType: 'json', kind: 'json', nullable: true }, field);
    const [rows] = await here.database.connection.query({
      sql: `SET SESSION sql_mode = ''; ${values.map(([json]) => `SELECT ${sql} AS f FROM (SELECT ${documentSql(json)} AS d) q`).join(' UNION ALL ')}`,
      rowsAsArray: true,
      typeCast: (cell: { string(encoding: string): string | null }) => cell.string('utf8'),
    });
    const [, results] = rows as unknown as [unknown, (string | null)[][]];
    expect(results.map(([cell]) => cell)).toEqual(
      values.map(([json]) => {
        const value = jsonValueAt(jsonDocument(Buffer.from(`{"v":${json}}`))!, field.path);
        if (value === null) return null;
        return type === 'json' ? value.json : typedText(value.text, field.type);
      }),
    );
  });
});

function documentSql(json: string): string {
  const text = here.database.connection.escape(`{"v":${json}}`);
  return server.flavor === 'mariadb' ? text : `CAST(${text} AS JSON)`;
}

function pathOf(text: string): JsonField['path'] {
  const { path } = readJsonPath(text);
  if (path === null) throw new Error(`${text} is no path`);
  return path;
}

function typeOf(text: string): FieldType {
  const type = fieldTypeOf(text);
  if (type === null) throw new Error(`${text} is no type`);
  return type;
}

it('the columns have the types that were asked for', async () => {
  const json = Object.fromEntries(
    ['text', ...Object.keys(VALUES)].map((type) => [type, { path: '$.v', type }]),
  );
  for (const holder of holders()) {
    await here.database.connection.query(`CREATE TABLE typed${holder} (id INT PRIMARY KEY, d ${holder})`);
    const { manifest } = await here.export({
      table: { name: `typed${holder}`, columns: ['d'] },
      column_transformation: { d: { json } },
    });
    expect(manifest.tables[0]!.columns.map(({ type }) => type)).toEqual([
      'longtext',
      'bigint',
      'decimal(10,2)',
      'decimal(30,20)',
      'double',
      'tinyint(1)',
      'date',
      'datetime(6)',
      'json',
    ]);
  }
});

describe('the document itself', () => {
  it('stays in front of its fields where it is wanted, under another name if need be', async () => {
    await here.database.connection.query(
      'CREATE TABLE kept (id INT PRIMARY KEY, d LONGTEXT, z INT); INSERT INTO kept VALUES (1, \'{"a": 1}\', 2)',
    );
    const { csv } = await here.export({
      table: { name: 'kept' },
      column_transformation: {
        d: { json: { a: '$.a', whole: { path: '$', type: 'json' } }, keep: true, rename: 'doc' },
      },
    });
    expect(csv('kept')).toEqual({
      header: ['id', 'doc', 'a', 'whole', 'z'],
      rows: [['1', '{"a": 1}', '1', '{"a": 1}', '2']],
    });
  });

  it('is nested in jsonl, and so are fields of type json', async () => {
    await here.database.connection.query(
      'CREATE TABLE nested (id INT PRIMARY KEY, d LONGTEXT); INSERT INTO nested VALUES (1, \'{"a": {"b": [1]}, "c": 2.5, "s": "x"}\')',
    );
    const { objects } = await here.export({
      table: { name: 'nested' },
      output_file_format: 'jsonl',
      column_transformation: {
        d: { json: { a: { path: '$.a', type: 'json' }, c: { path: '$.c', type: 'decimal(5,2)' }, s: '$.s' } },
      },
    });
    expect(objects[0]!.toString()).toBe('{"id":1,"a":{"b": [1]},"c":2.50,"s":"x"}\n');
  });
});

it('fields are trimmed, given a default and masked, all of them', async () => {
  const documents = ['{"a": "  x y ", "n": 1}', '{}', null];
  for (const type of holders()) {
    const json = { a: '$.a', n: { path: '$.n', type: 'int' } };
    expect(await exported(documents, json, { trim: true, default: 7 }, type)).toEqual([
      ['x y', '1'],
      ['7', '7'],
      ['7', '7'],
    ]);
    expect(await exported(documents, { a: '$.a' }, { trim: true, mask: 'last4' }, type)).toEqual([
      ['x y'],
      [null],
      [null],
    ]);
    const money = { price: { path: '$.n', type: 'decimal(5,2)' } };
    expect(await exported(documents, money, { default: 0 }, type)).toEqual([['1.00'], ['0.00'], ['0.00']]);
    const times = { at: { path: '$.x', type: 'datetime' } };
    expect(await exported(['{}'], times, { default: '1970-01-01T00:00:00' }, type)).toEqual([
      ['1970-01-01 00:00:00.000000'],
    ]);
    const flags = { yes: { path: '$.x', type: 'boolean' } };
    expect(await exported(['{}'], flags, { default: true }, type)).toEqual([['1']]);
  }
});
