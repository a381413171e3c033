/** Which slot of a task runs now, and which are dealt with without a run. Pure. */
import type { CatchUp } from '../domain/spec.ts';
import type { Trigger } from '../domain/run.ts';
import type { Timing } from './reconcile.ts';
import { countSlots, lastSlot, nextSlot } from './slots.ts';

/** Missed slots are counted up to here: a log line needs no more, and each takes time to find. */
export const COUNTED = 50;

export interface DueInput {
  readonly timing: Timing;
  /** Slots up to this time have been dealt with. */
  readonly settled: Date;
  readonly now: Date;
  /** Slots before this time are late: nobody was there to run them, or the machine was asleep. */
  readonly onTimeFrom: Date;
  readonly catchUp: CatchUp;
  /** When a slot is to run: at its own time, or when the blackout that it falls into is over. By default the first. */
  readonly dueAt?: (slot: Date) => Date;
}

export interface Due {
  /** What runs now; null: nothing. */
  readonly run: Trigger | null;
  /** Slots up to this time are dealt with, without a run; `run` is later than that. */
  readonly settled: Date;
  /** How many slots that has dealt with, counted up to `COUNTED`. */
  readonly missed: number;
  /** The first slot that is neither run nor dealt with, if it is in the past or not; null: there is none. */
  readonly next: Date | null;
}

/** Not to be asked within a blackout. */
export function due({ timing, settled, now, onTimeFrom, catchUp, dueAt = (slot) => slot }: DueInput): Due {
  const first = nextSlot(timing, settled);
  if (first === null || first > now) return { run: null, settled, missed: 0, next: first };
  const second = nextSlot(timing, first);

  if (catchUp === 'all') {
    const late = dueAt(first) < onTimeFrom;
    // Rows beyond the slot are left to the slots after it.
    const until = late || (second !== null && second <= now) ? first : null;
    return { run: slotTrigger(late, first, until), settled, missed: 0, next: second };
  }

  const last = second === null || second > now ? first : (lastSlot(timing, first, now) ?? first);
  const late = dueAt(last) < onTimeFrom;
  const next = last === first ? second : nextSlot(timing, last);
  const count = (upTo: Date): number => countSlots(timing, settled, upTo, COUNTED);
  if (late && catchUp === 'none') return { run: null, settled: last, missed: count(last), next };
  if (last === first) return { run: slotTrigger(late, last, null), settled, missed: 0, next };
  const before = new Date(last.getTime() - 1000);
  return { run: slotTrigger(late, last, null), settled: before, missed: count(before), next };
}

/** The run for a slot. */
export function slotTrigger(late: boolean, scheduledFor: Date, until: Date | null): Trigger {
  return { kind: late ? 'catch_up' : 'scheduled', scheduledFor, until, backfill: null };
}
