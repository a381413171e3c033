/**
 * Clears away what runs of processes that died have left in a bucket, from the journal: before a task runs again, at
 * the daemon's start, and from time to time after that. A run whose commit is finished here is recorded as it would
 * have been; the others are recorded as failed.
 */
import type { UnendedRun } from './domain/run.ts';
import type { JournalEntry, Log, Settled, Sink } from './ports.ts';
import { asTidemarkError, TidemarkError } from './errors.ts';
import { recoverRun } from './publish/recover.ts';
import type { LeftRuns } from './lane-ports.ts';
import { readMemo, type RunMemo } from './run-memo.ts';

/** What recovery works with. */
export interface RecoveryPorts {
  sink(name: string): Sink;
  readonly journal: {
    /** Of one task, or of all. */
    entries(task: string | null): JournalEntry[];
    /** Forgets a run of which nothing is left. */
    close(runId: string): void;
    /** Records a run that has been finished, and forgets its uploads. */
    record(runId: string): void;
    readonly settled: Settled;
  };
  /** Runs that are marked as running: those in progress, and those of processes that died. */
  readonly unended: {
    runs(): readonly UnendedRun[];
    /** Marks those of a task as failed; the task's lock must be held. Returns their ids. */
    close(task: string): string[];
  };
  /**
   * Holds the task against every other process.
   *
   * @throws TidemarkError ALREADY_RUNNING, STATE_UNUSABLE.
   */
  lockTask(task: string): { release(): void };
  /** Runs that others have begun and whose lanes go on; null or left out: lanes end with the process. */
  readonly left?: LeftRuns | null;
  /** Recoveries under way in this process, by task: a run waits for its own. */
  readonly recovering: Map<string, Promise<void>>;
  readonly log: Log;
}

/**
 * Finishes or undoes what runs of this task have left in the bucket. The task's lock must be held.
 *
 * @throws TidemarkError of the sink or of the state; the entry is then kept.
 */
export async function recoverTask(ports: RecoveryPorts, task: string): Promise<void> {
  // Before its uploads are ended: their lanes would go on.
  await dissolve(ports, task);
  for (const entry of ports.journal.entries(task)) {
    const { runId } = entry;
    const outcome = await recoverRun(entry, sinkOf(ports, entry), ports.journal.settled);
    if (outcome === 'finished') ports.journal.record(runId);
    else ports.journal.close(runId);
    ports.log.warn(`a run that had not come to its end was ${outcome}`, { task, run_id: runId });
  }
}

/** Who leads by now may have assembled a crew for this very task. */
async function dissolve(
  { left, journal }: Pick<RecoveryPorts, 'left' | 'journal'>,
  task: string,
): Promise<void> {
  if (left === null || left === undefined) return;
  await journal.settled();
  await left.dissolve(task);
}

/** The sink may have been taken out of the config meanwhile, and out of the spec. */
function sinkOf(ports: Pick<RecoveryPorts, 'sink'>, entry: JournalEntry): Sink {
  const sink = namedSink(ports, entry);
  const { runId, sink: name, place } = entry;
  // Asked in another bucket, everything would seem to be gone already.
  if (place === null || place === sink.url('')) return sink;
  throw new TidemarkError(
    'CONFIG_INVALID',
    `The sink "${name}" is ${sink.url('')} now. Run ${runId} has left something in ${place}, which has to be cleared away before the task runs again.`,
    {
      hint: `Let the sink "${name}" name its old bucket until the task has run once. If that bucket is gone for good, take the run out of the state file while nothing runs: PRAGMA foreign_keys = ON; DELETE FROM journal_run WHERE run_id = '${runId}';`,
    },
  );
}

function namedSink({ sink }: Pick<RecoveryPorts, 'sink'>, { runId, sink: name }: JournalEntry): Sink {
  try {
    return sink(name);
  } catch (thrown) {
    const error = asTidemarkError(thrown);
    throw new TidemarkError(
      error.code,
      `${error.message} Run ${runId} has left something there, which has to be cleared away before the task runs again.`,
      {
        cause: error,
        hint: `Put the sink "${name}" back into the config until the task has run once. If its bucket is gone for good, take the run out of the state file while nothing runs: PRAGMA foreign_keys = ON; DELETE FROM journal_run WHERE run_id = '${runId}';`,
      },
    );
  }
}

