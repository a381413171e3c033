/** A spec and a table's facts as SQL; what does not fit is named at once. */
import type { TableSpec } from '../../../src/domain/spec.ts';
import type { OutputColumn } from '../../../src/domain/plan.ts';
import { checkColumnsKnown, draftQuery, draftTable, selectedColumns } from '../../../src/plan/draft.ts';
import type { Draft } from '../../../src/plan/draft.ts';
import type { TableFacts } from '../../../src/ports.ts';
import { CONTEXT, EMPLOYEES, NO_ANSWERS, column, tableOf } from './sample.ts';

const draft = (table: TableSpec, facts: TableFacts = EMPLOYEES): Draft =>
  draftTable(table, facts, CONTEXT, NO_ANSWERS);

it('selects all but invisible columns for "*", in the order of the primary key', () => {
  const found = draft(tableOf());
  expect(found.sql).toBe(
    'SELECT `employee_id`, `Last_Name`, `salary` * 1e0 AS `salary`, `hire_date`, `changed`\n' +
      'FROM `employees`\nORDER BY `employee_id`',
  );
  expect(
    found.columns.map(({ name, kind, mysqlType, nullable }) => [name, kind, mysqlType, nullable]),
  ).toEqual([
    ['employee_id', 'number', 'int(10) unsigned', false],
    ['Last_Name', 'text', 'varchar(40)', true],
    ['salary', 'float32', 'float', true],
    ['hire_date', 'date', 'date', true],
    ['changed', 'timestamp', 'timestamp(3)', true],
  ]);
  expect(found).toMatchObject({
    name: 'employees',
    filtered: false,
    unkept: [],
    windows: [],
    warnings: [],
  });
});

it('selects named columns in the order of the spec, invisible ones too, whatever their case', () => {
  const table = tableOf({ columns: ['SECRET', 'last_name'] });
  expect(draft(table).sql).toMatch(/^SELECT `secret`, `Last_Name`\n/);
  expect(selectedColumns(table, EMPLOYEES).map(({ name }) => name)).toEqual(['secret', 'Last_Name']);
});

it('writes filters, then cdc, then the order', () => {
  const found = draft(
    tableOf({
      columns: ['employee_id'],
      filters: {
        employee_id: [
          { condition: '>', metric: 10 },
          { condition: '<=', metric: 20 },
        ],
        last_name: { condition: 'is not null' },
      },
      cdc: { hire_date: '1995-05-05', changed: '1 day' },
      split_order: ['hire_date', 'employee_id'],
    }),
  );
  expect(found.sql).toBe(
    [
      'SELECT `employee_id`',
      'FROM `employees`',
      'WHERE `employee_id` > 10',
      '  AND `employee_id` <= 20',
      '  AND `last_name` IS NOT NULL',
      "  AND `hire_date` > '1995-05-05'",
      "  AND `changed` > '2026-06-30 02:03:04'",
      'ORDER BY `hire_date`, `employee_id`',
    ].join('\n'),
  );
  expect(found.filtered).toBe(true);
  expect(found.windows).toEqual([
    { table: 'employees', column: 'hire_date', mode: 'literal', from: '1995-05-05', to: null, nulls: false },
    {
      table: 'employees',
      column: 'changed',
      mode: 'span',
      from: '2026-06-30 02:03:04',
      to: null,
      nulls: false,
    },
  ]);
});

it('leaves the order to the server where there is no key', () => {
  expect(draft(tableOf(), { ...EMPLOYEES, primaryKey: [] }).sql).not.toContain('ORDER BY');
});

it('names all unknown columns at once, each with the one that was probably meant', () => {
  const table = tableOf({
    columns: ['EMPLOYE_ID', 'salary', 'zzz'],
    filters: { last_nam: { condition: '=', metric: 'King' } },
    cdc: { hired: '1995-05-05' },
    split_order: 'zzz',
  });
  expect(() => checkColumnsKnown(table, EMPLOYEES)).toThrow(
    expect.objectContaining({
      code: 'COLUMN_UNKNOWN',
      message:
        'Table employees has no column EMPLOYE_ID (did you mean employee_id?), zzz, ' +
        'last_nam (did you mean Last_Name?), hired.',
      hint: expect.stringContaining('employee_id, Last_Name, salary, hire_date, changed, secret'),
    }),
  );
});

