/** Custom queries: what they may do, and that nothing they write is let through, by the parser or by the server. */
import type { RowDataPacket } from 'mysql2';
import { FaultsError } from '../../src/errors.ts';
import { mysqlSource } from '../../src/sources/mysql/snapshot.ts';
import { loadHr } from '../support/hr.ts';
import { NEVER, readExport, testInstallation, type TestInstallation } from '../support/installation.ts';
import { serverVersion } from '../support/mysql.ts';
import type { ParsedCsv } from '../support/parse-csv.ts';
import { slotOf } from '../support/runs.ts';

let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation();
  await loadHr(here.database.connection);
});
afterAll(() => here.close());

const sql = async (text: string): Promise<RowDataPacket[]> =>
  (await here.database.connection.query<RowDataPacket[]>(text))[0];

const exported = async (custom: string): Promise<ParsedCsv> =>
  (await here.export({ task_name: 'custom', query: { custom } })).csv('custom');

/** What the server itself answers, as text. */
const answered = async (text: string): Promise<(string | null)[][]> => {
  const query = {
    sql: text,
    rowsAsArray: true,
    typeCast: (field: { string(): string | null }) => field.string(),
  };
  const [rows] = await here.database.connection.query<RowDataPacket[][]>(query);
  return rows as unknown as (string | null)[][];
};

describe('a query', () => {
  it('joins, groups and sorts, and becomes one object named after the task', async () => {
    const custom =
      'SELECT d.department_name AS department, COUNT(*) AS people, SUM(e.salary) AS paid\n' +
      'FROM employees e JOIN departments d USING (department_id) LEFT JOIN locations l USING (location_id)\n' +
      'GROUP BY d.department_name HAVING COUNT(*) > 1 ORDER BY paid DESC, department';
    const { report, csv } = await here.export({
      task_name: 'joined',
      query: { custom },
      batch_threshold_mb: 0.000001,
    });
    expect(report.files.map(({ key }) => key)).toEqual([
      expect.stringMatching(/^joined\/joined_\d{14}\.csv$/),
    ]);
    expect(csv('joined').header).toEqual(['department', 'people', 'paid']);
    expect(csv('joined').rows).toEqual(await answered(custom));
    expect(report.tables[0]!.sql).toEqual([custom]);
  });

  it.each([
    'SELECT job_id FROM jobs ORDER BY job_id;',
    '-- all jobs\nSELECT job_id FROM jobs # and nothing else\nORDER BY job_id -- sorted',
    '/* all jobs */ SELECT job_id FROM jobs ORDER BY job_id ; /* ; */ -- ;',
    '(SELECT job_id FROM jobs) ORDER BY job_id',
    "SELECT job_id FROM jobs WHERE job_title <> '; DELETE -- :x /*' ORDER BY job_id",
  ])('may be written as people write: %s', async (custom) => {
    const { rows } = await exported(custom);
    expect(rows).toEqual(await answered('SELECT job_id FROM jobs ORDER BY job_id'));
    expect(rows.length).toBeGreaterThan(10);
  });

  it('may be a union', async () => {
    const custom =
      "SELECT 'job' AS kind, job_id AS id FROM jobs UNION ALL SELECT 'region', region_id FROM regions ORDER BY kind, id";
    expect((await exported(custom)).rows).toEqual(await answered(custom));
  });

  it('may begin with WITH, where the server knows it', async () => {
    const custom =
      'WITH paid AS (SELECT * FROM employees WHERE salary > 10000) SELECT employee_id, last_name FROM paid ORDER BY 1';
    const { flavor, version } = await serverVersion(here.database);
    if (flavor === 'mysql' && version[0] < 8) {
      const { report } = await here.run({ query: { custom } });
      expect(report.error).toMatchObject({ code: 'QUERY_INVALID' });
    } else expect((await exported(custom)).rows).toEqual(await answered(custom));
  });

  it('is given the time it was scheduled for, once and in UTC, but not inside strings', async () => {
    const custom =
      "SELECT :scheduled_for AS t, ':scheduled_for' AS s, :scheduled_for + INTERVAL 1 DAY AS next, 1 AS `:scheduled_for`";
    const spec = here.spec({ task_name: 'bound', query: { custom } });
    const { report } = await here.runSpec(spec, slotOf(new Date('2024-03-04T05:06:07Z')));
    const { csv } = await readExport(here.s3, here.bucket, report);
    expect(csv('bound').header).toEqual(['t', 's', 'next', ':scheduled_for']);
    expect(csv('bound').rows).toEqual([
      ['2024-03-04 05:06:07', ':scheduled_for', expect.stringMatching(/^2024-03-05 05:06:07/), '1'],
    ]);
  });

  it('keeps its order where it is read through another for the sake of a FLOAT', async () => {
    await sql(
      'CREATE TABLE floats (id INT PRIMARY KEY, f FLOAT); INSERT INTO floats VALUES (1, 0.3), (2, 0.1), (3, 0.2)',
    );
    const sorted = [
      ['1', '0.3'],
      ['3', '0.2'],
      ['2', '0.1'],
    ];
    expect((await exported('SELECT id, f FROM floats ORDER BY f DESC')).rows).toEqual(sorted);
    expect((await exported('SELECT id, f FROM floats ORDER\nby f DESC LIMIT 2')).rows).toEqual(
      sorted.slice(0, 2),
    );
    expect((await exported('(SELECT id, f FROM floats) ORDER BY f DESC')).rows).toEqual(sorted);
  });

  it('with an alias for a doubled name is taken, without one refused', async () => {
    const doubled =
      'SELECT e.employee_id, d.manager_id, e.manager_id FROM employees e JOIN departments d USING (department_id)';
    expect((await here.run({ query: { custom: doubled } })).report.error).toMatchObject({
      code: 'COLUMNS_AMBIGUOUS',
      message: 'The query returns manager_id more than once.',
    });
    const aliased = doubled.replace('d.manager_id', 'd.manager_id AS head');
    expect((await exported(aliased)).header).toEqual(['employee_id', 'head', 'manager_id']);
  });

  it.each([
    ['SELECT nothing FROM employees', 'COLUMN_UNKNOWN'],
    ['SELECT * FROM employes', 'TABLE_UNKNOWN'],
    ['SELECT FROM employees WHERE', 'QUERY_INVALID'],
    ['SELECT no_such_function(1) AS x', 'QUERY_INVALID'],
    ['SELECT manager_id FROM employees JOIN departments', 'QUERY_INVALID'],
  ] as const)('that cannot be run ends as its code: %s', async (custom, code) => {
    const { report, error } = await here.run({ query: { custom } });
    expect(report).toMatchObject({ status: 'failed', error: { code }, files: [] });
    expect(error!.sql).not.toBeNull();
  });
});

