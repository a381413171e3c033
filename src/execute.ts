/**
 * One run as a process does it: alone on its task, after clearing away what an earlier one may have left, tried again
 * where that helps, with a log of its own, and recorded at its end. `tidemark run`, `backfill` and the daemon all go
 * through here.
 */
import { withRetries, withTimeout } from './attempts.ts';
import type { Spec } from './domain/spec.ts';
import type { FailedRun, RunIdentity, RunReport, TaskMemory, Trigger } from './domain/run.ts';
import { asTidemarkError, TidemarkError } from './errors.ts';
import { identifyRun } from './planner.ts';
import type { PaceLimits } from './pace/pace.ts';
import type { PlanSettings } from './plan/build.ts';
import type { Journal, RunLog, RunObserver, Source } from './ports.ts';
import type { Crews, LeftRuns } from './lane-ports.ts';
import type { RunMemo } from './run-memo.ts';
import type { Transforms } from './transform-ports.ts';
import { recoverTask, type RecoveryPorts } from './recovery.ts';
import { beginRun, failedReport, notBegun, recordOf } from './report.ts';
import type { RunAttempt, RunEnd, RunOutcome } from './report.ts';
import { logEnd, tellLog } from './run-log.ts';
import { alreadyDone, nameRun, refuseInBlackout, refusePublished } from './run-once.ts';
import { runTask, type RunPorts } from './run.ts';
import { lockInTurn, type Turns } from './turns.ts';

/** What runs share in one process. */
export interface Installation extends RecoveryPorts {
  source(name: string): Source;
  settings(spec: Spec): PlanSettings;
  /** When the blackout that a task is in at a moment is over; null: it is in none. */
  blackoutEnd(spec: Spec, at: Date): Date | null;
  /** Whether runs begin in a blackout, too. */
  readonly ignoreBlackout?: boolean;
  /** How the server is spared by a task's runs. */
  pace(spec: Spec): PaceLimits;
  readonly journal: RecoveryPorts['journal'] & {
    open(run: { readonly runId: string; readonly task: string; readonly sink: string }): Journal;
  };
  readonly runs: RunBook;
  readonly turns: Turns;
  /** Left out: each run reads with the connection that it was planned with. */
  readonly crews?: Crews | null;
  readonly transforms: Transforms;
  /** What cannot be promised of a task and has been said by this process. */
  readonly said: Set<string>;
  forRun(task: string, stamp: string): RunLog;
  /** See RunPorts. */
  readonly verifyCount?: boolean;
}

/** The state's record of runs. All throw TidemarkError STATE_UNUSABLE. */
export interface RunBook {
  /** What a task remembers, as seen from a time. */
  memory(spec: Spec, scheduledFor: Date): TaskMemory;
  /** The run that has succeeded for this time, or for this window of a backfill; null: none has. */
  successFor(task: string, run: RunIdentity): RunReport | null;
  /** How the run for a time has failed since a moment; null: it has not. */
  failureSince(task: string, scheduledFor: Date, since: Date): FailedRun | null;
  /** Whether any run has been named after this time. */
  isTaken(task: string, scheduledFor: Date): boolean;
  began(run: { readonly task: string; readonly sink: string; readonly attempt: RunAttempt }): void;
  /** Of a run that failed or was skipped; a success is recorded with its commit. */
  ended(record: ReturnType<typeof recordOf>): void;
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
  trigger: Trigger,
  observer: RunObserver,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const startedAt = new Date();
  const asAsked: RunAttempt = { ...identifyRun(trigger), startedAt, number: 1 };
  let lock;
  try {
    lock = await lockInTurn(installation, spec.taskName, trigger, signal);
  } catch (error) {
    return notBegun(beginRun(spec.taskName, asAsked), asTidemarkError(error));
  }
  try {
    refuseInBlackout(installation, spec);
    const run = { ...nameRun(installation, spec.taskName, trigger, startedAt), startedAt };
    return await logged(installation, spec, run, observer, signal);
  } catch (error) {
    // Also where the state says that there is nothing to do, or cannot be read or written.
    return notBegun(beginRun(spec.taskName, asAsked), asTidemarkError(error));
  } finally {
    lock.release();
  }
}

async function logged(
  installation: Installation,
  spec: Spec,
  run: RunIdentity & { readonly startedAt: Date },
  observer: RunObserver,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const log = installation.forRun(spec.taskName, run.stamp);
  try {
    log.info('run begins', {
      run_id: run.runId,
      kind: run.kind,
      scheduled_for: run.scheduledFor.toISOString(),
      spec: spec.file,
    });
    const end = await recorded(installation, spec, run, log, observer, signal);
    logEnd(log, end);
    return { ...end, logTail: log.tail(TAIL_LINES) };
  } finally {
    await log.close();
  }
}

/** In the state, the run begins before anything else is done, and ends with its success or its last failure. */
async function recorded(
  installation: Installation,
  spec: Spec,
  run: RunIdentity & { readonly startedAt: Date },
  log: RunLog,
  observer: RunObserver,
  signal: AbortSignal,
): Promise<RunEnd> {
  const { runs, unended } = installation;
  const first: RunAttempt = { ...run, number: 1 };
  try {
    unended.close(spec.taskName);
    runs.began({ task: spec.taskName, sink: spec.sink, attempt: first });
  } catch (thrown) {
    const error = asTidemarkError(thrown);
    return { report: failedReport(beginRun(spec.taskName, first), error), error };
  }
  const deadline = spec.timeoutMs === null ? null : new Date(Date.now() + spec.timeoutMs);
  const attempt: Attempt = (number, told, timed) =>
    recoverThenRun(installation, spec, { ...run, number }, told, deadline, timed);
  return attempts(installation, spec, first, attempt, log, observer, deadline, signal);
}

