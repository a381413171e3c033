/**
 * Which earlier runs a run is compared with: of each of the last weeks the one of the same weekday whose time of the
 * day is nearest, as the clock of the task's zone shows it. A daily task has one a day; of an hourly one, nights are
 * compared with nights. Pure.
 */
import { shownSeconds } from '../zone-clock.ts';

/** How many weeks are looked back. */
export const WEEKS = 8;
/** With fewer runs than this there is nothing that is usual. */
export const FEWEST = 3;

const DAY_S = 86_400;
const WEEK_S = 7 * DAY_S;

/** A day of the same weekday. */
export interface ComparableDay {
  readonly from: Date;
  /** The time of the day to look around. */
  readonly at: Date;
  /** Exclusive. */
  readonly to: Date;
}

/** @param zone IANA name, known to be valid: that of the task's schedule. */
export function comparableDays(scheduledFor: Date, zone: string): ComparableDay[] {
  const shown = shownSeconds(zone, Math.floor(scheduledFor.getTime() / 1000));
  const midnight = Math.floor(shown / DAY_S) * DAY_S;
  return Array.from({ length: WEEKS }, (_, index) => {
    const back = (index + 1) * WEEK_S;
    return {
      from: instantOf(zone, midnight - back),
      at: instantOf(zone, shown - back),
      to: instantOf(zone, midnight - back + DAY_S),
    };
  });
}

/** `Monday`, on the clock of a zone. */
export function weekdayOf(scheduledFor: Date, zone: string): string {
  const shown = shownSeconds(zone, Math.floor(scheduledFor.getTime() / 1000));
  const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
  return days[new Date(shown * 1000).getUTCDay()]!;
}

/** When a clock in a zone shows this; where the clocks change, a time within an hour of it. */
function instantOf(zone: string, shown: number): Date {
  const near = shown - (shownSeconds(zone, shown) - shown);
  return new Date((near - (shownSeconds(zone, near) - shown)) * 1000);
}

/** The median, doubled so that it is a whole number; null: there are too few. */
export function doubledMedian(rows: readonly number[]): bigint | null {
  if (rows.length < FEWEST) return null;
  const sorted = rows.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = BigInt(sorted[middle]!);
  return sorted.length % 2 === 1 ? 2n * upper : upper + BigInt(sorted[middle - 1]!);
}
