/**
 * Tables that are cut into ranges, of every type and in every order that a server may have: what the ranges return one
 * after the other is what the whole table returns, row by row, and none is twice as large as another.
 */
import type { RowDataPacket } from 'mysql2';
import type { ExportPlan, Plan } from '../../src/domain/plan.ts';
import { identifyRun, makePlan } from '../../src/planner.ts';
import type { Snapshot } from '../../src/ports.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { NEVER, testInstallation, type TestInstallation } from '../support/installation.ts';
import { serverVersion } from '../support/mysql.ts';
import { NO_MEMORY, slotOf } from '../support/runs.ts';

const ROWS = 20_000;

let here: TestInstallation;
let server: Awaited<ReturnType<typeof serverVersion>>;
beforeAll(async () => {
  here = await testInstallation();
  server = await serverVersion(here.database);
  await sql(`SET SESSION sql_mode = '', SESSION time_zone = '+00:00'`);
  await sql('CREATE TABLE numbers (n INT PRIMARY KEY)');
  await sql('INSERT INTO numbers VALUES (0)');
  for (let size = 1; size < ROWS; size *= 2)
    await sql(`INSERT INTO numbers SELECT n + ${size} FROM numbers WHERE n + ${size} < ${ROWS}`);
});
afterAll(() => here.close());

const sql = async (text: string): Promise<RowDataPacket[]> =>
  (await here.database.connection.query<RowDataPacket[]>(text))[0];

/** A table with an index on `k`, filled with `value`, an expression of `n`. */
async function fill(name: string, type: string, value: string, options = ''): Promise<void> {
  await sql(
    `CREATE TABLE ${name} (id INT AUTO_INCREMENT PRIMARY KEY, k ${type}, pad VARCHAR(100), KEY (k, id)) ${options}`,
  );
  await sql(
    `INSERT INTO ${name} (k, pad) SELECT ${value}, REPEAT('x', 80) FROM numbers ORDER BY n * 7919 % ${ROWS}`,
  );
  await sql(`ANALYZE TABLE ${name}`);
}

interface Planned {
  readonly plan: Plan;
  readonly table: ExportPlan;
  readonly snapshot: Snapshot;
}

async function planned<T>(
  fields: Readonly<Record<string, unknown>>,
  look: (found: Planned) => Promise<T>,
): Promise<T> {
  const spec = here.spec({ task_name: 'cut', parallelism: 4, batch_threshold_mb: 0.05, ...fields });
  const snapshot = await mysqlSource(here.source).open(NEVER);
  try {
    const run = identifyRun(slotOf(new Date('2024-03-04T05:06:07Z')));
    const settings = here.installation.settings(spec);
    const plan = await makePlan(spec, snapshot, run, NO_MEMORY, settings, NEVER);
    return await look({ plan, table: plan.exports[0]!, snapshot });
  } finally {
    await snapshot.close();
  }
}

/** The ids that a SELECT returns, in its order. */
async function ids(snapshot: Snapshot, select: string): Promise<string[]> {
  return (await snapshot.keys.texts(select)).map((row) => row[0]!);
}

/** Ids of each range; what they are together has been held against the whole. */
async function idsOfRanges({ table, snapshot }: Planned): Promise<string[][]> {
  expect(table.sequential).toBeUndefined();
  expect(table).toMatchObject({ batched: true, keyPattern: expect.stringContaining('{batch}') });
  const found: string[][] = [];
  for (const range of table.ranges!) found.push(await ids(snapshot, range.sql));
  expect(found.flat()).toEqual(await ids(snapshot, table.sql));
  const borders = table.ranges!.map(({ range }) => [range.from, range.to]);
  expect(borders.slice(1).map(([from]) => from)).toEqual(borders.slice(0, -1).map(([, to]) => to));
  expect([borders[0]![0], borders.at(-1)![1]]).toEqual([null, null]);
  return found;
}

const BY_KEY = { columns: ['id'], split_order: ['k', 'id'] };
const UUID =
  "CONCAT_WS('-', LEFT(SHA2(n, 256), 8), MID(SHA2(n, 256), 9, 4), MID(SHA2(n, 256), 13, 4), MID(SHA2(n, 256), 17, 4), RIGHT(SHA2(n, 256), 12))";
const WORDS =
  "CONCAT(ELT(n % 11 + 1, 'Smith', 'SMITH', 'müller', 'Muller', 'Ångström', 'zoe', 'Zoë', 'œuvre', '李', 'Иван', 'O''Neil'), ' ', n DIV 3)";
