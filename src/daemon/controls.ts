/** What people may do to a task while the daemon runs: run it now, try a failed run again, pause it, resume it. */
import type { Spec } from '../domain/spec.ts';
import type { Pause, PastRun, Trigger } from '../domain/run.ts';
import { TidemarkError } from '../errors.ts';
import type { Action } from '../http/actions.ts';
import { didYouMean } from '../nearest.ts';
import type { Log } from '../ports.ts';
import { slotTrigger } from '../schedule/due.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { Dispatcher } from './dispatcher.ts';

/** What is kept of it: pauses outlive the process, and each deed stands in its task's history. */
export interface PauseBook {
  /** By task. */
  load(): ReadonlyMap<string, Pause>;
  pause(task: string, actor: string, at: Date): void;
  resume(task: string, actor: string, at: Date): void;
  /** @param slot whose run is tried again; null: a run of its own. */
  noteRun(task: string, slot: Date | null, actor: string, at: Date): void;
}

export interface Controls {
  readonly paused: ReadonlyMap<string, Pause>;
  /**
   * @param actor `user@host`.
   * @throws TidemarkError USAGE: there is no such task, or nothing to try again; ALREADY_RUNNING; BLACKOUT;
   *   STATE_UNUSABLE.
   */
  act(action: Action, task: string, actor: string): void;
}

export interface ControlOptions {
  readonly book: PauseBook;
  /** The daemon's, once it has started. */
  readonly parts: () => {
    readonly specs: ReadonlyMap<string, Spec>;
    readonly runs: Pick<Dispatcher, 'busy' | 'run' | 'unqueue'>;
    readonly schedule: Pick<Schedule, 'ended' | 'heedPause'>;
  };
  /** When the blackout that a task is in is over; null: it is in none. */
  readonly blackoutEnd: (spec: Spec, at: Date) => Date | null;
  /** The last run that succeeded or failed, backfills aside. */
  readonly lastRun: (task: string) => PastRun | null;
  readonly changed: () => void;
  readonly log: Log;
}

/** @throws TidemarkError STATE_UNUSABLE. */
export function taskControls(options: ControlOptions): Controls {
  const { book, log, parts } = options;
  const paused = new Map(book.load());

  const known = (task: string): Spec => {
    const { specs } = parts();
    const spec = specs.get(task);
    if (spec !== undefined) return spec;
    throw new TidemarkError('USAGE', `There is no task "${task}".${didYouMean(task, [...specs.keys()])}`);
  };

  const begin = (spec: Spec, slot: Date | null, trigger: Trigger, actor: string): void => {
    const { taskName: task } = spec;
    const { runs } = parts();
    const doing = runs.busy(task);
    if (doing !== null) {
      const words = doing === 'running' ? 'is running' : 'waits for its turn to run';
      throw new TidemarkError('ALREADY_RUNNING', `Task ${task} ${words} already.`);
    }
    const now = new Date();
    const free = options.blackoutEnd(spec, now);
    if (free !== null)
      throw new TidemarkError('BLACKOUT', `Nothing of ${task} is read before ${free.toISOString()}.`);
    book.noteRun(task, slot, actor, now);
    runs.run(task, trigger);
  };

  const retry = (spec: Spec, actor: string): void => {
    const last = options.lastRun(spec.taskName);
    if (last === null || last.status !== 'failed')
      throw new TidemarkError(
        'USAGE',
        `The last run of ${spec.taskName} has not failed: nothing to try again.`,
      );
    if (last.kind === 'manual') {
      begin(spec, null, byHand(), actor);
      return;
    }
    const slot = new Date(last.scheduled_for);
    // With "all", rows beyond the slot are left to the slots after it.
    begin(spec, slot, slotTrigger(true, slot, spec.catchUp === 'all' ? slot : null), actor);
  };

  const pause = (task: string, actor: string): void => {
    if (paused.has(task)) return;
    const at = new Date();
    book.pause(task, actor, at);
    paused.set(task, { since: at.toISOString(), actor });
    const { runs, schedule } = parts();
    // The slot that it waited to run for passes, too.
    const waited = runs.unqueue(task, 'the task is paused');
    if (waited !== null) schedule.ended(task, waited, null);
    schedule.heedPause(task);
  };

  const resume = (task: string, actor: string): void => {
    if (!paused.has(task)) return;
    book.resume(task, actor, new Date());
    paused.delete(task);
    parts().schedule.heedPause(task);
  };

  return {
    paused,
    act(action, task, actor) {
      const spec = known(task);
      if (action === 'run') begin(spec, null, byHand(), actor);
      else if (action === 'retry') retry(spec, actor);
      else if (action === 'pause') pause(task, actor);
      else resume(task, actor);
      log.info(DONE[action], { task, actor });
      options.changed();
    },
  };
}

const DONE: Readonly<Record<Action, string>> = {
  run: 'run asked for',
  retry: 'failed run asked for once more',
  pause: 'task paused',
  resume: 'task resumed',
};

function byHand(): Trigger {
  return { kind: 'manual', scheduledFor: new Date(), until: null, backfill: null };
}