/** Makes one attempt, given its number. */
type Attempt = (number: number, observer: RunObserver, signal: AbortSignal) => Promise<RunEnd>;

/** Makes attempts until the deadline, and records how the last one ended. */
async function attempts(
  installation: Installation,
  spec: Spec,
  first: RunAttempt,
  attempt: Attempt,
  log: RunLog,
  observer: RunObserver,
  deadline: Date | null,
  signal: AbortSignal,
): Promise<RunEnd> {
  const timed = withTimeout(signal, spec.timeoutMs, deadline);
  const told = tellLog(log, installation.said, observer);
  const end = await withRetries(
    spec.retries,
    (number) => attempt(number, told, timed.signal),
    (error, number, delay) => {
      log.warn(`attempt ${number} failed; trying again`, {
        code: error.code,
        error,
        delay_ms: delay,
        attempts_left: spec.retries.count + 1 - number,
      });
      observer.retries?.();
    },
    timed.signal,
    first.number,
  );
  timed.release();
  // One that is left has not ended.
  if (end.error === null || end.error.code === 'RUN_LEFT') return end;
  try {
    installation.runs.ended(recordOf(beginRun(spec.taskName, first), end.report, spec.sink));
  } catch (error) {
    // The run has an error of its own to report. In the state it stays unended, and is closed before the next one.
    log.error('the end of the run could not be recorded', { error: asTidemarkError(error) });
  }
  return end;
}

/**
 * Leads on a run whose process is no more: its lanes have gone on, or wait for somebody who allows them to. The task's
 * lock must be held.
 *
 * @param memo as the run has kept it.
 */
export async function leadRunOn(
  installation: Installation,
  left: LeftRuns,
  { spec, run, plan, warnings, deadline }: RunMemo,
  observer: RunObserver,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const log = installation.forRun(spec.taskName, run.stamp);
  const attempt: Attempt = async (number, told, timed) => {
    const one = { ...run, number };
    if (number > run.number) return recoverThenRun(installation, spec, one, told, deadline, timed);
    try {
      // Before there is a crew: from then on, the run closes it.
      const entry = installation.journal.entries(spec.taskName).find(({ runId }) => runId === run.runId);
      const ports = portsOf(installation, spec, one, told, deadline);
      // The crew may obey another process by now.
      await installation.journal.settled(timed);
      const crew = await left.leadOn({ runId: run.runId, task: spec.taskName, source: spec.source }, timed);
      if (crew === null) throw new TidemarkError('QUEUE_LOST', 'The queue has nothing of the run any more.');
      const begun = { plan, crew, warnings, uploads: entry?.uploads ?? [] };
      return await runTask(spec, one, { ...ports, begun }, timed);
    } catch (thrown) {
      return notBegun(beginRun(spec.taskName, one), asTidemarkError(thrown));
    }
  };
  try {
    log.info('run is led on: the process that led it is no more', { run_id: run.runId, attempt: run.number });
    const end = await attempts(installation, spec, run, attempt, log, observer, deadline, signal);
    logEnd(log, end);
    return { ...end, logTail: log.tail(TAIL_LINES) };
  } finally {
    await log.close();
  }
}

async function recoverThenRun(
  installation: Installation,
  spec: Spec,
  run: RunAttempt,
  observer: RunObserver,
  deadline: Date | null,
  signal: AbortSignal,
): Promise<RunEnd> {
  const { taskName } = spec;
  let ports: RunPorts;
  try {
    signal.throwIfAborted();
    // Nothing is read or written for a run that may be another process's.
    await installation.journal.settled(signal);
    await recoverTask(installation, taskName);
    // Recovery may have finished what the attempt before could neither finish nor undo, or an earlier run of it.
    const finished = installation.runs.successFor(taskName, run);
    if (finished?.run_id === run.runId) return { report: finished, error: null };
    if (finished !== null) throw alreadyDone(run, finished);
    if (run.kind === 'catch_up') await refusePublished(installation, spec, run);
    ports = portsOf(installation, spec, run, observer, deadline);
  } catch (thrown) {
    return notBegun(beginRun(taskName, run), asTidemarkError(thrown));
  }
  return runTask(spec, run, ports, signal);
}

function portsOf(
  installation: Installation,
  spec: Spec,
  run: RunAttempt,
  observer: RunObserver,
  deadline: Date | null,
): RunPorts {
  return {
    source: installation.source(spec.source),
    sink: installation.sink(spec.sink),
    journal: installation.journal.open({ runId: run.runId, task: spec.taskName, sink: spec.sink }),
    observer,
    transforms: installation.transforms,
    settings: installation.settings(spec),
    pace: installation.pace(spec),
    memory: installation.runs.memory(spec, run.scheduledFor),
    crews: installation.crews ?? null,
    verifyCount: installation.verifyCount ?? false,
    deadline,
  };
}
