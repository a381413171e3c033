/** The daemon and its state as metrics show them. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Spec } from '../domain/spec.ts';
import type { Reading, TaskReading, WatermarkLag } from '../metrics/reading.ts';
import { sameTiming, timingOf, type Timing } from '../schedule/reconcile.ts';
import { nextSlot } from '../schedule/slots.ts';
import type { Standing } from '../state/standings.ts';
import { isUsed, specsInForce } from '../watch/spec-set.ts';
import type { DaemonView } from './task-views.ts';

/** What metrics need of the state. All throw TidemarkError STATE_UNUSABLE. */
export interface MetricsPast {
  mailsWaiting(): number;
  /** Asks for one task after the other. */
  standings(): (task: string) => Standing;
  /** Watermarks that are no times are left out. */
  watermarkLags(now: Date): (spec: Spec) => readonly WatermarkLag[];
}

export interface MetricsFacts {
  readonly past: MetricsPast;
  /** Null: the specs folder has not been read yet. */
  readonly view: () => Omit<DaemonView, 'lastRuns'> | null;
  readonly notReady: () => string | null;
  readonly maxConcurrentTasks: () => number;
  /** Names of the config that is in force. */
  readonly endpoints: () => Pick<Reading, 'sources' | 'sinks'>;
  readonly render: (reading: Reading) => Promise<string>;
}

/** Tasks that are read at once; between two such steps, runs go on. */
const STEP = 50;

/** @returns answers a scrape; who comes while one is being answered gets the same answer. */
export function metricsSource(facts: MetricsFacts): () => Promise<string> {
  const due = dueTimes();
  let answering: Promise<string> | null = null;
  const answer = async (): Promise<string> => facts.render(await read(facts, due));
  return () => {
    answering ??= answer().finally(() => (answering = null));
    return answering;
  };
}

async function read(
  { past, view, notReady, maxConcurrentTasks, endpoints }: MetricsFacts,
  due: DueTimes,
): Promise<Reading> {
  const now = new Date();
  const seen = view();
  const specs = seen === null ? [] : [...specsInForce(seen.specs).values()];
  const standing = past.standings();
  const lags = past.watermarkLags(now);
  const tasks: TaskReading[] = [];
  for (const [index, spec] of specs.entries()) {
    if (index > 0 && index % STEP === 0) await turn();
    const { taskName: task } = spec;
    const found = standing(task);
    const paused = seen!.paused.has(task);
    tasks.push({
      task,
      lastSuccess: found.lastSuccess,
      paused,
      // The slots of a pause are nobody's; after it they count anew.
      due: due.of(task, paused ? null : timingOf(spec, seen!.timezone), found, now),
      nextFire: paused ? null : seen!.next(task),
      stale: seen!.staleSince(task) !== null,
      failures: found.failures,
      lags: lags(spec),
    });
  }
  if (seen !== null) due.keep(new Set(tasks.map(({ task }) => task)));
  return {
    ready: notReady() === null,
    unusable: seen === null ? 0 : [...seen.specs.values()].filter((file) => !isUsed(file)).length,
    waiting: seen?.queue.waiting.size ?? 0,
    maxConcurrentTasks: maxConcurrentTasks(),
    mailsWaiting: past.mailsWaiting(),
    ...endpoints(),
    running: new Set(seen?.queue.running.keys()),
    tasks: seen === null ? null : tasks,
  };
}

interface DueTimes {
  of(task: string, timing: Timing | null, standing: DueStanding, now: Date): Date | null;
  /** Ends a round: these tasks are in force. */
  keep(tasks: ReadonlySet<string>): void;
}

type DueStanding = Pick<Standing, 'succeededFor' | 'triedFor'>;

/**
 * The first slot of each task that no success has made good. Slots are reckoned only where something has changed: it is
 * what takes the time.
 */
export function dueTimes(): DueTimes {
  const known = new Map<string, { readonly timing: Timing | null; readonly key: string; due: Date | null }>();
  // What is in force in the first round has been so before this process; what comes later is new.
  let first = true;
  return {
    of(task, timing, standing, now) {
      const key = `${standing.succeededFor?.getTime()} ${standing.triedFor?.getTime()}`;
      const before = known.get(task);
      const same = before === undefined ? first : sameSchedule(before.timing, timing);
      if (before !== undefined && same && before.key === key) return before.due;
      // Of a task or a schedule that is new, slots count from now.
      const due = timing === null ? null : same ? firstDue(timing, standing, now) : nextSlot(timing, now);
      known.set(task, { timing, key, due });
      return due;
    },
    keep(tasks) {
      first = false;
      for (const task of known.keys()) if (!tasks.has(task)) known.delete(task);
    },
  };
}

function sameSchedule(one: Timing | null, other: Timing | null): boolean {
  return one === null || other === null ? one === other : sameTiming(one, other);
}

function firstDue(timing: Timing, { succeededFor, triedFor }: DueStanding, now: Date): Date | null {
  if (succeededFor !== null) return nextSlot(timing, succeededFor);
  return triedFor ?? nextSlot(timing, now);
}
