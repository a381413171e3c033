/** A spec and the report of its failed run, for the tests of this folder. */
import type { Spec } from '../../../src/domain/spec.ts';
import type { RunReport } from '../../../src/domain/run.ts';
import { specOf } from '../plan/sample.ts';

export const SQL = "SELECT `employee_id` FROM `hr`.`employees` WHERE `hire_date` > '1995-05-05'";

export const spec: Spec = {
  ...specOf({ task_name: 'employees', schedule: '0 2 * * *', timezone: 'Europe/Berlin' }),
  file: 'specs/employees.json',
  owner: { name: 'A. Owner', email: 'owner@example.com' },
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
  kind: 'scheduled',
  status: 'failed',
  scheduled_for: '2026-07-01T00:00:00.000Z',
  started_at: '2026-07-01T00:00:00.120Z',
  finished_at: '2026-07-01T00:01:05.120Z',
  duration_ms: 65_000,
  attempts: 1,
  tables: [{ name: 'employees', rows: 0, bytes: 0, files: 0, sql: [SQL] }],
  files: [],
  manifest: null,
  windows: [
    { table: 'employees', column: 'hire_date', mode: 'literal', from: '1995-05-05', to: null, nulls: false },
  ],
  schema_changes: [],
  unexpected_sizes: [],
  warnings: ['no index on hire_date'],
  error: failure,
};

export const instance = { host: 'etl-1.example.com', timezone: 'UTC' };

/** The same run, had it succeeded. */
export const success: RunReport = {
  ...report,
  run_id: 'run-2',
  status: 'succeeded',
  tables: [{ name: 'employees', rows: 1_234, bytes: 99, files: 2, sql: [SQL] }],
  manifest: 'employees/_manifest_20260701000000.json',
  windows: [
    {
      table: 'employees',
      column: 'updated_at',
      mode: 'watermark',
      from: '2026-06-28 00:00:00',
      to: '2026-06-30 23:59:00',
      nulls: false,
    },
  ],
  warnings: [],
  error: null,
};