const LATIN = "CONCAT(ELT(n % 6 + 1, 'Äpfel', 'apfel', 'Öl', 'zebra', 'ñu', 'nu'), n * n)";

/** Name, type, value. */
const EVEN: readonly (readonly [string, string, string])[] = [
  ['dense', 'INT', 'n'],
  ['negative', 'SMALLINT', 'n - 10000'],
  ['skewed', 'BIGINT UNSIGNED', 'POW(n, 4)'],
  ['clustered', 'BIGINT', '(n DIV 1000) * 1000000000000 + n % 1000'],
  ['extremes', 'BIGINT', 'ELT(LEAST(n, 2) + 1, -9223372036854775808, 9223372036854775807, n)'],
  ['highest', 'BIGINT UNSIGNED', '18446744073709551615 - n * 3'],
  ['decimals', 'DECIMAL(30,6)', '(n - 9999) * 12345678.901234'],
  ['dates', 'DATE', "IF(n < 20, '0000-00-00', '1995-01-01' + INTERVAL n DIV 10 DAY)"],
  [
    'partial',
    'DATE',
    "CASE n % 100 WHEN 1 THEN '2001-00-00' WHEN 2 THEN '2001-02-00' ELSE '1999-01-01' + INTERVAL n DIV 7 DAY END",
  ],
  [
    'mostly_partial',
    'DATE',
    "IF(n % 2, CONCAT('2024-00-', LPAD(n % 31 + 1, 2, '0')), '2024-01-01' + INTERVAL n DIV 10 DAY)",
  ],
  ['times', 'DATETIME(6)', "'2020-01-01' + INTERVAL n * n MICROSECOND"],
  ['instants', 'TIMESTAMP NULL', "'2020-03-29' + INTERVAL n * 17 SECOND"],
  ['uuids', 'CHAR(36) CHARACTER SET ascii', UUID],
  ['binary_ids', 'BINARY(16)', 'UNHEX(LEFT(SHA2(n, 256), 32))'],
  ['bytes', 'VARBINARY(40)', 'CONCAT(CHAR(n % 3), REPEAT(CHAR(0), n % 4), UNHEX(HEX(n * n)))'],
  ['general_ci', 'VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci', WORDS],
  ['unicode_ci', 'VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci', WORDS],
  ['code_points', 'VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin', WORDS],
  ['three_bytes', 'VARCHAR(60) CHARACTER SET utf8 COLLATE utf8_swedish_ci', WORDS],
  ['latin', 'VARCHAR(60) CHARACTER SET latin1 COLLATE latin1_german1_ci', LATIN],
  ['two_bytes', 'VARCHAR(60) CHARACTER SET ucs2 COLLATE ucs2_general_ci', LATIN],
  [
    'spaces',
    'VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci',
    "CONCAT('a', n DIV 4, REPEAT(' ', n % 3), IF(n % 4 = 0, CHAR(9), ''))",
  ],
  [
    'urls',
    'VARCHAR(180) CHARACTER SET utf8mb4',
    "CONCAT('https://www.example.com/', ELT(n % 3 + 1, 'a', 'catalogue', 'zz'), '/?id=', n * 31)",
  ],
];

it.each(EVEN)('cuts %s (%s) without a gap, without an overlap, evenly', async (name, type, value) => {
  await fill(name, type, value);
  await planned({ table: { name, ...BY_KEY } }, async (found) => {
    const counts = (await idsOfRanges(found)).map(({ length }) => length);
    expect(counts.length).toBeGreaterThanOrEqual(4);
    expect(Math.max(...counts) / Math.min(...counts)).toBeLessThanOrEqual(2);
  });
});

it('cuts texts that differ only behind what servers sort by', async () => {
  // The first kilobyte of the weights is that of 512 letters.
  const value = "CONCAT(REPEAT('lamb', 135), LPAD(n, 5, '0'))";
  const type = 'VARCHAR(600) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci';
  await fill('alike', type, value, 'ROW_FORMAT=DYNAMIC');
  await planned({ table: { name: 'alike', ...BY_KEY }, batch_threshold_mb: 0.3 }, async (found) => {
    const { snapshot, table } = found;
    expect(await ids(snapshot, 'SELECT @@session.max_sort_length')).toEqual(
      await ids(snapshot, 'SELECT @@global.max_sort_length'),
    );
    // Older servers have no index of so many bytes.
    if (server.flavor === 'mysql' && server.version[0] < 8)
      return expect(table.sequential).toContain('has no index');
    expect((await idsOfRanges(found)).length).toBeGreaterThan(3);
  });
});

