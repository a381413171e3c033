/** Column transformations as SQL: names, casts, expressions, defaults; what the spec gets wrong is told by the plan. */
import { asTidemarkError } from '../../src/errors.ts';
import { identifyRun, makePlan, needsOf } from '../../src/planner.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { NEVER, testInstallation, type Exported, type TestInstallation } from '../support/installation.ts';
import { serverVersion } from '../support/mysql.ts';
import { byHand, NO_MEMORY } from '../support/runs.ts';

let here: TestInstallation;
let server: Awaited<ReturnType<typeof serverVersion>>;
beforeAll(async () => {
  here = await testInstallation();
  server = await serverVersion(here.database);
  await here.database.connection.query("SET sql_mode = ''"); // zero dates
  await here.database.connection.query(
    `CREATE TABLE staff (id INT PRIMARY KEY, name VARCHAR(20), rate FLOAT, salary DECIMAL(8,2), hired DATE,
       at DATETIME(3), flags BIT(4), note TEXT, place POINT, boss INT, KEY (boss));
     INSERT INTO staff VALUES
       (1, '  Ann ', 0.1, 10.50, '2024-02-29', '2024-02-29 01:02:03.004', b'0101', 'n1', ${point('POINT(1 2)')}, 3),
       (2, 'Bob', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1),
       (3, 'Cid', -1.5, -0.01, '0000-00-00', '0000-00-00 00:00:00', b'1111', '', ${point('POINT(3 4)')}, 2)`,
  );
  await here.database.connection.query(
    'CREATE TABLE other (id INT PRIMARY KEY, name VARCHAR(20), `a.b` INT)',
  );
  await here.database.connection.query("INSERT INTO other VALUES (1, ' x ', 5)");
});
afterAll(() => here.close());

function point(wkt: string): string {
  return `${server.version[0] === 5 ? '' : 'ST_'}GeomFromText('${wkt}')`;
}

const staff = (
  column_transformation: unknown,
  table: Readonly<Record<string, unknown>> = {},
  more: Readonly<Record<string, unknown>> = {},
): Promise<Exported> => here.export({ table: { name: 'staff', ...table }, column_transformation, ...more });

const typesOf = ({ manifest }: Exported): string[] => manifest.tables[0]!.columns.map(({ type }) => type);

it('rename gives another name and changes nothing else', async () => {
  const columns = ['id', 'rate', 'flags', 'place', 'at', 'boss'];
  const plain = await here.export({ table: { name: 'staff', columns } });
  const names = Object.fromEntries(columns.map((column) => [column, { rename: `new ${column}` }]));
  const renamed = await staff(names, { columns });
  expect(renamed.csv('staff')).toEqual({
    header: columns.map((column) => `new ${column}`),
    rows: plain.csv('staff').rows,
  });
  expect(typesOf(renamed)).toEqual(typesOf(plain));
});

it('two columns change their names, and the rows keep their order', async () => {
  const { csv } = await staff(
    { id: { rename: 'boss' }, boss: { rename: 'id' } },
    { columns: ['id', 'boss'], split_order: 'boss', filters: { id: { condition: '>', metric: 1 } } },
  );
  expect(csv('staff')).toEqual({
    header: ['boss', 'id'],
    rows: [
      ['2', '1'],
      ['3', '2'],
    ],
  });
});

it('rows are ordered by the column, not by what became of it', async () => {
  const order = async (table: object): Promise<unknown> =>
    (await staff({ id: { sql: '-id' } }, { columns: ['id'], ...table })).csv('staff').rows.flat();
  expect(await order({})).toEqual(['-1', '-2', '-3']);
  expect(await order({ split_order: 'boss' })).toEqual(['-2', '-3', '-1']);
});

it('cdc and batches mean the column, not what became of it', async () => {
  const { report } = await staff(
    { id: { mask: 'sha256' } },
    { columns: ['id'], cdc: { id: 1 } },
    { batch_threshold_mb: 0.000001 },
  );
  expect(report.files.map(({ rows }) => rows)).toEqual([1, 1]);
  expect(report.windows).toEqual([expect.objectContaining({ column: 'id', from: '1' })]);
});

describe('cast', () => {
  it.each([
    ['salary', 'signed', 'bigint', ['11', null, '0']],
    ['salary', 'char', 'longtext', ['10.50', null, '-0.01']],
    ['salary', 'Decimal( 5 , 1 )', 'decimal(5,1)', ['10.5', null, '0.0']],
    ['salary', 'double', 'double', ['10.5', null, '-0.01']],
    ['rate', 'decimal(4,3)', 'decimal(4,3)', ['0.100', null, '-1.500']],
    ['flags', 'unsigned', 'bigint unsigned', ['5', null, '15']],
    ['at', 'date', 'date', ['2024-02-29', null, null]],
    ['at', 'time(1)', 'time(1)', ['01:02:03.0', null, '00:00:00.0']],
    ['at', 'datetime', 'datetime', ['2024-02-29 01:02:03', null, null]],
    ['hired', 'char(7)', 'varchar(7)', ['2024-02', null, '0000-00']],
    ['id', 'binary', 'longblob', ['MQ==', 'Mg==', 'Mw==']],
  ])('%s as %s is a %s', async (column, cast, type, cells) => {
    const found = await staff({ [column]: { cast } }, { columns: [column], split_order: 'id' });
    expect(found.csv('staff').rows.flat()).toEqual(cells);
    expect(typesOf(found)).toEqual([type]);
  });
});

