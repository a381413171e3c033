/**
 * Starts runs as the queue allows, and ends them when the daemon stops. It holds the one piece of state that the
 * queue's pure functions work on, and the abort handle of each run.
 */
import type { Spec } from '../domain/spec.ts';
import type { Trigger } from '../domain/run.ts';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import { identifyRun } from '../planner.ts';
import type { Log } from '../ports.ts';
import { beginRun, notBegun, type RunOutcome } from '../report.ts';
import { drop, emptyQueue, offer, release, resize, type Place, type Queue } from '../schedule/queue.ts';

/** Runs a task once. A run that fails is reported, not rejected; an aborted one has the error INTERRUPTED. */
export type RunTask = (spec: Spec, trigger: Trigger, signal: AbortSignal) => Promise<RunOutcome>;

export interface DispatcherSettings {
  readonly maxConcurrentTasks: number;
  readonly shutdownGraceMs: number;
}

export interface DispatcherOptions extends DispatcherSettings {
  readonly runTask: RunTask;
  /** Called at the end of each run. */
  readonly onEnd: (spec: Spec, trigger: Trigger, outcome: RunOutcome) => void;
  /** Called before runs are aborted: some need not be. */
  readonly leave?: (() => void) | undefined;
  readonly log: Log;
}

export interface Dispatcher {
  /** The specs in force. Who waits for a run and is no longer among them is dropped; runs in progress go on. */
  setSpecs(specs: ReadonlyMap<string, Spec>): void;
  /** Runs a task that is not busy, at once or when its turn comes. */
  run(task: string, trigger: Trigger): void;
  /** What a task is doing; null: nothing. Also of one that is no longer in force. */
  busy(task: string): 'running' | 'waiting' | null;
  queue(): Queue;
  /** Takes a task off the waiting list. @returns what it waited to run for; null: it did not wait. */
  unqueue(task: string, why: string): Trigger | null;
  /** From now on. Where fewer may run than before, those in progress go on. */
  configure(settings: DispatcherSettings): void;
  /** A run that was not started here has a place, as if fewer might run. @returns gives the place back. */
  makeRoom(): () => void;
  /** Drops who waits, lets runs end within the grace, then aborts them. Settles when no run is left. */
  stop(): Promise<void>;
  /** Aborts all runs at once. */
  abort(): void;
}

export function dispatcher(options: DispatcherOptions): Dispatcher {
  const { runTask, log } = options;
  let specs: ReadonlyMap<string, Spec> = new Map();
  let queue = emptyQueue(options.maxConcurrentTasks);
  let stopped = false;
  let { shutdownGraceMs, maxConcurrentTasks } = options;
  let guests = 0;
  const runs = new Map<string, { readonly abort: AbortController; readonly ended: Promise<void> }>();

  const start = ({ task, trigger }: Place): void => {
    const spec = specs.get(task);
    // Whoever is offered or waits is in force: `run` and `setSpecs` see to it.
    if (spec === undefined) throw new Error(`task ${task} was started without a spec`);
    const abort = new AbortController();
    runs.set(task, { abort, ended: execute(spec, trigger, abort.signal) });
  };

  const execute = async (spec: Spec, trigger: Trigger, signal: AbortSignal): Promise<void> => {
    const began = { ...identifyRun(trigger), startedAt: new Date(), number: 1 };
    // A run that breaks its promise to report is a fault in the program, which its owner learns of all the same.
    const outcome = await runTask(spec, trigger, signal).catch((error: unknown) => {
      log.error('run ended without a report', { task: spec.taskName, error });
      return notBegun(beginRun(spec.taskName, began), asTidemarkError(error));
    });
    runs.delete(spec.taskName);
    const next = release(queue, spec.taskName);
    queue = next.queue;
    if (next.start !== null) start(next.start);
    options.onEnd(spec, trigger, outcome);
  };

  const dropWaiting = (gone: (task: string) => boolean, why: string): readonly Place[] => {
    const result = drop(queue, gone);
    queue = result.queue;
    for (const { task, trigger } of result.dropped) {
      log.warn(`waiting run dropped: ${why}`, { task, scheduled_for: trigger.scheduledFor.toISOString() });
    }
    return result.dropped;
  };

  const fit = (): void => {
    const resized = resize(queue, Math.max(0, maxConcurrentTasks - guests));
    queue = resized.queue;
    for (const place of resized.start) start(place);
  };

  const abort = (): void => {
    options.leave?.();
    for (const one of runs.values())
      one.abort.abort(new TidemarkError('INTERRUPTED', 'Tidemark was asked to stop'));
  };

  return {
    queue: () => queue,
    unqueue: (task, why) => dropWaiting((one) => one === task, why)[0]?.trigger ?? null,
    configure: (settings) => {
      ({ shutdownGraceMs, maxConcurrentTasks } = settings);
      fit();
    },
    makeRoom: () => {
      guests++;
      fit();
      return () => {
        guests--;
        fit();
      };
    },
    setSpecs: (next) => {
      specs = next;
      dropWaiting((task) => !specs.has(task), 'the spec is gone');
    },
    run: (task, trigger) => {
      if (stopped || !specs.has(task)) return;
      const place = { task, trigger };
      const offered = offer(queue, place);
      queue = offered.queue;
      const scheduled_for = trigger.scheduledFor.toISOString();
      switch (offered.outcome) {
        case 'start':
          start(place);
          return;
        case 'wait':
          log.info('run waits: max_concurrent_tasks are running', { task, scheduled_for });
          return;
        case 'already running':
        case 'already waiting':
          throw new Error(`task ${task} is ${offered.outcome} and was asked to run for ${scheduled_for}`);
      }
    },
    busy: (task) => (queue.running.has(task) ? 'running' : queue.waiting.has(task) ? 'waiting' : null),
    stop: async () => {
      stopped = true;
      dropWaiting(() => true, 'Tidemark stops');
      const grace = setTimeout(abort, shutdownGraceMs);
      await Promise.all([...runs.values()].map((one) => one.ended));
      clearTimeout(grace);
    },
    abort,
  };
}