it('keeps names apart from SQL', () => {
  const evil = 'a`; DROP TABLE b; --';
  const facts = { ...EMPLOYEES, columns: [column(evil, 'int')], primaryKey: [evil] };
  expect(draft(tableOf({ name: 'x`y', columns: [evil] }), facts).sql).toBe(
    'SELECT `a``; DROP TABLE b; --`\nFROM `x``y`\nORDER BY `a``; DROP TABLE b; --`',
  );
});

it('warns of tables that no snapshot holds still', () => {
  expect(draft(tableOf(), { ...EMPLOYEES, transactional: false }).warnings).toEqual([
    expect.stringContaining('employees is not an InnoDB table'),
  ]);
  expect(draft(tableOf(), { ...EMPLOYEES, transactional: null }).warnings).toEqual([]);
});

it('counts the rows that it selects', () => {
  expect(draft(tableOf()).countSql).toBe('SELECT COUNT(*) AS n\nFROM `employees`');
  const filters = { employee_id: { condition: '>', metric: 10 } };
  expect(draft(tableOf({ filters, cdc: { hire_date: '1995-05-05' } })).countSql).toBe(
    "SELECT COUNT(*) AS n\nFROM `employees`\nWHERE `employee_id` > 10\n  AND `hire_date` > '1995-05-05'",
  );
});

describe('a custom query', () => {
  const result = (name: string, mysqlType: string, kind: OutputColumn['kind']): OutputColumn => ({
    name,
    mysqlType,
    nullable: true,
    kind,
  });

  it('is taken as it is', () => {
    const sql = 'SELECT id, name FROM a JOIN b USING (id)';
    const columns = [result('id', 'int', 'number'), result('name', 'varchar', 'text')];
    const taken = { name: 'task', sql, columns, windows: [], filtered: true, unkept: [] };
    expect(draftQuery('task', sql, columns, 'mysql', [])).toMatchObject(taken);
    expect(draftQuery('task', sql, columns, 'mariadb', [])).toMatchObject(taken);
  });

  it('is wrapped where a FLOAT or a GEOMETRY is in it', () => {
    const columns = [
      result('f`', 'float', 'float32'),
      result('g', 'geometry', 'text'),
      result('n', 'int', 'number'),
    ];
    expect(draftQuery('task', 'SELECT * FROM t', columns, 'mysql', []).sql).toBe(
      'SELECT `f``` * 1e0 AS `f```, ST_AsText(`g`) AS `g`, `n`\nFROM (\nSELECT * FROM t\n) AS q',
    );
  });

  it.each([
    ['SELECT f FROM t', ''],
    ['SELECT f FROM t ORDER BY f', '\nORDER BY q.`f`'],
    ['SELECT f FROM t ORDER BY f LIMIT 5', '\nORDER BY q.`f`'],
  ])('is ordered outside on MariaDB, which forgets the order of a derived table: %s', (sql, order) => {
    const columns = [result('f', 'float', 'float32')];
    const drafted = draftQuery('task', sql, columns, 'mariadb', []);
    expect(drafted.sql).toBe(`SELECT \`f\` * 1e0 AS \`f\`\nFROM (\n${sql}\n) AS q${order}`);
    expect(drafted.warnings).toEqual([]);
    expect(draftQuery('task', sql, columns, 'mysql', []).sql).not.toContain('ORDER BY q.');
  });

  it('has a warning where it is wrapped on MariaDB, and its order cannot be said outside', () => {
    const sql = 'SELECT f FROM t ORDER BY t.f';
    const warnings = (type: string, flavor: 'mysql' | 'mariadb'): readonly string[] =>
      draftQuery('task', sql, [result('f', type, type === 'float' ? 'float32' : 'number')], flavor, [])
        .warnings;
    expect(warnings('float', 'mariadb')).toEqual([expect.stringContaining('not be in the order')]);
    expect([...warnings('float', 'mysql'), ...warnings('int', 'mariadb')]).toEqual([]);
  });

  it('is counted as it stands, with its order and its limit', () => {
    const sql = 'SELECT f FROM t ORDER BY f LIMIT 5';
    expect(draftQuery('task', sql, [result('f', 'float', 'float32')], 'mariadb', []).countSql).toBe(
      `SELECT COUNT(*) AS n\nFROM (\n${sql}\n) AS q`,
    );
  });

  it('may not return a name twice', () => {
    const columns = ['id', 'n', 'id', 'n'].map((name) => result(name, 'int', 'number'));
    expect(() => draftQuery('task', 'SELECT …', columns, 'mysql', [])).toThrow(
      expect.objectContaining({
        code: 'COLUMNS_AMBIGUOUS',
        message: 'The query returns id, n more than once.',
      }),
    );
  });
});