it('neither loses nor doubles a row where letters have no place in Unicode', async () => {
  // What they are in sjis sorts behind all letters; they arrive as `?`, which sorts before them.
  const value = "CONCAT(n DIV 90, ELT(n % 3 + 1, x'FA40', 'k', x'FC4B'), n)";
  await fill('unmapped', 'VARCHAR(40) CHARACTER SET sjis', `CONVERT(${value} USING sjis)`);
  await planned({ table: { name: 'unmapped', ...BY_KEY }, batch_threshold_mb: 0.02 }, idsOfRanges);
});

it('cuts the collations that only newer servers have', async () => {
  const [major] = server.version;
  const newest =
    server.flavor === 'mysql'
      ? major >= 8
        ? ['utf8mb4_0900_ai_ci', 'utf8mb4_0900_as_cs', 'utf8mb4_de_pb_0900_ai_ci']
        : ['utf8mb4_unicode_520_ci']
      : major > 10 || (major === 10 && server.version[1] >= 10)
        ? ['utf8mb4_uca1400_ai_ci', 'utf8mb4_uca1400_as_cs', 'utf8mb4_uca1400_swedish_nopad_ai_ci']
        : ['utf8mb4_unicode_nopad_ci'];
  for (const collation of newest) {
    const name = `of_${collation}`;
    await fill(name, `VARCHAR(60) CHARACTER SET utf8mb4 COLLATE ${collation}`, WORDS);
    await planned({ table: { name, ...BY_KEY } }, async (found) => {
      const counts = (await idsOfRanges(found)).map(({ length }) => length);
      expect(Math.max(...counts) / Math.min(...counts)).toBeLessThanOrEqual(2);
    });
  }
});

it('reads NULL in the first range, and nothing else there where NULL is many', async () => {
  await fill('nulls', 'INT', 'IF(n % 2 = 0, NULL, n)');
  await planned({ table: { name: 'nulls', ...BY_KEY } }, async (found) => {
    const [first, ...others] = await idsOfRanges(found);
    const [row] = await sql('SELECT COUNT(*) AS n FROM nulls WHERE k IS NULL');
    expect(first).toHaveLength(Number(row!['n']));
    expect(Math.max(...others.map(({ length }) => length))).toBeLessThan(first!.length);
    expect(found.table.ranges![0]!.sql).toContain('OR `k` IS NULL)');
  });
});

it('gives a value that is larger than a range one of its own', async () => {
  await fill(
    'ties',
    'VARCHAR(30) COLLATE utf8mb4_general_ci',
    "IF(n % 2 = 0, ELT(n % 3 + 1, 'Same', 'same', 'SAME '), CONCAT('s', n))",
  );
  await planned({ table: { name: 'ties', ...BY_KEY } }, async (found) => {
    const counts = (await idsOfRanges(found)).map(({ length }) => length);
    const others = counts.filter((count) => count < ROWS / 2);
    expect(counts.length - others.length).toBe(1);
    expect(Math.max(...counts)).toBeLessThan(ROWS / 2 + ROWS / 10);
    expect(others.length).toBeGreaterThan(2);
  });
});

it('cuts what filters and windows leave', async () => {
  const cut = {
    columns: ['id'],
    filters: {
      pad: { condition: 'like', metric: 'x%' },
      k: [
        { condition: '<', metric: 15_000 },
        { condition: '!=', metric: 7 },
      ],
    },
    cdc: { k: 4000 },
    split_order: ['k', 'id'],
  };
  await planned({ table: { name: 'dense', ...cut }, batch_threshold_mb: 0.004 }, async (found) => {
    const counts = (await idsOfRanges(found)).map(({ length }) => length);
    expect(counts.reduce((sum, one) => sum + one, 0)).toBe(10_999);
    expect(Math.max(...counts) / Math.min(...counts)).toBeLessThanOrEqual(2);
    expect(counts.length).toBeGreaterThanOrEqual(4);
  });
});

it('cuts by the primary key where no order is given, beside a transformation of that very column', async () => {
  const fields = {
    table: { name: 'dense', columns: ['id', 'pad'] },
    column_transformation: { id: { sql: 'id * -1' }, pad: { rename: 'k' } },
  };
  await planned(fields, async ({ table, snapshot }) => {
    const values: string[] = [];
    for (const { sql: select, range } of table.ranges!) {
      expect(range.column).toBe('id');
      values.push(...(await ids(snapshot, select)));
    }
    expect(values).toEqual(Array.from({ length: ROWS }, (_, at) => String(-1 - at)));
    expect(table.rangeKey).toEqual({ cell: null, unique: true });
  });
});