describe('sql', () => {
  it('stands in place of the column, or makes a new one at the end', async () => {
    const { csv } = await staff(
      {
        salary: { sql: 'salary * 12 /* a year */', rename: 'yearly' },
        initial: { sql: "LEFT(TRIM(name), 1) -- of the name; 'x'" },
      },
      { columns: ['id', 'salary'] },
    );
    expect(csv('staff')).toEqual({
      header: ['id', 'yearly', 'initial'],
      rows: [
        ['1', '126.00', 'A'],
        ['2', null, 'B'],
        ['3', '-0.12', 'C'],
      ],
    });
  });

  it('makes a new column where the spec lists it', async () => {
    const { csv } = await staff({ twice: { sql: 'id * 2' } }, { columns: ['twice', 'id'] });
    expect(csv('staff').header).toEqual(['twice', 'id']);
  });

  it('reads FLOAT, BIT and GEOMETRY exactly', async () => {
    const { csv } = await staff(
      { rate: { sql: 'rate' }, flags: { sql: 'flags' }, place: { sql: 'place' } },
      { columns: ['rate', 'flags', 'place'], split_order: 'id' },
    );
    expect(csv('staff').rows).toEqual([
      ['0.1', '5', 'POINT(1 2)'],
      [null, null, null],
      ['-1.5', '15', 'POINT(3 4)'],
    ]);
  });

  it('goes on to the other operations', async () => {
    const { csv } = await staff(
      {
        d: {
          sql: `CONCAT('{"n": "', COALESCE(name, ''), '"}')`,
          json: { n: '$.n' },
          trim: true,
          mask: 'last4',
        },
      },
      { columns: ['id'] },
    );
    expect(csv('staff').rows).toEqual([
      ['1', 'Ann'],
      ['2', 'Bob'],
      ['3', 'Cid'],
    ]);
  });

  it('warns of a new column whose name looks like a slip', async () => {
    const plan = await planned({ salry: { sql: 'salary * 2' } });
    expect(plan.cautions).toContain(
      'column_transformation salry makes a new column of staff; it has the column salary.',
    );
  });
});

it('trim cuts spaces off, and nothing else', async () => {
  await here.database.connection.query(
    String.raw`CREATE TABLE spaced (id INT PRIMARY KEY, t VARCHAR(20)); INSERT INTO spaced VALUES (1, '  a b  '), (2, '\t a\n'), (3, '   '), (4, NULL)`,
  );
  const { csv } = await here.export({
    table: { name: 'spaced', columns: ['t'], split_order: 'id' },
    column_transformation: { t: { trim: true } },
  });
  expect(csv('spaced').rows).toEqual([['a b'], ['\t a\n'], [''], [null]]);
});

describe('default', () => {
  it.each([
    ['salary', 0, ['10.50', '0.00', '-0.01']],
    ['rate', 2.5, ['0.1', '2.5', '-1.5']],
    ['hired', '1970-01-01', ['2024-02-29', '1970-01-01', null]],
    ['at', '1970-01-01T00:00:00', ['2024-02-29 01:02:03.004', '1970-01-01 00:00:00.000', null]],
    ['flags', 0, ['5', '0', '15']],
    ['note', "it's", ['n1', "it's", '']],
    ['note', true, ['n1', 'true', '']],
    ['place', 'nowhere', ['POINT(1 2)', 'nowhere', 'POINT(3 4)']],
  ])('of %s is %s in place of NULL', async (column, value, cells) => {
    const found = await staff({ [column]: { default: value } }, { columns: [column], split_order: 'id' });
    expect(found.csv('staff').rows.flat()).toEqual(cells);
    expect(found.manifest.tables[0]!.columns[0]!.nullable).toBe(false);
  });
});

describe('a custom query', () => {
  it('has its result columns transformed, in its order', async () => {
    const { csv } = await here.export({
      task_name: 'queried',
      query: { custom: 'SELECT id, name, rate, boss AS b FROM staff ORDER BY boss' },
      column_transformation: {
        ID: { rename: 'b' },
        b: { sql: 'b * -1', rename: 'id' },
        name: { trim: true, mask: 'last4' },
        who: { sql: "CONCAT(id, '/', b)" },
      },
    });
    expect(csv('queried')).toEqual({
      header: ['b', 'name', 'rate', 'id', 'who'],
      rows: [
        ['2', 'Bob', null, '-1', '2/1'],
        ['3', 'Cid', '-1.5', '-2', '3/2'],
        ['1', 'Ann', '0.1', '-3', '1/3'],
      ],
    });
  });

  it('may hold JSON', async () => {
    const { csv } = await here.export({
      task_name: 'queried',
      query: { custom: `SELECT CONCAT('{"a": ', id, '}') AS d, id FROM staff ORDER BY id DESC` },
      column_transformation: { d: { json: { a: { path: '$.a', type: 'int' } } } },
    });
    expect(csv('queried')).toEqual({
      header: ['a', 'id'],
      rows: [
        ['3', '3'],
        ['2', '2'],
        ['1', '1'],
      ],
    });
  });
});

