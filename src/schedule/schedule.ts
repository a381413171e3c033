/**
 * The schedules of all specs in force, on one timer. It sleeps until the earliest slot, and never for long: the clock
 * may be set and the machine may sleep, and a timer sees neither. What runs when is decided in due.ts.
 */
import type { CatchUp, Spec } from '../domain/spec.ts';
import type { SettledSlot, Trigger } from '../domain/run.ts';
import { asTidemarkError, type TidemarkError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { due, slotTrigger } from './due.ts';
import { counted, whyPassed } from './passed-text.ts';
import { reconcile, type Timing } from './reconcile.ts';
import { nextSlot } from './slots.ts';
import { beginSlots, changeTiming, deferSlots, heedClock, onTimeFrom, passPaused } from './task-slots.ts';
import { passSlots, settleSlots, toKeep, waitedUntil, type Deferred, type TaskSlots } from './task-slots.ts';

const LONGEST_SLEEP_MS = 30_000;
/** With `catch_up` "all", a task that somebody else is running is tried again after this time. */
const RETRY_MS = 30_000;
const CLOCK_TOLERANCE_MS = 60_000;

export interface Clock {
  now(): Date;
  /** Calls back once, after so many milliseconds. @returns calls it off. */
  wakeIn(ms: number, wake: () => void): () => void;
}

/** What is kept of the tasks' slots; both throw TidemarkError STATE_UNUSABLE. */
export interface SlotBook {
  load(): readonly SettledSlot[];
  /** All of it or nothing. */
  save(settled: readonly SettledSlot[], gone: readonly string[]): void;
}

export interface ScheduleOptions {
  /** Zone of the specs that name none. */
  readonly timezone: string;
  readonly clock: Clock;
  readonly book: SlotBook;
  /** What the task is doing already; null: it can be run. */
  readonly busy: (task: string) => 'running' | 'waiting' | null;
  /** Whether somebody has paused it: its slots are dealt with, without a run. */
  readonly isPaused: (task: string) => boolean;
  /** When the blackout that a task is in at a moment is over; null: it is in none. */
  readonly blackoutEnd: (spec: Spec, at: Date) => Date | null;
  /** Runs a task that is not busy, or lets it wait for its turn. */
  readonly run: (task: string, trigger: Trigger) => void;
  /** Slots will not be run; `why` is a sentence. Throws where that cannot be recorded. */
  readonly skip: (task: string, trigger: Trigger, why: string) => void;
  readonly log: Log;
}

export interface Schedule {
  /**
   * Makes the schedules match the specs.
   *
   * @param timezone of those that name none, from now on; by default, as before.
   * @throws TidemarkError STATE_UNUSABLE: what is kept cannot be read.
   */
  apply(specs: ReadonlyMap<string, Spec>, timezone?: string): void;
  /** The next slot of a task; null where it has none, or is paused. */
  next(task: string): Date | null;
  /** A run that `run` was asked for has ended. */
  ended(task: string, trigger: Trigger, error: TidemarkError | null): void;
  /** A task was paused or resumed. */
  heedPause(task: string): void;
  /** Nothing runs after this call. What ends later is still recorded. */
  stop(): void;
}

interface Watched {
  slots: TaskSlots;
  /** When to look at the task, ms; Infinity: when its run ends, or never. */
  lookAt: number;
  /** Which slots wait for the end of a blackout; another version of the spec may not have it. */
  deferred?: Deferred | null;
}

export function startSchedule(options: ScheduleOptions): Schedule {
  const { clock, book, log } = options;
  const watched = new Map<string, Watched>();
  /** Tasks of which something has to be kept. */
  const unsaved = new Set<string>();
  let specs: ReadonlyMap<string, Spec> = new Map();
  let { timezone: zone } = options;
  let cancel = (): void => {};
  let stopped = false;
  let lastLook = clock.now();
  let expected = lastLook.getTime();

  const catchUpOf = (task: string): CatchUp => specs.get(task)?.catchUp ?? 'latest';
  const blackoutOf = (task: string, at: Date): Date | null =>
    specs.has(task) ? options.blackoutEnd(specs.get(task) as Spec, at) : null;

  const look = (task: string, one: Watched, now: Date): void => {
    const doing = options.busy(task);
    if (doing !== null) return letPass(task, one, doing, now);
    const heeded = heedClock(one.slots, now);
    if (heeded.settled < one.slots.settled) unsaved.add(task);
    one.slots = heeded;
    if (options.isPaused(task)) return passOver(task, one, now);
    const { deferred = null } = one;
    one.deferred = null;
    const blackout = blackoutOf(task, now);
    if (blackout !== null) return deferTo(blackout, task, one, now);
    const { timing, settled, gap } = heeded;
    const catchUp = catchUpOf(task);
    if (gap !== null) {
      begin(task, one, slotTrigger(true, gap, catchUp === 'all' ? gap : null));
      one.lookAt = Infinity;
      return;
    }
    const dueAt = (slot: Date): Date => waitedUntil(deferred, slot, now) ?? blackoutOf(task, slot) ?? slot;
    const decision = due({ timing, settled, now, onTimeFrom: onTimeFrom(one.slots, now), catchUp, dueAt });
    if (decision.settled > settled) {
      one.slots = { ...one.slots, settled: decision.settled };
      unsaved.add(task);
      const missed = counted(decision.missed);
      const run = decision.run?.scheduledFor.toISOString() ?? null;
      const fields = { task, missed, catch_up: catchUp, run_for: run };
      if (dueAt(decision.settled) > decision.settled)
        log.info('slots of the blackout become one run', fields);
      else log.warn('slots were missed', fields);
    }
    if (decision.run !== null) begin(task, one, decision.run);
    else if (decision.next === null)
      log.error('task cannot be scheduled: no day fits its schedule', { task, ...timing });
    one.lookAt = decision.next?.getTime() ?? Infinity;
  };

  /** What has come waits for the end of the blackout; nothing is dealt with before. */
  const deferTo = (end: Date, task: string, one: Watched, now: Date): void => {
    const { first, next } = deferSlots(one.slots, end, now);
    one.deferred = first === null ? null : { from: first, until: end };
    one.lookAt = next?.getTime() ?? Infinity;
    const fields = { task, scheduled_for: first?.toISOString(), until: end.toISOString() };
    if (first !== null) log.info('run waits for the end of the blackout', fields);
  };

  /** While a task is paused, what comes is dealt with, and so is what had come before and was not run. */
  const passOver = (task: string, one: Watched, now: Date): void => {
    const { slots, next } = passPaused(one.slots, now);
    one.lookAt = next?.getTime() ?? Infinity;
    if (slots === one.slots) return;
    one.slots = slots;
    unsaved.add(task);
    log.debug('slots pass: the task is paused', { task });
  };

  const begin = (task: string, one: Watched, trigger: Trigger): void => {
    const { kind, scheduledFor } = trigger;
    if (kind === 'catch_up')
      log.info('a missed slot is made up for', { task, scheduled_for: scheduledFor.toISOString() });
    one.slots = { ...one.slots, inHand: scheduledFor };
    options.run(task, trigger);
  };

  /** A slot has come for a task that is busy. */
  const letPass = (task: string, one: Watched, doing: 'running' | 'waiting', now: Date): void => {
    one.lookAt = Infinity;
    // With "all" they wait for the run before them.
    if (catchUpOf(task) === 'all') return;
    const { slots, next } = passSlots(one.slots, now);
    one.lookAt = next?.getTime() ?? Infinity;
    if (slots.passed === null || slots.passed === one.slots.passed) return;
    one.slots = slots;
    const why =
      doing === 'running'
        ? 'the previous run has not ended'
        : 'an earlier run of the task still waits for its turn';
    log.warn(`run skipped: ${why}`, { task, scheduled_for: slots.passed.last.toISOString() });
  };

  const recordSkip = (task: string, slot: Date, why: string): void => {
    try {
      options.skip(task, slotTrigger(false, slot, null), why);
    } catch (error) {
      log.error('a skipped slot could not be recorded', { task, error: asTidemarkError(error) });
    }
  };

  const save = (): void => {
    if (unsaved.size === 0) return;
    const { settled, gone } = toKeep(unsaved, (task) => watched.get(task)?.slots);
    try {
      book.save(settled, gone);
      unsaved.clear();
    } catch (error) {
      log.error('the slots that were dealt with could not be recorded yet', {
        error: asTidemarkError(error),
      });
    }
  };

  const wake = (): void => {
    if (stopped) return;
    const now = clock.now();
    const moved = now.getTime() - expected;
    const back = now.getTime() < lastLook.getTime();
    if (Math.abs(moved) > CLOCK_TOLERANCE_MS)
      log.warn('the clock was set, or the machine slept', { moved_ms: moved });
    for (const [task, one] of watched) if (back || one.lookAt <= now.getTime()) look(task, one, now);
    save();
    sleep();
  };

  const sleep = (): void => {
    cancel();
    lastLook = clock.now();
    let earliest = Infinity;
    for (const { lookAt } of watched.values()) earliest = Math.min(earliest, lookAt);
    const ms = Math.min(LONGEST_SLEEP_MS, Math.max(1, earliest - lastLook.getTime()));
    expected = lastLook.getTime() + ms;
    cancel = clock.wakeIn(ms, wake);
  };

  const start = (task: string, timing: Timing, kept: SettledSlot | null, now: Date): void => {
    watched.set(task, { slots: beginSlots(timing, kept, now, catchUpOf(task)), lookAt: -Infinity });
    unsaved.add(task);
  };

  return {
    apply: (wanted, timezone = zone) => {
      specs = wanted;
      zone = timezone;
      const now = clock.now();
      const current = new Map([...watched].map(([task, { slots }]) => [task, slots.timing]));
      const changes = reconcile(current, wanted, zone);
      for (const task of changes.stop) {
        watched.delete(task);
        unsaved.add(task);
      }
      for (const [task, timing] of changes.replace) {
        const one = watched.get(task) as Watched;
        one.slots = changeTiming(one.slots, timing, now);
        one.lookAt = -Infinity;
        unsaved.add(task);
      }
      const kept = new Map(changes.start.size === 0 ? [] : book.load().map((slot) => [slot.task, slot]));
      for (const one of watched.values()) if (one.deferred) one.lookAt = -Infinity;
      for (const [task, timing] of changes.start) start(task, timing, kept.get(task) ?? null, now);
      wake();
    },

    next: (task) => {
      const one = watched.get(task);
      if (one === undefined || options.isPaused(task)) return null;
      const now = clock.now();
      const known = one.lookAt > now.getTime() && Number.isFinite(one.lookAt);
      const next = known ? new Date(one.lookAt) : nextSlot(one.slots.timing, now);
      return next === null ? null : (blackoutOf(task, next) ?? next);
    },

    ended: (task, { kind, scheduledFor }, error) => {
      const one = watched.get(task);
      if (one === undefined) return;
      const { passed } = one.slots;
      if (error?.code === 'INTERRUPTED' || error?.code === 'RUN_LEFT') {
        one.lookAt = Infinity; // The daemon stops. The next one makes up for the slot.
      } else if (kind === 'manual') {
        // Nobody's slot has been run, but what came meanwhile was skipped.
        if (passed !== null) {
          recordSkip(task, passed.last, whyPassed(passed, scheduledFor));
          one.slots = settleSlots(one.slots, passed.last);
          unsaved.add(task);
        }
        one.lookAt = -Infinity;
      } else if (error?.code === 'BLACKOUT') {
        one.slots = { ...one.slots, inHand: null, passed: null };
        one.lookAt = -Infinity; // It waited for its turn until then. What came meanwhile is due with it.
      } else if (error?.code === 'ALREADY_RUNNING' && catchUpOf(task) === 'all') {
        one.slots = { ...one.slots, inHand: null };
        one.lookAt = clock.now().getTime() + RETRY_MS;
      } else {
        if (error?.code === 'ALREADY_RUNNING') recordSkip(task, scheduledFor, error.message);
        if (passed !== null) recordSkip(task, passed.last, whyPassed(passed, scheduledFor));
        one.slots = settleSlots(one.slots, scheduledFor);
        one.lookAt = -Infinity;
        unsaved.add(task);
      }
      if (stopped) save();
      else wake();
    },

    heedPause: (task) => {
      const one = watched.get(task);
      if (one === undefined || stopped) return;
      // Slots of the pause itself are never run; those that a run has in hand are dealt with when it ends.
      if (options.busy(task) === null && !options.isPaused(task)) passOver(task, one, clock.now());
      one.lookAt = -Infinity;
      wake();
    },

    stop: () => {
      stopped = true;
      cancel();
    },
  };
}