/** Leads a run on to its end; the task's lock is held. Never rejects. @param memo what the run has kept. */
export type LeadOn = (memo: RunMemo) => Promise<void>;

/**
 * The same for every task that nobody is running; where lanes have gone on, the run is led on instead, and nobody waits
 * for its end. Never rejects: what fails is kept for the next time.
 *
 * @param leadOn left out: runs whose lanes go on are cleared away, too.
 */
export async function recoverAll(ports: RecoveryPorts, signal: AbortSignal, leadOn?: LeadOn): Promise<void> {
  const { left = null, log } = ports;
  try {
    const entries = ports.journal.entries(null).map((entry) => entry.task);
    const all = new Set([...entries, ...ports.unended.runs().map(({ task }) => task)]);
    // Those that are led on are in there, too.
    const tasks = new Set([...all].filter((task) => !ports.recovering.has(task)));
    if (left === null || leadOn === undefined || tasks.size === 0)
      return await recoverIn(ports, tasks, signal);
    // No run of these begins before it is known which of them are led on.
    const { promise: known, resolve } = Promise.withResolvers<void>();
    for (const task of tasks) ports.recovering.set(task, known);
    try {
      const found = await leftOf(ports, tasks, await left.find(signal));
      for (const [task, memo] of found) {
        tasks.delete(task);
        const led = recoverIdle(ports, task, () => leadOn(memo)).catch((error: unknown) =>
          complain(log, error),
        );
        ports.recovering.set(
          task,
          led.finally(() => ports.recovering.delete(task)),
        );
      }
    } finally {
      for (const task of tasks) ports.recovering.delete(task);
      resolve();
    }
    await recoverIn(ports, tasks, signal);
  } catch (error) {
    if (!signal.aborted) complain(log, error);
  }
}

/** What is left is then another daemon's. */
function leadsNoMore({ code }: TidemarkError): boolean {
  return code === 'LEADERSHIP_LOST' || code === 'NOT_LEADER';
}

function complain(log: Log, thrown: unknown): void {
  const error = asTidemarkError(thrown);
  if (!leadsNoMore(error)) log.error('the journal cannot be read, or the queue', { error });
}

/** By task, what the run that is to be led on has kept. Others, and those that are recorded as ended, are dissolved. */
async function leftOf(
  ports: RecoveryPorts,
  tasks: ReadonlySet<string>,
  all: ReadonlyMap<string, unknown>,
): Promise<Map<string, RunMemo>> {
  const { journal, unended } = ports;
  const found = new Map<string, RunMemo>();
  const running = new Set(unended.runs().map(({ runId }) => runId));
  for (const [runId, kept] of all) {
    const memo = readMemo(kept);
    const { taskName } = memo.spec;
    if (!tasks.has(taskName)) continue;
    const entry = journal.entries(taskName).find((one) => one.runId === runId);
    // What has begun to be published is finished without lanes.
    if ((entry?.phase ?? 'preparing') === 'preparing' && running.has(runId)) found.set(taskName, memo);
    else await dissolve(ports, taskName);
  }
  return found;
}

/** One after the other. Rejects where this daemon leads no more. */
async function recoverIn(ports: RecoveryPorts, tasks: Iterable<string>, signal: AbortSignal): Promise<void> {
  for (const task of tasks) {
    if (signal.aborted) return;
    const recovery = recoverIdle(ports, task);
    ports.recovering.set(task, recovery);
    await recovery.finally(() => ports.recovering.delete(task));
  }
}

async function recoverIdle(
  ports: RecoveryPorts,
  task: string,
  leadOn: (() => Promise<void>) | null = null,
): Promise<void> {
  let lock: { release(): void } | null = null;
  try {
    lock = ports.lockTask(task);
    if (leadOn !== null) return await leadOn();
    await recoverTask(ports, task);
    ports.unended.close(task);
  } catch (thrown) {
    const error = asTidemarkError(thrown);
    // Whoever runs the task now has begun by clearing it up.
    if (error.code === 'ALREADY_RUNNING') return;
    if (leadsNoMore(error)) throw error;
    ports.log.warn('what an earlier run left behind could not be cleared yet', {
      task,
      code: error.code,
      error,
    });
  } finally {
    lock?.release();
  }
}
