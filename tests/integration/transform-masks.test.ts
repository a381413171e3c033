/** Masks: held against node's own hashes, and that nothing shows the key or what is masked. */
import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { testInstallation, type TestInstallation } from '../support/installation.ts';

const KEY = 'a-key-of-this-test-0123456789';

let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation({ config: { masking: { hmac_key: KEY } } });
});
afterAll(() => here.close());

/** Column, SQL of a value, and the text or the bytes that are hashed. */
const VALUES: readonly (readonly [type: string, value: string, hashed: string | Buffer])[] = [
  ['INT', '-5', '-5'],
  ['BIGINT UNSIGNED', '18446744073709551615', '18446744073709551615'],
  ['DECIMAL(30,10)', '12345678901234567890.0123456789', '12345678901234567890.0123456789'],
  ['DOUBLE', '0.1', '0.1'],
  ['DOUBLE', '1e20', '1e20'],
  ['FLOAT', '0.1', '0.10000000149011612'],
  ['DOUBLE(10,2)', '1.5', '1.5'],
  ['YEAR', '2024', '2024'],
  ['BIT(10)', "b'1000000001'", '513'],
  ['DATE', "'2024-02-29'", '2024-02-29'],
  ['DATETIME(3)', "'2024-02-29 01:02:03.004'", '2024-02-29 01:02:03.004'],
  ['TIMESTAMP(6) NULL', "'2024-02-29 01:02:03.000004'", '2024-02-29 01:02:03.000004'],
  ['TIME(2)', "'-838:59:58.99'", '-838:59:58.99'],
  ['VARCHAR(50)', "'é😀 \\n'", 'é😀 \n'],
  ['VARCHAR(50)', "''", ''],
  ['VARCHAR(50) CHARACTER SET latin1', "'é€'", 'é€'],
  ['VARCHAR(50) CHARACTER SET utf16', "'é😀'", 'é😀'],
  ['MEDIUMTEXT', "REPEAT('ab', 40000)", 'ab'.repeat(40_000)],
  ["ENUM('x','ö')", "'ö'", 'ö'],
  ["SET('x','y')", "'x,y'", 'x,y'],
  ['BLOB', "x'00FF'", Buffer.from([0, 255])],
  ['VARBINARY(5)', "x'01'", Buffer.from([1])],
];

let tables = 0;

async function masked(
  mask: string,
  values: readonly (readonly [type: string, value: string, ...unknown[]])[],
): Promise<{ cells: readonly (string | null)[]; nulls: readonly (string | null)[]; types: string[] }> {
  const name = `masked${tables++}`;
  const { connection } = here.database;
  const columns = values.map(([type], index) => `c${index} ${type}`);
  await connection.query(
    `CREATE TABLE ${name} (id INT PRIMARY KEY, ${columns.join(', ')}) ROW_FORMAT=DYNAMIC`,
  );
  await connection.query("SET time_zone = '+00:00'");
  await connection.query(
    `INSERT INTO ${name} VALUES (1, ${values.map(([, value]) => value).join(', ')}), (2, ${values.map(() => 'NULL').join(', ')})`,
  );
  const names = values.map((_, index) => `c${index}`);
  const { csv, manifest } = await here.export({
    table: { name, columns: names, split_order: 'id' },
    output_timezone: 'Asia/Tokyo',
    column_transformation: Object.fromEntries(names.map((column) => [column, { mask }])),
  });
  const { header, rows } = csv(name);
  expect(header).toEqual(names);
  return {
    cells: rows[0]!,
    nulls: rows[1]!,
    types: manifest.tables[0]!.columns.map(({ type }) => type),
  };
}

const nothing = VALUES.map(() => null);

it('sha256 is the SHA-256 of the text, or of the bytes', async () => {
  const { cells, nulls, types } = await masked('sha256', VALUES);
  expect(cells).toEqual(VALUES.map(([, , hashed]) => createHash('sha256').update(hashed).digest('hex')));
  expect(nulls).toEqual(nothing);
  expect(new Set(types)).toEqual(new Set(['char(64)']));
});

it('hmac is the HMAC-SHA-256 with the key of the config', async () => {
  const { cells, nulls } = await masked('hmac', VALUES);
  expect(cells).toEqual(VALUES.map(([, , hashed]) => createHmac('sha256', KEY).update(hashed).digest('hex')));
  expect(nulls).toEqual(nothing);
});

it.each([1, 63, 64, 65, 200])('hmac takes a key of %i characters', async (length) => {
  const key = 'kö'.repeat(length).slice(0, length);
  const other = await testInstallation({ config: { masking: { hmac_key: key } } });
  try {
    await other.database.connection.query("CREATE TABLE t (a VARCHAR(9)); INSERT INTO t VALUES ('x')");
    const { csv } = await other.export({
      table: { name: 't' },
      column_transformation: { a: { mask: 'hmac' } },
    });
    expect(csv('t').rows).toEqual([[createHmac('sha256', key).update('x').digest('hex')]]);
  } finally {
    await other.close();
  }
});