it('several tables: a column means each of them, table.column the one', async () => {
  const { csv } = await here.export({
    table: [{ name: 'staff', columns: ['id', 'name'] }, { name: 'other' }],
    column_transformation: {
      name: { trim: true },
      'staff.name': { rename: 'who' },
      'other.a.b': { rename: 'ab' },
      'other.sum': { sql: 'id + `a.b`' },
    },
  });
  expect(csv('staff').header).toEqual(['id', 'who']);
  expect(csv('staff').rows[0]).toEqual(['1', '  Ann ']);
  expect(csv('other')).toEqual({ header: ['id', 'name', 'ab', 'sum'], rows: [['1', 'x', '5', '6']] });
});

async function planned(
  column_transformation: unknown,
  table: unknown = { name: 'staff' },
): Promise<Awaited<ReturnType<typeof makePlan>>> {
  const spec = here.spec({ table, column_transformation });
  const run = identifyRun(byHand());
  const snapshot = await mysqlSource(here.source).open(NEVER, needsOf(spec, run));
  try {
    return await makePlan(spec, snapshot, run, NO_MEMORY, { batchThresholdMb: 1, prefix: '' }, NEVER);
  } finally {
    await snapshot.close();
  }
}

describe('a plan tells of', () => {
  const both = [{ name: 'staff' }, { name: 'other' }];
  it.each<[string, unknown, unknown, string, RegExp]>([
    [
      'an unknown column',
      { nam: { trim: true } },
      { name: 'staff' },
      'COLUMN_UNKNOWN',
      /names nam \(did you mean name\?\)/,
    ],
    [
      'one of a table',
      { 'staff.nam': { trim: true } },
      both,
      'COLUMN_UNKNOWN',
      /Table staff has no column nam/,
    ],
    [
      'one of no table',
      { wholly_else: { trim: true } },
      both,
      'COLUMN_UNKNOWN',
      /names wholly_else, and no column/,
    ],
    ['a new column of unclear table', { nw: { sql: '1' } }, both, 'COLUMN_UNKNOWN', /names nw/],
    [
      'a name twice',
      { name: { rename: 'ID' } },
      { name: 'staff' },
      'COLUMNS_AMBIGUOUS',
      /has the column ID more than once/,
    ],
    [
      'an unknown column in SQL',
      { x: { sql: 'salry * 2' } },
      { name: 'staff' },
      'COLUMN_UNKNOWN',
      /column_transformation x: sql: .*salry.*mean salary\?/,
    ],
    [
      'wrong SQL',
      { x: { sql: 'salary **' } },
      { name: 'staff' },
      'QUERY_INVALID',
      /column_transformation x: sql: .*1064/s,
    ],
    [
      'an unknown function',
      { x: { sql: 'nofunction(salary)' } },
      { name: 'staff' },
      'QUERY_INVALID',
      /column_transformation x: sql: /,
    ],
    [
      'a function over rows',
      { x: { sql: 'JSON_ARRAYAGG (salary)' } },
      { name: 'staff' },
      'SPEC_INVALID',
      /JSON_ARRAYAGG/,
    ],
    [
      'trim of a number',
      { salary: { trim: true } },
      { name: 'staff' },
      'TRANSFORM_UNFIT',
      /salary: trim .* decimal\(8,2\)/,
    ],
    [
      'json of a number',
      { salary: { json: { a: '$' } } },
      { name: 'staff' },
      'TRANSFORM_UNFIT',
      /salary: json .* decimal\(8,2\)/,
    ],
    [
      'a default with too many digits',
      { salary: { default: 0.125 } },
      { name: 'staff' },
      'TRANSFORM_UNFIT',
      /salary: default found 0.125 for decimal\(8,2\)/,
    ],
    [
      'a default of another type',
      { id: { default: 'none' } },
      { name: 'staff' },
      'TRANSFORM_UNFIT',
      /id: default found "none" for int/,
    ],
  ])('%s', async (_, transformation, table, code, message) => {
    const error = await planned(transformation, table).then(() => null, asTidemarkError);
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(message);
  });

  it('a function over rows that the spec does not know as one', async () => {
    if (server.flavor !== 'mariadb') return expect(server.flavor).toBe('mysql');
    await here.database.connection.query(
      'CREATE AGGREGATE FUNCTION lastof(x INT) RETURNS INT DETERMINISTIC BEGIN DECLARE r INT; DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN r; LOOP FETCH GROUP NEXT ROW; SET r = x; END LOOP; END',
    );
    const error = await planned({ x: { sql: 'lastof(id)' } }).then(() => null, asTidemarkError);
    expect(error).toMatchObject({
      code: 'QUERY_INVALID',
      message: expect.stringContaining('group function'),
    });
  });
});
