/**
 * The clock of the schedule, which can be asked whether the schedule is alive: one that lives always has a timer that
 * is not due yet, or only just.
 */
import type { Clock } from '../schedule/schedule.ts';

export interface LiveClock extends Clock {
  /** By how many milliseconds the timer is late; 0 where it is not due, or there is none. */
  lateMs(): number;
}

export function liveClock(): LiveClock {
  // Not the time of day: that may be set, and the machine may sleep.
  let dueAt: number | null = null;
  return {
    now: () => new Date(),
    wakeIn: (ms, wake) => {
      const at = performance.now() + ms;
      dueAt = at;
      // Due until the next timer is set: a schedule that woke and did not come to that is as dead as one that did not.
      const timer = setTimeout(wake, ms);
      return () => {
        clearTimeout(timer);
        if (dueAt === at) dueAt = null;
      };
    },
    lateMs: () => (dueAt === null ? 0 : Math.max(0, performance.now() - dueAt)),
  };
}
