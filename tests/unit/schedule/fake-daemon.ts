/** What is around a schedule: a clock, what is kept between two daemons, and runs that end when the test says so. */
import type { Spec } from '../../../src/domain/spec.ts';
import type { SettledSlot, Trigger } from '../../../src/domain/run.ts';
import type { ErrorCode } from '../../../src/error-codes.ts';
import { TidemarkError } from '../../../src/errors.ts';
import { blackoutEnd } from '../../../src/schedule/blackout.ts';
import { startSchedule, type Schedule, type SlotBook } from '../../../src/schedule/schedule.ts';
import { sampleSpec } from '../watch/sample-spec.ts';
import { fakeClock } from './fake-clock.ts';
import { keptLog } from './kept-log.ts';

export interface FakeBook extends SlotBook {
  readonly kept: Map<string, SettledSlot>;
  /** Set it to have the next calls fail. */
  broken: boolean;
  /** How often something was saved. */
  saves: number;
}

export function fakeBook(): FakeBook {
  const kept = new Map<string, SettledSlot>();
  const check = (): void => {
    if (book.broken) throw new TidemarkError('STATE_UNUSABLE', 'the disk is full');
  };
  const book: FakeBook = {
    kept,
    broken: false,
    saves: 0,
    load: () => {
      check();
      return [...kept.values()];
    },
    save: (settled, gone) => {
      check();
      book.saves++;
      for (const slot of settled) kept.set(slot.task, slot);
      for (const task of gone) kept.delete(task);
    },
  };
  return book;
}

/** Month, day and time of day. */
export const time = (date: Date) => date.toISOString().slice(5, 19);

export function fakeDaemon(start: string) {
  const clock = fakeClock(start);
  const book = fakeBook();
  const log = keptLog();
  /** `kind task slot until`, of each run that was begun. */
  const begun: string[] = [];
  const skipped: string[] = [];
  let running = new Map<string, Trigger>();
  const paused = new Set<string>();
  let schedule: Schedule;
  /** Whether runs take no time at all. */
  let instant = true;

  const begin = (): void => {
    running = new Map();
    schedule = startSchedule({
      timezone: 'UTC',
      clock,
      book,
      busy: (task) => (running.has(task) ? 'running' : null),
      isPaused: (task) => paused.has(task),
      blackoutEnd: ({ blackout, timezone }, at) => blackoutEnd(blackout ?? [], timezone ?? 'UTC', at),
      run: (task, trigger) => {
        const until = trigger.until === null ? '' : ` until ${time(trigger.until)}`;
        begun.push(`${trigger.kind} ${task} ${time(trigger.scheduledFor)}${until}`);
        running.set(task, trigger);
        if (instant) queued.push(task);
      },
      skip: (task, { scheduledFor }, why) => skipped.push(`${task} ${time(scheduledFor)}: ${why}`),
      log,
    });
  };
  // A run never ends before `run` has returned.
  const queued: string[] = [];
  const endQueued = (): void => {
    for (let task = queued.shift(); task !== undefined; task = queued.shift()) end(task);
  };
  const end = (task: string, code: ErrorCode | null = null): void => {
    const trigger = running.get(task) as Trigger;
    running.delete(task);
    schedule.ended(task, trigger, code === null ? null : new TidemarkError(code, 'it is so'));
    endQueued();
  };
  begin();

  return {
    clock,
    book,
    log,
    begun,
    skipped,
    /** Runs end when `end` is called; before this, at once. */
    holdRuns: () => void (instant = false),
    end,
    applyIn: (timezone: string, ...specs: Spec[]) => {
      schedule.apply(new Map(specs.map((spec) => [spec.taskName, spec])), timezone);
    },
    apply: (...specs: Spec[]) => {
      schedule.apply(new Map(specs.map((spec) => [spec.taskName, spec])));
      endQueued();
    },
    next: (task: string) => schedule.next(task),
    pause: (task: string) => {
      paused.add(task);
      schedule.heedPause(task);
    },
    resume: (task: string) => {
      paused.delete(task);
      schedule.heedPause(task);
      endQueued();
    },
    /** Somebody asks for a run, which takes until `end` is called. */
    runByHand: (task: string) =>
      void running.set(task, { kind: 'manual', scheduledFor: clock.now(), until: null, backfill: null }),
    pass: (ms: number) => {
      // In small steps, so that instant runs end in between.
      for (let left = ms; left > 0; left -= 1000) {
        clock.pass(Math.min(left, 1000));
        endQueued();
      }
    },
    stop: () => schedule.stop(),
    /** The daemon dies, and another one comes after a time. Runs in progress are lost. */
    restartAfter: (ms: number) => {
      schedule.stop();
      clock.pass(ms);
      begin();
    },
    says: (text: string) => log.lines.filter(({ message }) => message.includes(text)),
  };
}

export const task = (schedule: string | null, fields: Partial<Spec> = {}) =>
  sampleSpec('a', { schedule, ...fields });
