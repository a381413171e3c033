/** How a task stands towards its slots: where it begins, and what its runs and the clock change. Pure. */
import type { SettledSlot } from '../domain/run.ts';
import type { CatchUp } from '../domain/spec.ts';
import { sameTiming, type Timing } from './reconcile.ts';
import { countSlots, lastSlot, nextSlot } from './slots.ts';
import { COUNTED } from './due.ts';

/** How late a slot may run and still count as on time. */
const ON_TIME_MS = 60_000;

export interface TaskSlots {
  readonly timing: Timing;
  /** Slots up to this time have been dealt with. */
  readonly settled: Date;
  /** Slots before this time came while nobody watched. */
  readonly since: Date;
  /** What the schedule before this one has missed, as one slot; null: nothing. */
  readonly gap: Date | null;
  /** The slot that is being run, or waits for its turn. */
  readonly inHand: Date | null;
  /** Slots that came meanwhile and are skipped; null: none. */
  readonly passed: Passed | null;
}

export interface Passed {
  readonly first: Date;
  readonly last: Date;
  /** Counted up to `COUNTED`. */
  readonly count: number;
}

/**
 * A task whose schedule begins to be watched.
 *
 * @param kept null: it has never been seen. Its first slot is then the first after now.
 */
export function beginSlots(timing: Timing, kept: SettledSlot | null, now: Date, catchUp: CatchUp): TaskSlots {
  const fresh = { timing, settled: now, since: now, gap: null, inHand: null, passed: null };
  if (kept === null || kept.schedule === null || kept.timezone === null) return fresh;
  const before: Timing = { schedule: kept.schedule, timezone: kept.timezone };
  if (sameTiming(before, timing)) return { ...fresh, settled: kept.settled };
  // When the schedule was changed nobody saw. Slots by the new one begin now; by the old one, there is one to make up.
  return { ...fresh, gap: catchUp === 'none' ? null : lastSlot(before, kept.settled, now) };
}

/** The same task by another schedule, from now on. */
export function changeTiming(slots: TaskSlots, timing: Timing, now: Date): TaskSlots {
  return { ...slots, timing, settled: now, since: now };
}

/** Slots beyond the clock by more than a little were dealt with before it was set back; they come again. */
export function heedClock(slots: TaskSlots, now: Date): TaskSlots {
  const since = slots.since > now ? now : slots.since;
  const ahead = slots.settled.getTime() - now.getTime() > ON_TIME_MS;
  return { ...slots, since, settled: ahead ? now : slots.settled };
}

/** Since when a slot that has come counts as on time. */
export function onTimeFrom({ since }: TaskSlots, now: Date): Date {
  return new Date(Math.max(now.getTime() - ON_TIME_MS, since.getTime()));
}

/** Lets pass what has come while the task runs or waits. `next`: the slot after that. */
export function passSlots(
  slots: TaskSlots,
  now: Date,
): { readonly slots: TaskSlots; readonly next: Date | null } {
  const { timing, passed } = slots;
  const after = latest(passed?.last, slots.inHand, slots.settled);
  const first = nextSlot(timing, after);
  if (first === null || first > now) return { slots, next: first };
  const last = lastSlot(timing, after, now) ?? first;
  const count = Math.min(COUNTED, (passed?.count ?? 0) + countSlots(timing, after, now, COUNTED));
  return {
    slots: { ...slots, passed: { first: passed?.first ?? first, last, count } },
    next: nextSlot(timing, last),
  };
}

/** Lets pass what has come of a task that is paused. `next`: the slot after that. */
export function passPaused(
  slots: TaskSlots,
  now: Date,
): { readonly slots: TaskSlots; readonly next: Date | null } {
  const { timing, settled, gap } = slots;
  const first = nextSlot(timing, settled);
  const come = first !== null && first <= now;
  const next = come ? nextSlot(timing, now) : first;
  if (!come && gap === null) return { slots, next };
  return { slots: { ...slots, gap: null, settled: come ? now : settled }, next };
}

/** Within a blackout. `first`: the first slot that waits for its end; null: none has come. `next`: when to look again. */
export function deferSlots(
  { timing, settled, gap }: TaskSlots,
  end: Date,
  now: Date,
): { readonly first: Date | null; readonly next: Date | null } {
  const slot = gap ?? nextSlot(timing, settled);
  const come = slot !== null && slot <= now;
  return come ? { first: slot, next: end } : { first: null, next: slot };
}

/** Slots from `from` on that wait for the end of a blackout. */
export interface Deferred {
  readonly from: Date;
  readonly until: Date;
}

/**
 * When the wait of a slot was over; null: it has not waited. A slot that has is not late because the blackout has been
 * shortened or taken away meanwhile.
 */
export function waitedUntil(deferred: Deferred | null, slot: Date, now: Date): Date | null {
  if (deferred === null || slot < deferred.from || slot >= deferred.until) return null;
  return deferred.until < now ? deferred.until : now;
}

/** The slot in hand has been dealt with, and with it those that have passed meanwhile. */
export function settleSlots(slots: TaskSlots, slot: Date): TaskSlots {
  return {
    ...slots,
    settled: latest(slots.settled, slot, slots.passed?.last),
    gap: null,
    inHand: null,
    passed: null,
  };
}

/** What is kept of tasks. `gone`: those that are watched no more. */
export function toKeep(
  tasks: Iterable<string>,
  slotsOf: (task: string) => TaskSlots | undefined,
): { readonly settled: SettledSlot[]; readonly gone: string[] } {
  const settled: SettledSlot[] = [];
  const gone: string[] = [];
  for (const task of tasks) {
    const slots = slotsOf(task);
    if (slots === undefined) gone.push(task);
    // Until its run has ended, what is kept must lead to that run again.
    else if (slots.gap === null && slots.inHand === null)
      settled.push({ task, settled: slots.settled, ...slots.timing });
  }
  return { settled, gone };
}

function latest(...times: (Date | null | undefined)[]): Date {
  return new Date(Math.max(...times.map((time) => time?.getTime() ?? 0)));
}
