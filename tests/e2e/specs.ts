/** Specs that the end-to-end tests vary, on the people of tests/fixtures/hr.sql. */

type Changes = Readonly<Record<string, unknown>>;

const COMMON = {
  owner: { name: 'A. Owner', email: 'owner@example.com' },
  source: 'mysql',
  sink: 's3',
  // Most tests want to see the first failure, and soon.
  retries: 0,
};

/** The spec that users have from the framework before: 82 rows. */
export function sampleSpec(changes: Changes = {}): Record<string, unknown> {
  return {
    task_name: 'employees',
    table: [
      {
        name: 'employees',
        columns: [
          'employee_id',
          'first_name',
          'last_name',
          'email',
          'phone_number',
          'hire_date',
          'job_id',
          'salary',
          'manager_id',
          'department_id',
        ],
        filters: { manager_id: { condition: '!=', metric: 103 } },
        cdc: { hire_date: '1995-05-05' },
        split_order: 'employee_id',
      },
    ],
    query: { custom: null },
    column_transformation: {},
    ...COMMON,
    output_file_format: 'csv',
    output_timezone: null,
    ...changes,
  };
}

/** What of it stands in every plan and report. */
export const SAMPLE_WINDOW = {
  table: 'employees',
  column: 'hire_date',
  mode: 'literal',
  from: '1995-05-05',
  to: null,
  nulls: false,
};

/** One small table as it is: 4 rows. */
export function regionsSpec(changes: Changes = {}): Record<string, unknown> {
  return { task_name: 'regions', table: { name: 'regions' }, ...COMMON, ...changes };
}

/** A query that takes so many seconds, sleeping inside the server, and returns 4 rows. */
export function slowSpec(seconds: number, changes: Changes = {}): Record<string, unknown> {
  const custom = `SELECT region_id, SLEEP(${seconds / 4}) AS slept FROM regions`;
  return { task_name: 'slow', query: { custom }, ...COMMON, ...changes };
}

/** Two tables in one run, so that there are two objects to publish. */
export function twoTablesSpec(changes: Changes = {}): Record<string, unknown> {
  return { task_name: 'places', table: [{ name: 'countries' }, { name: 'regions' }], ...COMMON, ...changes };
}
