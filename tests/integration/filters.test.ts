/** Filters and cdc bounds: what they let through is what the server's own WHERE lets through, hostile values included. */
import type { RowDataPacket } from 'mysql2';
import { parseSpec } from '../../src/spec/parse.ts';
import { loadHr } from '../support/hr.ts';
import { readExport, testInstallation, type TestInstallation } from '../support/installation.ts';

let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation();
  await loadHr(here.database.connection);
});
afterAll(() => here.close());

const sql = async (text: string): Promise<RowDataPacket[]> =>
  (await here.database.connection.query<RowDataPacket[]>(text))[0];

const idsWhere = async (where: string): Promise<string[]> =>
  (await sql(`SELECT employee_id AS id FROM employees WHERE ${where} ORDER BY employee_id`)).map((row) =>
    String(row['id']),
  );

const exported = async (fields: Readonly<Record<string, unknown>>): Promise<(string | null)[]> => {
  const table = { name: 'employees', columns: ['employee_id'], split_order: 'employee_id', ...fields };
  return (await here.export({ table })).csv('employees').rows.map((row) => row[0]!);
};

it.each([
  ['=', 'department_id', 50, 'department_id = 50'],
  ['!=', 'manager_id', 103, 'manager_id <> 103'],
  ['<>', 'manager_id', 103, 'manager_id <> 103'],
  ['<', 'salary', 5000, 'salary < 5000'],
  ['<=', 'salary', 6000.0, 'salary <= 6000'],
  ['>', 'salary', 9000.5, 'salary > 9000.5'],
  ['>=', 'hire_date', '1999-01-01', "hire_date >= '1999-01-01'"],
  ['like', 'last_name', 'G%r%', "last_name LIKE 'G%r%'"],
  ['NOT LIKE', 'last_name', '%a%', "last_name NOT LIKE '%a%'"],
  ['in', 'job_id', ['TECH', 'SKIPPER'], "job_id IN ('TECH', 'SKIPPER')"],
  ['Not In', 'department_id', [50, 80], 'department_id NOT IN (50, 80)'],
  ['between', 'salary', [4000, 6000], 'salary BETWEEN 4000 AND 6000'],
  ['is null', 'manager_id', undefined, 'manager_id IS NULL'],
  ['IS NOT NULL', 'department_id', undefined, 'department_id IS NOT NULL'],
  ['regexp', 'first_name', '^(A|B).*a', "first_name REGEXP '^(A|B).*a'"],
])('%s on %s', async (condition, column, metric, where) => {
  const expected = await idsWhere(where);
  expect(expected.length).toBeGreaterThan(0);
  expect(expected.length).toBeLessThan(110);
  expect(await exported({ filters: { [column]: { condition, metric } } })).toEqual(expected);
});

it('several, on several columns, must all hold', async () => {
  const filters = {
    salary: [
      { condition: '>', metric: 3000 },
      { condition: '<', metric: 9000 },
      { condition: '!=', metric: 6000 },
    ],
    department_id: { condition: 'is not null' },
  };
  const expected = await idsWhere(
    'salary > 3000 AND salary < 9000 AND salary <> 6000 AND department_id IS NOT NULL',
  );
  expect(expected.length).toBeGreaterThan(3);
  expect(await exported({ filters })).toEqual(expected);
});

it('stand beside cdc, as in the sample', async () => {
  const rows = await exported({
    filters: { manager_id: { condition: '!=', metric: 103 } },
    cdc: { hire_date: '1995-05-05' },
  });
  expect(rows).toEqual(await idsWhere("manager_id <> 103 AND hire_date > '1995-05-05'"));
  expect(rows).toHaveLength(82);
});

