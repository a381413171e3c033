/** Random values as fields of every type: what is read here is what a server with JSON functions reads. */
import fc from 'fast-check';
import { doubleText } from '../../src/extract/double-text.ts';
import { typedText } from '../../src/extract/field-value.ts';
import { jsonFieldSql } from '../../src/plan/json-sql.ts';
import { fieldTypeOf } from '../../src/spec/value-types.ts';
import { freshDatabase, serverVersion, type TestDatabase } from '../support/mysql.ts';

let database: TestDatabase;
let isMariaDb = false;
let knowsJson = false;
beforeAll(async () => {
  database = await freshDatabase();
  const { flavor, version } = await serverVersion(database);
  isMariaDb = flavor === 'mariadb';
  knowsJson = isMariaDb || version[0] > 5;
  await database.connection.query("SET SESSION time_zone = '+00:00', sql_mode = ''");
});
afterAll(() => database.drop());

const COUNT = 400;

const digits = (most: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: most }).map((list) => list.join(''));
const sign = fc.constantFrom('', '-');
const double = fc.double({ noNaN: true, noDefaultInfinity: true });

const numbers = fc.oneof(
  double.map(String),
  fc.tuple(sign, digits(25), digits(12)).map(([minus, whole, fraction]) => `${minus}${whole}.${fraction}`),
  fc.tuple(sign, digits(20)).map(([minus, whole]) => `${minus}${whole}`),
  fc.tuple(digits(6), digits(6), fc.integer({ min: -30, max: 30 })).map(([a, b, e]) => `${a}.${b}e${e}`),
);
const two = (most: number): fc.Arbitrary<string> =>
  fc.integer({ min: 0, max: most }).map((number) => String(number).padStart(2, '0'));
const times = fc
  .tuple(
    fc.integer({ min: 1900, max: 2100 }),
    two(13),
    two(32),
    fc.constantFrom('T', ' '),
    two(24),
    two(60),
    fc.oneof(
      fc.constant(''),
      two(60).map((second) => `:${second}`),
    ),
    fc.oneof(
      fc.constant(''),
      digits(9).map((fraction) => `.${fraction}`),
    ),
    fc.constantFrom('', 'Z', '+02:00', '-05:30', '+0200'),
  )
  .map(([y, m, d, t, h, min, s, f, zone]) => `${y}-${m}-${d}${t}${h}:${min}${s}${f}${zone}`);
const others = fc.oneof(
  fc.constantFrom(
    '',
    ' 1',
    '1 ',
    '1\n',
    '+1',
    '1.',
    '.5',
    '1e',
    'true',
    'TRUE',
    'false',
    '0',
    '1',
    '2024',
    '2024-01-01T',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

const values = fc.sample(fc.oneof(numbers, times, others), COUNT);

/** The only column of a SELECT, as the server writes it. */
async function column(sql: string): Promise<(string | null)[]> {
  const [rows] = await database.connection.query({
    sql,
    rowsAsArray: true,
    typeCast: (cell: { string(encoding: string): string | null }) => cell.string('utf8'),
  });
  return (rows as unknown as (string | null)[][]).map(([cell]) => cell ?? null);
}

it.each(['text', 'int', 'decimal(10,3)', 'decimal(38,10)', 'double', 'boolean', 'date', 'datetime'])(
  'strings as %s',
  async (type) => {
    if (!knowsJson) return expect(isMariaDb).toBe(false);
    const table = `t_${type.replace(/\W/g, '_')}`;
    const { connection } = database;
    await connection.query(
      `CREATE TABLE ${table} (id INT PRIMARY KEY, d ${isMariaDb ? 'LONGTEXT' : 'JSON'})`,
    );
    await connection.query(`INSERT INTO ${table} VALUES ?`, [
      values.map((v, index) => [index, JSON.stringify({ v })]),
    ]);
    const field = { name: 'f', path: ['v'], type: fieldTypeOf(type)! };
    const { sql } = jsonFieldSql({ sql: 'd', mysqlType: 'json', kind: 'json', nullable: true }, field);
    const found = await column(`SELECT ${sql} AS f FROM ${table} ORDER BY id`);
    expect(values.map((value, index) => [value, found[index]])).toEqual(
      values.map((value) => [value, typedText(value, field.type)]),
    );
  },
);

it('doubles are written as the server writes them', async () => {
  const doubles = fc.sample(fc.oneof(double, numbers.map(Number)), COUNT).filter(Number.isFinite);
  await database.connection.query('CREATE TABLE doubles (id INT PRIMARY KEY, x DOUBLE)');
  await database.connection.query('INSERT INTO doubles VALUES ?', [doubles.map((x, index) => [index, x])]);
  const found = await column('SELECT x FROM doubles ORDER BY id');
  // The server has no negative zero in a sum; see plan/json-sql.ts.
  expect(found.map((text) => doubleText(Number(text)))).toEqual(
    found.map((text) => (text === '-0' ? '0' : text)),
  );
});
