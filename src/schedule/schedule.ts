/**
 * The cron timers of all specs in force. `apply` makes them match a new set of specs; timers whose schedule and
 * zone stay the same are not touched.
 */
import type { Spec } from '../domain.ts';
import type { Log } from '../ports.ts';
import { LATE_TOLERANCE_MS, startCron, type CronTimer } from './cron.ts';
import { reconcile, type Timing } from './reconcile.ts';

/** Timers run on a clock that stands still while the machine sleeps; the wall clock can also be set. */
const CLOCK_CHECK_MS = 30_000;

export interface ScheduleOptions {
  /** Zone of the specs that name none. */
  readonly timezone: string;
  readonly onFire: (task: string, slot: Date) => void;
  readonly log: Log;
}

export interface Schedule {
  apply(specs: ReadonlyMap<string, Spec>): void;
  /** The next slot of a task; null where it has no timer. */
  next(task: string): Date | null;
  /** Nothing fires after this call. */
  stop(): void;
}

export function startSchedule({ timezone, onFire, log }: ScheduleOptions): Schedule {
  const timers = new Map<string, CronTimer>();

  const start = (task: string, timing: Timing): void => {
    const fire = (slot: Date): void => onFire(task, slot);
    const missed = (slot: Date): void =>
      log.warn('fire missed: the process was not running at that time', {
        task,
        scheduled_for: slot.toISOString(),
      });
    try {
      timers.set(task, startCron(timing, { fire, missed }, log));
    } catch (error) {
      // The parser accepts what node-cron accepts; there remain dates that never come, such as L-29 in February.
      log.error('task cannot be scheduled', { task, ...timing, error: (error as Error).message });
    }
  };
  const stop = (task: string): void => {
    timers.get(task)?.stop();
    timers.delete(task);
  };

  let offset = Date.now() - performance.now();
  const clockCheck = setInterval(() => {
    const moved = Date.now() - performance.now() - offset;
    // Up to the tolerance, a timer that fires late still runs its slot.
    if (Math.abs(moved) < LATE_TOLERANCE_MS) return;
    offset += moved;
    log.warn('the clock was set or the machine slept; fires in between, if any, were missed', {
      moved_ms: Math.round(moved),
    });
    for (const timer of timers.values()) timer.restart();
  }, CLOCK_CHECK_MS);

  return {
    apply: (specs) => {
      const current = new Map([...timers].map(([task, timer]) => [task, timer.timing]));
      const changes = reconcile(current, specs, timezone);
      for (const task of [...changes.stop, ...changes.replace.keys()]) stop(task);
      for (const [task, timing] of [...changes.replace, ...changes.start]) start(task, timing);
    },
    next: (task) => timers.get(task)?.next() ?? null,
    stop: () => {
      clearInterval(clockCheck);
      for (const task of timers.keys()) stop(task);
    },
  };
}
