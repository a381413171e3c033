/** The specs that the demo drops into the folder of its daemon. */

const OWNER = { name: 'Ada Ownerly', email: 'ada@example.com' };

/** One table with a filter and a window, exported as one object. */
export const employees = {
  task_name: 'employees',
  schedule: '*/5 * * * * *',
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
  owner: OWNER,
  source: 'mysql',
  sink: 's3',
  output_file_format: 'csv',
  output_timezone: null,
};

/** A larger table, exported in batches of a few megabytes. */
export const events = {
  task_name: 'events',
  schedule: '*/5 * * * * *',
  table: { name: 'events', columns: '*', split_order: 'id' },
  batch_threshold_mb: 4,
  owner: OWNER,
  source: 'mysql',
  sink: 's3',
  output_file_format: 'csv',
};

/** Names a column that the table does not have: every run of it fails. */
export const payroll = {
  task_name: 'payroll',
  schedule: '*/5 * * * * *',
  table: { name: 'employees', columns: ['employee_id', 'last_name', 'salery'] },
  owner: OWNER,
  source: 'mysql',
  sink: 's3',
  output_file_format: 'csv',
};
