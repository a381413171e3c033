/** A spec and the report of its failed run, for the tests of this folder. */
import type { RunReport, Spec } from '../../../src/domain.ts';

export const SQL = "SELECT `employee_id` FROM `hr`.`employees` WHERE `hire_date` > '1995-05-05'";

export const spec: Spec = {
  file: 'specs/employees.json',
  taskName: 'employees',
  schedule: '0 2 * * *',
  timezone: 'Europe/Berlin',
  tables: [],
  customQuery: null,
  owner: { name: 'A. Owner', email: 'owner@example.com' },
  source: 'mysql',
  sink: 's3',
  output: {
    format: 'csv',
    csv: { delimiter: ',', quote: '"', null: '', header: true, lineEnding: '\n', quoteAll: false },
    zeroDates: 'null',
    binary: 'base64',
    outputTimezone: 'UTC',
  },
  onEmpty: 'header',
  keyTemplate: null,
  batchThresholdMb: null,
};

export const failure = {
  code: 'PRIVILEGE_MISSING',
  message: "'tidemark'@'10.0.3.17' may not read `hr`.`employees`",
  hint: "Run: GRANT SELECT ON `hr`.`employees` TO 'tidemark'@'10.0.3.17';",
  retryable: false,
} as const;

export const report: RunReport = {
  task: 'employees',
  run_id: 'run-1',
  status: 'failed',
  scheduled_for: '2026-07-01T00:00:00.000Z',
  started_at: '2026-07-01T00:00:00.120Z',
  finished_at: '2026-07-01T00:01:05.120Z',
  duration_ms: 65_000,
  tables: [{ name: 'employees', rows: 0, bytes: 0, files: 0, sql: [SQL] }],
  files: [],
  manifest: null,
  windows: [{ table: 'employees', column: 'hire_date', from: "'1995-05-05'" }],
  warnings: ['no index on hire_date'],
  error: failure,
};

export const instance = { host: 'etl-1.example.com', timezone: 'UTC' };
