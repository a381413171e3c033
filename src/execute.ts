/**
 * One run as a process does it: alone on its task, after clearing away what an earlier one may have left, with a log
 * of its own. `tidemark run` and the daemon both go through here.
 */
import type { Spec } from './domain.ts';
import { asTidemarkError } from './errors.ts';
import { identifyRun } from './planner.ts';
import type { PlanSettings, RunIdentity } from './plan/build.ts';
import { stampOf } from './plan/keys.ts';
import type { Journal, JournalEntry, Log, RunLog, RunObserver, Sink, Source } from './ports.ts';
import { recoverRun } from './publish/recover.ts';
import { beginRun, failedReport, notBegun, type RunEnd, type RunOutcome } from './report.ts';
import { runTask, type RunPorts } from './run.ts';

/** What runs share in one process. */
export interface Installation {
  source(name: string): Source;
  sink(name: string): Sink;
  settings(spec: Spec): PlanSettings;
  readonly journal: {
    open(run: { readonly runId: string; readonly task: string; readonly sink: string }): Journal;
    /** Of one task, or of all. */
    entries(task: string | null): JournalEntry[];
    close(runId: string): void;
  };
  /**
   * Holds the task against every other process.
   *
   * @throws TidemarkError ALREADY_RUNNING, STATE_UNUSABLE.
   */
  lockTask(task: string): { release(): void };
  forRun(task: string, stamp: string): RunLog;
  readonly log: Log;
}

/** Log lines of a run that its mail shows. */
const TAIL_LINES = 20;

/**
 * @param observer hears of the plan and of progress; the log is written here.
 * @returns always: the report says how the run ended, also where it could not begin.
 */
export async function executeRun(
  installation: Installation,
  spec: Spec,
  scheduledFor: Date,
  observer: RunObserver,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const run = identifyRun(scheduledFor);
  let lock;
  try {
    lock = installation.lockTask(spec.taskName);
  } catch (error) {
    return notBegun(beginRun(spec.taskName, run), asTidemarkError(error));
  }
  const log = installation.forRun(spec.taskName, stampOf(run.scheduledFor));
  try {
    log.info('run begins', {
      run_id: run.runId,
      scheduled_for: run.scheduledFor.toISOString(),
      spec: spec.file,
    });
    const end = await recoverThenRun(installation, spec, run, tellLog(log, observer), signal);
    logEnd(log, end);
    return { ...end, logTail: log.tail(TAIL_LINES) };
  } finally {
    await log.close();
    lock.release();
  }
}

async function recoverThenRun(
  installation: Installation,
  spec: Spec,
  run: RunIdentity,
  observer: RunObserver,
  signal: AbortSignal,
): Promise<RunEnd> {
  let ports: RunPorts;
  try {
    await recoverTask(installation, spec.taskName);
    ports = {
      source: installation.source(spec.source),
      sink: installation.sink(spec.sink),
      journal: installation.journal.open({ runId: run.runId, task: spec.taskName, sink: spec.sink }),
      observer,
      settings: installation.settings(spec),
    };
  } catch (thrown) {
    const error = asTidemarkError(thrown);
    return { report: failedReport(beginRun(spec.taskName, run), error), error };
  }
  return runTask(spec, run, ports, signal);
}

/** Finishes or undoes what runs of this task have left behind. The task's lock must be held. */
async function recoverTask(installation: Installation, task: string): Promise<void> {
  for (const entry of installation.journal.entries(task)) {
    const outcome = await recoverRun(entry, installation.sink(entry.sink));
    installation.journal.close(entry.runId);
    installation.log.warn(`a run that had not come to its end was ${outcome}`, { task, run_id: entry.runId });
  }
}

/** The same for every task that no other process is running, at the daemon's start. What fails is kept for later. */
export async function recoverAll(installation: Installation): Promise<void> {
  const tasks = new Set(installation.journal.entries(null).map((entry) => entry.task));
  for (const task of tasks) {
    try {
      const lock = installation.lockTask(task);
      try {
        await recoverTask(installation, task);
      } finally {
        lock.release();
      }
    } catch (error) {
      installation.log.warn('what an earlier run left behind could not be cleared yet', { task, error });
    }
  }
}

/** The observer, with the plan also written to the run's log. */
function tellLog(log: RunLog, observer: RunObserver): RunObserver {
  return {
    planned(plan) {
      const { host, port, version } = plan.server;
      log.info('snapshot opened', { server: `${host}:${port}`, version, consistency: plan.consistency });
      for (const { name, estimate, batched, sql } of plan.exports) {
        log.info('reading', { table: name, estimated_rows: estimate.rows, batched, sql });
      }
      observer.planned(plan);
    },
    progress: observer.progress,
  };
}

function logEnd(log: RunLog, { report, error }: RunEnd): void {
  const { status, manifest, duration_ms } = report;
  for (const warning of report.warnings) log.warn(warning);
  for (const { name, rows, bytes, files } of report.tables)
    log.info('table read', { table: name, rows, bytes, files });
  if (error === null) return log.info(`run ${status}`, { duration_ms, manifest });
  log.error('run failed; nothing was published', {
    duration_ms,
    code: error.code,
    error,
    sql: error.sql ?? undefined,
  });
}
