/**
 * One run as a process does it: alone on its task, after clearing away what an earlier one may have left, with a log
 * of its own. `tidemark run` and the daemon both go through here.
 */
import type { Spec } from './domain.ts';
import { asTidemarkError } from './errors.ts';
import { identifyRun } from './planner.ts';
import type { PlanSettings, RunIdentity } from './plan/build.ts';
import { stampOf } from './plan/keys.ts';
import type { Journal, RunLog, RunObserver, Source } from './ports.ts';
import { recoverTask, type RecoveryPorts } from './recovery.ts';
import { beginRun, failedReport, notBegun, type RunEnd, type RunOutcome } from './report.ts';
import { runTask, type RunPorts } from './run.ts';

/** What runs share in one process. */
export interface Installation extends RecoveryPorts {
  source(name: string): Source;
  settings(spec: Spec): PlanSettings;
  readonly journal: RecoveryPorts['journal'] & {
    open(run: { readonly runId: string; readonly task: string; readonly sink: string }): Journal;
  };
  forRun(task: string, stamp: string): RunLog;
}

/** For runs that nobody watches. */
export const UNOBSERVED: RunObserver = { planned: () => {}, progress: () => {} };

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
  await installation.recovering.get(spec.taskName);
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
  const published =
    error.code === 'PUBLISH_INCOMPLETE' ? 'it could not be undone yet' : 'nothing was published';
  log.error(`run failed; ${published}`, {
    duration_ms,
    code: error.code,
    error,
    sql: error.sql ?? undefined,
  });
}