it('hmac of a JSON field is the same, whoever reads the document', async () => {
  await here.database.connection.query(
    'CREATE TABLE people (id INT PRIMARY KEY, d LONGTEXT); INSERT INTO people VALUES (1, \'{"ssn": "é-1", "n": 1.50}\'), (2, NULL)',
  );
  const json = { ssn: '$.ssn', n: { path: '$.n', type: 'decimal(5,1)' } };
  const { csv } = await here.export({
    table: { name: 'people', columns: ['d'], split_order: 'id' },
    column_transformation: { d: { json, keep: true, mask: 'hmac' } },
  });
  const hmac = (text: string): string => createHmac('sha256', KEY).update(text).digest('hex');
  expect(csv('people').rows).toEqual([
    [hmac('{"ssn": "é-1", "n": 1.50}'), hmac('é-1'), hmac('1.5')],
    [null, null, null],
  ]);
});

it('last4 leaves the last four characters', async () => {
  const values = [
    ['VARCHAR(50)', "'4111111111111111'"],
    ['VARCHAR(50)', "'äöü😀é1😀x'"],
    ['VARCHAR(50)', "'abcd'"],
    ['VARCHAR(50)', "'abc'"],
    ['VARCHAR(50)', "''"],
    ['BIGINT', '4111111111111111'],
    ['DATE', "'2024-02-29'"],
    ['VARCHAR(50) CHARACTER SET latin1', "'straßé'"],
  ] as const;
  const { cells, nulls } = await masked('last4', values);
  expect(cells).toEqual([
    '************1111',
    '****é1😀x',
    'abcd',
    'abc',
    '',
    '************1111',
    '******2-29',
    '**raßé',
  ]);
  expect(nulls).toEqual(values.map(() => null));
});

it('redact is one word, null is NULL of the same type', async () => {
  const redacted = await masked('redact', VALUES);
  expect(redacted.cells).toEqual(VALUES.map(() => 'REDACTED'));
  expect(redacted.nulls).toEqual(nothing);
  const { cells, nulls, types } = await masked('null', VALUES.slice(0, 3));
  expect([cells, nulls]).toEqual([
    [null, null, null],
    [null, null, null],
  ]);
  expect(types[2]).toBe('decimal(30,10)');
});

it('last4 refuses bytes', async () => {
  await here.database.connection.query('CREATE TABLE bytes (a BLOB)');
  const { error } = await here.run({
    table: { name: 'bytes' },
    column_transformation: { a: { mask: 'last4' } },
  });
  expect(error).toMatchObject({
    code: 'TRANSFORM_UNFIT',
    message: 'column_transformation a: mask "last4" shows characters, and the value is blob.',
  });
});

it('a filter on a masked column works, and shows the value nowhere but in itself', async () => {
  await here.database.connection.query(
    "CREATE TABLE mails (id INT PRIMARY KEY, mail VARCHAR(50)); INSERT INTO mails VALUES (1, 'b@example.com'), (2, 'a@example.com'), (3, NULL)",
  );
  const { csv, manifest } = await here.export({
    table: { name: 'mails', filters: { mail: { condition: 'like', metric: 'a%' } }, split_order: 'mail' },
    column_transformation: { mail: { mask: 'redact' } },
  });
  expect(csv('mails').rows).toEqual([['2', 'REDACTED']]);
  expect(JSON.stringify(manifest)).not.toContain('a@example.com');
});

describe('the key', () => {
  const fields = (): Record<string, unknown> => ({
    task_name: 'keyed',
    table: { name: 'keyed' },
    column_transformation: { a: { mask: 'hmac' } },
  });

  it('stands in no SQL, manifest, report or log', async () => {
    await here.database.connection.query("CREATE TABLE keyed (a VARCHAR(9)); INSERT INTO keyed VALUES ('x')");
    const { manifest, report } = await here.export(fields());
    const log = readFileSync(`${here.stateDir}/../logs/keyed/keyed_${stampOf(report.manifest!)}.log`, 'utf8');
    expect(manifest.tables[0]!.sql).toContain('@tidemark_hmac_inner');
    const shown = [JSON.stringify(manifest), JSON.stringify(report), log].join('\n');
    for (const secret of [KEY, ...paddings()]) expect(shown.toLowerCase()).not.toContain(secret);
  });

  it('is missed before anything is read', async () => {
    const without = await testInstallation();
    try {
      const { error } = await without.run(fields());
      expect(error).toMatchObject({
        code: 'CONFIG_INVALID',
        hint: expect.stringContaining('masking.hmac_key'),
      });
    } finally {
      await without.close();
    }
  });

  it('is not set where nothing asks for it', async () => {
    const { csv } = await here.export({
      query: { custom: 'SELECT @tidemark_hmac_inner AS k' },
      task_name: 'asked',
    });
    expect(csv('asked').rows).toEqual([[null]]);
  });
});

function stampOf(manifestKey: string): string {
  return /_manifest_(\d+)\.json$/.exec(manifestKey)![1]!;
}

/** The padded keys in hexadecimal, as the session gets them. */
function paddings(): string[] {
  const block = Buffer.alloc(64);
  block.write(KEY);
  return [0x36, 0x5c].map((pad) =>
    Buffer.from(block.map((byte) => byte ^ pad))
      .toString('hex')
      .slice(0, 40),
  );
}
