/** A clock whose time the test makes. Timers run by the time that passes, not by what the clock shows. */
import type { Clock } from '../../../src/schedule/schedule.ts';

export interface FakeClock extends Clock {
  /** Time passes, and what is due in it happens. */
  pass(ms: number): void;
  /** The clock is set, or the machine sleeps: no timer sees it. */
  jump(ms: number): void;
  /** How often somebody was woken. */
  wakes(): number;
}

export function fakeClock(start: string): FakeClock {
  let shown = Date.parse(start);
  let passed = 0;
  let wakes = 0;
  let timer: { readonly at: number; readonly wake: () => void } | null = null;
  return {
    now: () => new Date(shown),
    wakeIn: (ms, wake) => {
      const mine = { at: passed + ms, wake };
      timer = mine;
      return () => {
        if (timer === mine) timer = null;
      };
    },
    pass: (ms) => {
      const end = passed + ms;
      while (timer !== null && timer.at <= end) {
        const { at, wake } = timer;
        shown += at - passed;
        passed = at;
        timer = null;
        wakes++;
        wake();
      }
      shown += end - passed;
      passed = end;
    },
    jump: (ms) => {
      shown += ms;
    },
    wakes: () => wakes,
  };
}
