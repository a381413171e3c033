/** The document that `/api/tasks` answers with: every task in force, and the files that are none. Plain data. */
import type { RunError, RunReport } from '../domain.ts';

/** What is kept of a run's report: its figures, without the lists of files and SQL. */
export interface LastRun {
  readonly run_id: string;
  readonly status: RunReport['status'];
  readonly scheduled_for: string;
  readonly started_at: string;
  readonly finished_at: string;
  readonly duration_ms: number;
  readonly rows: number;
  readonly bytes: number;
  readonly files: number;
  readonly error: RunError | null;
}

export interface TaskView {
  readonly task: string;
  readonly file: string;
  readonly schedule: string | null;
  readonly timezone: string;
  /** ISO 8601 UTC; null where the task runs by hand only. */
  readonly next_fire: string | null;
  readonly running: boolean;
  /** Its time has come, and it waits until fewer than `max_concurrent_tasks` run. */
  readonly waiting: boolean;
  /** Of this daemon's lifetime. */
  readonly last_run: LastRun | null;
  /** Why the file as it stands is not used, and an older version is; null: the file is in force. */
  readonly invalid_edit: string | null;
}

export interface TaskList {
  readonly tasks: readonly TaskView[];
  /** Spec files of which no version is in force. */
  readonly unusable: readonly { readonly file: string; readonly message: string }[];
}

export function lastRun(report: RunReport): LastRun {
  const { run_id, status, scheduled_for, started_at, finished_at, duration_ms, tables, files, error } =
    report;
  return {
    run_id,
    status,
    scheduled_for,
    started_at,
    finished_at,
    duration_ms,
    rows: tables.reduce((sum, table) => sum + table.rows, 0),
    bytes: tables.reduce((sum, table) => sum + table.bytes, 0),
    files: files.length,
    error,
  };
}