describe('what writes', () => {
  it.each([
    'DELETE FROM employees',
    'UPDATE employees SET salary = 0',
    'INSERT INTO jobs VALUES (1)',
    'SELECT 1; DELETE FROM employees',
    "SELECT * FROM employees INTO OUTFILE '/tmp/x'",
    "SELECT 1 INTO DUMPFILE '/tmp/x'",
    'SELECT 1 INTO @x',
    'SELECT * FROM employees FOR UPDATE',
    'SELECT * FROM employees LOCK IN SHARE MODE',
    '/*! DELETE FROM employees */',
    'SELECT 1 /*!50000 INTO OUTFILE "/tmp/x" */',
    'CALL writes()',
    'DROP TABLE employees',
  ])('is refused with the spec: %s', (custom) => {
    expect(() => here.spec({ query: { custom } })).toThrow(FaultsError);
  });

  /** A statement as it would be run if it had passed for a SELECT. */
  const runRaw = async (statement: string): Promise<unknown> => {
    const snapshot = await mysqlSource(here.source).open(NEVER);
    try {
      await snapshot.rows(statement, [], () => {}, NEVER).done;
      return null;
    } catch (error) {
      return error;
    } finally {
      await snapshot.close();
    }
  };

  it.each([
    'UPDATE employees SET salary = 0',
    'DELETE FROM dependents',
    "INSERT INTO regions VALUES (99, 'x')",
    'CREATE TABLE made (a INT)',
    'DROP TABLE dependents',
    'TRUNCATE TABLE dependents',
    'ALTER TABLE regions ADD COLUMN x INT',
    'REPLACE INTO regions SELECT * FROM regions',
  ])('is refused by the server even where the parser would let it through: %s', async (statement) => {
    const state =
      'SELECT (SELECT SUM(salary) FROM employees) AS s, (SELECT COUNT(*) FROM dependents) AS d, (SELECT COUNT(*) FROM regions) AS r';
    const before = await sql(state);
    expect(await runRaw(statement)).toMatchObject({ code: 'QUERY_WRITES', retryable: false });
    expect(await sql(state)).toEqual(before);
  });

  it('through a function is refused by the server', async () => {
    await sql('CREATE TABLE written (a INT)');
    await sql(
      'CREATE FUNCTION writes() RETURNS INT NO SQL BEGIN INSERT INTO written VALUES (1); RETURN 1; END',
    );
    const { report } = await here.run({ query: { custom: 'SELECT writes() AS w' } });
    expect(report.error).toMatchObject({ code: 'QUERY_WRITES' });
    expect(await sql('SELECT * FROM written')).toEqual([]);
  });

  it('several statements in one are refused by the protocol', async () => {
    expect(await runRaw('SELECT 1; DELETE FROM dependents')).toMatchObject({ code: 'QUERY_INVALID' });
    expect((await sql('SELECT COUNT(*) AS n FROM dependents'))[0]!['n']).toBe('30');
  });
});