it('compare numbers by every digit', async () => {
  await sql(
    'CREATE TABLE big (n BIGINT UNSIGNED PRIMARY KEY); INSERT INTO big VALUES (18446744073709551614), (18446744073709551615)',
  );
  const spec = JSON.stringify({ table: { name: 'big', filters: { n: { condition: '=', metric: 0 } } } });
  const text = spec.replace('"metric":0', '"metric":18446744073709551615');
  // The number stands in the text of the spec: JavaScript could not hold it.
  const common = '"task_name":"big","owner":{"email":"o@example.com"},"source":"mysql","sink":"s3",';
  const parsed = parseSpec(text.replace('{', `{${common}`), 'big.json');
  const { report } = await here.runSpec(parsed);
  const { csv } = await readExport(here.s3, here.bucket, report);
  expect(csv('big').rows).toEqual([['18446744073709551615']]);
});

describe('hostile values', () => {
  const HOSTILE = [
    "' OR 1=1 -- ",
    "'; DROP TABLE hostile; -- ",
    '\\',
    "\\' OR ''='",
    '"',
    '`',
    "''",
    '%',
    '_',
    '\\%',
    'a\nb',
    '\t\u001a\b',
    '/* */ #',
    '🌊 Größe 表ソ',
    "\u00bf' OR 1=1 -- ",
    ':scheduled_for',
    '${x} {{y}}',
  ];
  beforeAll(async () => {
    await sql(
      'CREATE TABLE hostile (id INT PRIMARY KEY, v VARCHAR(100) COLLATE utf8mb4_bin, g VARCHAR(100) CHARACTER SET gbk)',
    );
    for (const [id, value] of HOSTILE.entries()) {
      await here.database.connection.query('INSERT INTO hostile (id, v) VALUES (?, ?)', [id, value]);
    }
  });
  const idsOf = async (filters: object): Promise<number[]> =>
    (await here.export({ table: { name: 'hostile', columns: ['id'], filters } }))
      .csv('hostile')
      .rows.map((row) => Number(row[0]));

  it.each(HOSTILE.map((value, id) => [id, value] as const))(
    '%i: is one value and no SQL: %j',
    async (id, metric) => {
      const v = [
        { condition: '=', metric },
        { condition: 'in', metric: [metric, 'nothing'] },
        { condition: 'between', metric: [metric, metric] },
        { condition: '<=', metric },
      ];
      expect(await idsOf({ v })).toEqual([id]);
      expect(await sql('SELECT COUNT(*) AS n FROM hostile')).toEqual([{ n: String(HOSTILE.length) }]);
    },
  );

  it('are told apart from all others', async () => {
    const all = HOSTILE.map((_, id) => id);
    expect(await idsOf({ v: { condition: 'in', metric: HOSTILE } })).toEqual(all);
    expect(await idsOf({ v: HOSTILE.slice(1).map((metric) => ({ condition: '!=', metric })) })).toEqual([0]);
  });

  it('do no harm in a column of another charset either', async () => {
    await sql("UPDATE hostile SET g = '縗' WHERE id = 3");
    expect(await idsOf({ g: { condition: '=', metric: '縗' } })).toEqual([3]);
    expect(await idsOf({ g: { condition: '=', metric: "縗' OR 1=1 -- " } })).toEqual([]);
  });

  it('as a column name are a column that is not there', async () => {
    const { report } = await here.run({
      table: { name: 'hostile', filters: { 'v` = v OR `v': { condition: '=', metric: 1 } } },
    });
    expect(report.error).toMatchObject({ code: 'COLUMN_UNKNOWN' });
  });

  it('as a table name are a table that is not there', async () => {
    const { report } = await here.run({ table: { name: 'hostile` WHERE 1=1; DROP TABLE `hostile' } });
    expect(report.error).toMatchObject({ code: 'TABLE_UNKNOWN' });
    expect(await sql('SELECT COUNT(*) AS n FROM hostile')).toEqual([{ n: String(HOSTILE.length) }]);
  });

  it('a broken regexp is the query’s fault', async () => {
    const { report } = await here.run({
      table: { name: 'hostile', filters: { v: { condition: 'regexp', metric: '(' } } },
    });
    expect(report.error).toMatchObject({ code: 'QUERY_INVALID', retryable: false });
  });
});
