/** What a run reports, for the tests of what goes on around it. With an error code: a run that failed. */
import type { PastRun, RunReport } from '../../../src/domain/run.ts';
import { ERRORS, type ErrorCode } from '../../../src/error-codes.ts';
import { TidemarkError } from '../../../src/errors.ts';
import type { RunOutcome } from '../../../src/report.ts';

export function fakeReport(task: string, scheduledFor: Date, code: ErrorCode | null = null): RunReport {
  const at = scheduledFor.toISOString();
  return {
    task,
    run_id: `run-of-${task}`,
    kind: 'scheduled',
    status: code === null ? 'succeeded' : 'failed',
    scheduled_for: at,
    started_at: at,
    finished_at: at,
    duration_ms: 0,
    attempts: 1,
    tables: code === null ? [{ name: task, rows: 3, bytes: 40, files: 1, sql: ['SELECT 1'] }] : [],
    files: code === null ? [{ key: `${task}.csv`, table: task, batch: null, rows: 3, bytes: 40 }] : [],
    manifest: code === null ? `${task}/_manifest.json` : null,
    windows: [],
    schema_changes: [],
    unexpected_sizes: [],
    warnings: [],
    error:
      code === null
        ? null
        : { code, message: ERRORS[code].title, hint: ERRORS[code].hint, retryable: ERRORS[code].retryable },
  };
}

/** The same as the end of a run. */
export function fakeOutcome(task: string, scheduledFor: Date, code: ErrorCode | null = null): RunOutcome {
  const error = code === null ? null : new TidemarkError(code, ERRORS[code].title);
  return { report: fakeReport(task, scheduledFor, code), error, logTail: [] };
}

/** The same as the state shows it later. */
export function fakePast(report: RunReport): PastRun {
  const { tables, files, ...rest } = report;
  const total = (of: 'rows' | 'bytes'): number => tables.reduce((sum, table) => sum + table[of], 0);
  return { ...rest, rows: total('rows'), bytes: total('bytes'), files: files.length };
}