it('cuts a partitioned table', async () => {
  await sql('CREATE TABLE parted (id INT PRIMARY KEY, pad VARCHAR(100)) PARTITION BY HASH (id) PARTITIONS 5');
  await sql("INSERT INTO parted SELECT n, REPEAT('x', 80) FROM numbers");
  await sql('ANALYZE TABLE parted');
  await planned({ table: { name: 'parted', columns: ['id'] } }, async (found) => {
    const counts = (await idsOfRanges(found)).map(({ length }) => length);
    expect(Math.max(...counts) / Math.min(...counts)).toBeLessThanOrEqual(2);
  });
});

describe('says why it reads a table as a whole', () => {
  const why = (fields: Readonly<Record<string, unknown>>): Promise<string | undefined> =>
    planned(fields, async ({ table }) => {
      expect(table).not.toHaveProperty('ranges');
      return table.sequential;
    });
  const of = (
    split_order: string | null,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<string | undefined> => why({ table: { name: 'kinds', split_order }, ...more });
  beforeAll(async () => {
    await sql(
      "CREATE TABLE kinds (id INT PRIMARY KEY, price DOUBLE, kind ENUM('a','b'), note TEXT, unindexed INT, email VARCHAR(40), hidden INT, at DATETIME, KEY (price), KEY (kind), KEY (email), KEY (at), KEY (note(10)))",
    );
    await sql(
      "INSERT INTO kinds SELECT n, n / 7, 'a', REPEAT('x', 80), n, CONCAT(n, '@example.com'), n, '2020-01-01' + INTERVAL n SECOND FROM numbers",
    );
    await sql('ANALYZE TABLE kinds');
    await sql('CREATE VIEW seen AS SELECT * FROM kinds');
    await sql('CREATE TABLE small (id INT PRIMARY KEY)');
    await sql('INSERT INTO small VALUES (1), (2)');
    await sql('CREATE TABLE keyless (n INT)');
    await sql('CREATE TABLE old (id INT PRIMARY KEY) ENGINE = MyISAM');
    await sql(
      "CREATE TABLE one_value (id INT PRIMARY KEY, k INT, pad VARCHAR(100), KEY (k)) AS SELECT n AS id, 5 AS k, REPEAT('x', 80) AS pad FROM numbers",
    );
    await sql('ANALYZE TABLE one_value');
  });

  it('of the column', async () => {
    expect(await of('price')).toMatch(/^kinds\.price is double: ranges need a column of whole numbers/);
    expect(await of('kind')).toMatch(/^kinds\.kind is enum/);
    expect(await of('note')).toMatch(/^kinds\.note is text/);
    const database = here.database.name;
    expect(await of('unindexed')).toBe(
      `kinds.unindexed has no index, so each range would look at the whole table. CREATE INDEX \`kinds_unindexed\` ON \`${database}\`.\`kinds\` (\`unindexed\`);`,
    );
    expect(await of('email', { column_transformation: { email: { mask: 'sha256' } } })).toMatch(
      /^kinds\.email is masked/,
    );
    expect(await why({ table: { name: 'one_value', split_order: 'k' } })).toBe(
      'one_value.k has too few different values to be cut into ranges.',
    );
  });

  it('of the table', async () => {
    expect(await why({ table: { name: 'seen' } })).toMatch(/^seen is a view/);
    expect(await why({ table: { name: 'small' } })).toMatch(
      /^small is small: about 0\S* MB\. .* from 0\.1 MB on/,
    );
    expect(await why({ table: { name: 'keyless' } })).toMatch(/^keyless has no primary key/);
    expect(await why({ table: { name: 'old' } })).toMatch(/^old is not an InnoDB table/);
    expect(await why({ query: { custom: 'SELECT * FROM kinds' } })).toMatch(
      /^A custom query is read as it stands/,
    );
  });

  it('of a window that another index finds', async () => {
    const window = { name: 'kinds', cdc: { at: '2020-01-01 05:20:00' } };
    expect(await why({ table: window, batch_threshold_mb: 0.01 })).toMatch(
      /^The server finds the rows of kinds by its index `at`, about \S+ of \S+: ranges of id would look at all of them/,
    );
  });

  it('and nothing where one connection was asked for', async () => {
    await planned({ table: { name: 'dense' }, parallelism: 1 }, async ({ table }) => {
      expect([table.ranges, table.sequential]).toEqual([undefined, undefined]);
    });
  });
});
