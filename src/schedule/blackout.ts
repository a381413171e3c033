/** Times of the day at which nothing is read. Pure. */
import type { DayWindow } from '../domain/spec.ts';
import { shownSeconds } from '../zone-clock.ts';

const DAY = 1440;

/**
 * When the blackout that a moment falls into is over; null: it falls into none. Windows that touch or overlap are one.
 *
 * What counts is what the clock of the zone shows: an hour that comes twice is in the blackout twice, and where the
 * clock skips the end of a window, it is over at the end of the gap.
 *
 * @param windows leave at least a minute of the day.
 * @param zone IANA name.
 */
export function blackoutEnd(windows: readonly DayWindow[], zone: string, at: Date): Date | null {
  if (windows.length === 0) return null;
  const begin = Math.floor(at.getTime() / 60_000);
  if (!isInside(windows, minuteOfDay(zone, begin))) return null;
  let minute = begin;
  for (let inside = true; inside; inside = isInside(windows, minuteOfDay(zone, minute)))
    minute = afterWindow(windows, zone, minute);
  return new Date(minute * 60_000);
}

/** A minute after this one, none of those in between being outside: with the clocks changed meanwhile, the next one. */
function afterWindow(windows: readonly DayWindow[], zone: string, minute: number): number {
  const shown = minuteOfDay(zone, minute);
  let length = 1;
  while (isInside(windows, (shown + length) % DAY)) length++;
  const end = minute + length;
  const isEven = shownSeconds(zone, end * 60) - shownSeconds(zone, minute * 60) === length * 60;
  return isEven ? end : minute + 1;
}

/** @param minute since 1970 UTC; the clocks of all zones are ahead or behind by whole minutes. */
function minuteOfDay(zone: string, minute: number): number {
  return Math.floor(shownSeconds(zone, minute * 60) / 60) % DAY;
}

function isInside(windows: readonly DayWindow[], minute: number): boolean {
  return windows.some(({ from, to }) =>
    from < to ? from <= minute && minute < to : from <= minute || minute < to,
  );
}
