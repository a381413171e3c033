/** The state's record of runs, as runs ask for it. */
import type { Spec } from '../domain/spec.ts';
import type { TaskMemory, UsualSize } from '../domain/run.ts';
import type { RunBook } from '../execute.ts';
import { comparableDays, weekdayOf } from '../plan/usual-size.ts';
import { timingOf } from '../schedule/reconcile.ts';
import { nextSlot } from '../schedule/slots.ts';
import type { StateDatabase } from '../state/database.ts';
import * as runs from '../state/runs.ts';
import { usualRows } from '../state/usual-rows.ts';

/** @param timezone the config's. */
export function runBook(db: StateDatabase['db'], timezone: string): RunBook {
  return {
    memory: (spec, scheduledFor) => memoryOf(db, spec, timezone, scheduledFor),
    successFor: (task, run) => runs.successFor(db, task, run),
    failureSince: (task, scheduledFor, since) => runs.failureSince(db, task, scheduledFor, since),
    isTaken: (task, scheduledFor) => runs.isTaken(db, task, scheduledFor),
    began: ({ task, sink, attempt }) =>
      runs.recordBeginning(db, { task, sink, identity: attempt }, attempt.startedAt),
    ended: (record) => runs.recordUnpublished(db, record),
  };
}

/** What a task remembers, as seen from the time a run is scheduled for. `timezone`: the config's. */
export function memoryOf(
  db: StateDatabase['db'],
  spec: Spec,
  timezone: string,
  scheduledFor: Date,
): TaskMemory {
  const memory = {
    ...runs.taskMemory(db, spec.taskName),
    usual: usualSizeOf(db, spec, timezone, scheduledFor),
  };
  const { lastSuccess } = memory;
  const timing = timingOf(spec, timezone);
  if (lastSuccess === null || timing === null) return { ...memory, missedSince: null };
  const next = nextSlot(timing, lastSuccess);
  return { ...memory, missedSince: next !== null && next < scheduledFor ? lastSuccess : null };
}

function usualSizeOf(
  db: StateDatabase['db'],
  { taskName, expect, timezone: own }: Spec,
  timezone: string,
  scheduledFor: Date,
): UsualSize | null {
  if (expect === null || expect.maxChange === null) return null;
  const zone = own ?? timezone;
  const days = comparableDays(scheduledFor, zone);
  return { weekday: weekdayOf(scheduledFor, zone), rows: usualRows(db, taskName, days) };
}
