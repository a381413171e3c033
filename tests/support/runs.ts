/** What makes a run, for tests of every suite: triggers, attempts, memories, horizons. */
import type { RunRecord, RunReport, TaskMemory, Trigger } from '../../src/domain/run.ts';
import { identifyRun } from '../../src/planner.ts';
import type { Horizon } from '../../src/ports.ts';
import type { RunAttempt } from '../../src/report.ts';

/** A task that has never run. */
export const NO_MEMORY: TaskMemory = {
  watermarks: [],
  schemas: [],
  lastSuccess: null,
  missedSince: null,
  usual: null,
};

/** Somebody asks for a run, now unless told otherwise. */
export function byHand(scheduledFor = new Date()): Trigger {
  return { kind: 'manual', scheduledFor, until: null, backfill: null };
}

/** The slot of a schedule has come. */
export function slotOf(scheduledFor: Date, more: Partial<Trigger> = {}): Trigger {
  return { kind: 'scheduled', scheduledFor, until: null, backfill: null, ...more };
}

/** One window of a backfill; its bounds are text as in the SQL. */
export function backfillOf(scheduledFor: Date, from: string, to: string, id = '20260701000000'): Trigger {
  return { kind: 'backfill', scheduledFor, until: null, backfill: { id, from, to } };
}

/** An attempt, the first by default, that begins at the time it is scheduled for. */
export function attemptOf(trigger: Trigger, more: Partial<RunAttempt> = {}): RunAttempt {
  const run = identifyRun(trigger);
  return { ...run, startedAt: run.scheduledFor, number: 1, ...more };
}

/** Open transactions can be seen, and there is none. */
export function horizonAt(now: bigint, more: Partial<Horizon> = {}): Horizon {
  return { now, oldestWrite: null, blind: null, ...more };
}

/** Microseconds since 1970 UTC of an ISO 8601 time. Fractions beyond milliseconds are for the caller to add. */
export function microsAt(iso: string): bigint {
  return BigInt(Date.parse(iso)) * 1000n;
}

/** What is recorded of a run that published one object of three rows. */
export function recordFor(
  run: RunAttempt,
  task: string,
  more: Partial<RunReport> & Partial<Pick<RunRecord, 'watermarks' | 'schemas'>> = {},
): RunRecord {
  const { watermarks = [], schemas = [], ...report } = more;
  const at = run.scheduledFor.toISOString();
  const key = `${task}/${task}_${run.stamp}.csv`;
  return {
    report: {
      task,
      run_id: run.runId,
      kind: run.kind,
      status: 'succeeded',
      scheduled_for: at,
      started_at: run.startedAt.toISOString(),
      finished_at: new Date(run.startedAt.getTime() + 1500).toISOString(),
      duration_ms: 1500,
      attempts: run.number,
      tables: [{ name: task, rows: 3, bytes: 40, files: 1, sql: ['SELECT 1'] }],
      files: [{ key, table: task, batch: null, rows: 3, bytes: 40 }],
      manifest: `${task}/_manifest_${run.stamp}.json`,
      windows: [],
      schema_changes: [],
      unexpected_sizes: [],
      warnings: [],
      error: null,
      ...report,
    },
    stamp: run.stamp,
    sink: 's3',
    watermarks,
    schemas,
    backfill: run.backfill === null ? null : { id: run.backfill.id, to: run.backfill.to },
  };
}
