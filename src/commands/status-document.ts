/** `tidemark status --json`: how every task stands, from the specs folder and the state. Pure. */
import type { PastRun, Pause } from '../domain/run.ts';
import type { Spec } from '../domain/spec.ts';
import { floorTo, microsOf, parseClock, zoneClock } from '../plan/clock.ts';
import { timingOf, type Timing } from '../schedule/reconcile.ts';
import { nextSlot } from '../schedule/slots.ts';
import type { LockHolder } from '../state/lock.ts';
import type { TaskState } from '../state/task-states.ts';
import {
  knownWatermarks,
  shownWatermark,
  type KnownWatermark,
  type ShownWatermark,
} from './known-watermarks.ts';
import type { SpecFolder } from './spec-folder.ts';
import { promisedTasks, taskStaleSince, type FreshnessFacts } from './status-freshness.ts';

/** Times are ISO 8601 UTC. */
export interface TaskStatus {
  readonly task: string;
  /** Null: the folder has no spec of it that can be used; the state knows it from earlier runs. */
  readonly file: string | null;
  /** Null: by hand only, or no spec. */
  readonly schedule: string | null;
  readonly timezone: string | null;
  /** Null also while it is paused. */
  readonly next_fire: string | null;
  /** Its slots pass without a run until it is resumed; null: it is not paused. */
  readonly paused: Pause | null;
  readonly running: boolean;
  readonly running_since: string | null;
  /** A run whose process has died began then: what it left is cleared away before the next. Null: there is none. */
  readonly died_since: string | null;
  /** The last run that succeeded or failed, backfills aside. */
  readonly last_run: PastRun | null;
  readonly failing_since: string | null;
  /** Failed runs since the last success. */
  readonly failures: number;
  /** Since when the last success is older than `freshness` of the spec allows; null: it is not, or may be. */
  readonly stale_since: string | null;
  /** Runs since the last result that could not begin, because another was in progress. */
  readonly skipped: number;
  /** The first slot of the schedule that nobody has dealt with; null: none is late. */
  readonly missed_since: string | null;
  readonly watermarks: readonly WatermarkStatus[];
}

export interface WatermarkStatus extends ShownWatermark {
  /** How far the value is behind the present time; null for numbers. */
  readonly behind_seconds: number | null;
}

export interface StatusDocument {
  /** What holds the lock of the state folder; null: no daemon runs. */
  readonly daemon: LockHolder | null;
  /** Failing tasks first. */
  readonly tasks: readonly TaskStatus[];
  readonly unusable: SpecFolder['unusable'];
}

/** What a status is made of. */
export interface StatusFacts extends FreshnessFacts {
  readonly states: ReadonlyMap<string, TaskState>;
  /** By task. */
  readonly paused: ReadonlyMap<string, Pause>;
  /** When the blackout that a task is in at a moment is over; null: it is in none. */
  readonly blackoutEnd: (spec: Spec, at: Date) => Date | null;
  /** The config's zone, for specs that name none. */
  readonly timezone: string;
  readonly daemon: LockHolder | null;
  /** Whether a process holds the task, as a run does all along. */
  readonly isHeld: (task: string) => boolean;
}

/** A slot is late when a daemon would have begun it by now. */
const LATE_MS = 60_000;

export function statusDocument(facts: StatusFacts): StatusDocument {
  const names = new Set([...facts.folder.specs.keys(), ...facts.states.keys(), ...promisedTasks(facts)]);
  const tasks = [...names].map((task) => taskStatus(task, facts));
  return { daemon: facts.daemon, tasks: tasks.toSorted(byUrgency), unusable: facts.folder.unusable };
}

/** Failing and stale ones, then the others, then those without a spec; by name. */
function byUrgency(a: TaskStatus, b: TaskStatus): number {
  const rank = ({ file, failures, stale_since: stale }: TaskStatus): number => {
    if (stale !== null || (failures > 0 && file !== null)) return 0;
    return file === null ? 2 : 1;
  };
  return rank(a) - rank(b) || (a.task < b.task ? -1 : 1);
}

function taskStatus(task: string, facts: StatusFacts): TaskStatus {
  const spec = facts.folder.specs.get(task) ?? null;
  const state = facts.states.get(task) ?? null;
  const timing = spec === null ? null : timingOf(spec, facts.timezone);
  const dueAt = (slot: Date): Date => (spec === null ? null : facts.blackoutEnd(spec, slot)) ?? slot;
  const paused = facts.paused.get(task) ?? null;
  const begun = state?.running?.started_at ?? null;
  const running = begun !== null && facts.isHeld(task);
  return {
    task,
    file: spec?.file ?? null,
    schedule: timing?.schedule ?? null,
    timezone: timing?.timezone ?? null,
    ...(paused === null
      ? slots(timing, spec?.catchUp === 'none' ? null : (state?.settled ?? null), running, facts.now, dueAt)
      : { next_fire: null, missed_since: null }),
    paused,
    running,
    running_since: running ? begun : null,
    died_since: running ? null : begun,
    last_run: state?.last ?? null,
    failing_since: state?.failing?.since ?? null,
    failures: state?.failing?.runs ?? 0,
    stale_since: taskStaleSince(task, spec, facts)?.toISOString() ?? null,
    skipped: state?.skipped ?? 0,
    watermarks: knownWatermarks(spec, state?.watermarks ?? []).map((one) => watermarkStatus(one, facts.now)),
  };
}

/** Both from one look at the schedule where no slot is late: it is what takes the time. */
function slots(
  timing: Timing | null,
  settled: string | null,
  running: boolean,
  now: Date,
  dueAt: (slot: Date) => Date,
): Pick<TaskStatus, 'next_fire' | 'missed_since'> {
  if (timing === null) return { next_fire: null, missed_since: null };
  const iso = (slot: Date | null): string | null => (slot === null ? null : dueAt(slot).toISOString());
  if (settled === null) return { next_fire: iso(nextSlot(timing, now)), missed_since: null };
  const open = nextSlot(timing, new Date(settled));
  if (open === null || dueAt(open) > now) return { next_fire: iso(open), missed_since: null };
  const late = !running && now.getTime() - dueAt(open).getTime() > LATE_MS;
  return { next_fire: iso(nextSlot(timing, now)), missed_since: late ? open.toISOString() : null };
}

function watermarkStatus(known: KnownWatermark, now: Date): WatermarkStatus {
  const { kept, watermark } = known;
  return {
    ...shownWatermark(known),
    behind_seconds: kept === null ? null : secondsBehind(kept.value, watermark?.timezone ?? 'UTC', now),
  };
}

/**
 * Whole seconds between a value and the present time on the clock of a zone; null for what is no time.
 *
 * @param zone in which the column's values are written. A DATETIME of a server in another zone than UTC is off by the
 * distance, where the spec does not name it: the server is not asked.
 */
export function secondsBehind(value: string, zone: string, now: Date): number | null {
  const at = parseClock(value);
  if (at === null) return null;
  const micros = microsOf(now);
  const behind = (zone === 'UTC' ? micros : zoneClock(zone, micros)) - at;
  return behind < 0n ? 0 : Number(floorTo(behind, 1_000_000n) / 1_000_000n);
}
