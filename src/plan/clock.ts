/**
 * Times as MySQL writes them, counted in microseconds: exact, and without a zone. `2026-03-29 02:30:00` is taken as if
 * it were UTC, whatever clock it was read from.
 */
import { shownSeconds } from '../zone-clock.ts';

const DAY = 86_400_000_000n;
const CLOCK = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?$/;

/** Microseconds since 1970 on the clock's own count; null for what is no time, zero and partial dates included. */
export function parseClock(text: string): bigint | null {
  const match = CLOCK.exec(text);
  if (match === null) return null;
  const [year, month, day, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => (part === undefined ? undefined : Number(part))) as [
    number,
    number,
    number,
    number?,
    number?,
    number?,
  ];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  return microsOf(date) + BigInt((match[7] ?? '').padEnd(6, '0'));
}

function daysIn(year: number, month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 0);
  return date.getUTCDate();
}

/** An instant in microseconds since 1970 UTC. */
export function microsOf(instant: Date): bigint {
  return BigInt(instant.getTime()) * 1000n;
}

/** @param digits of the fraction, 0 to 6; what is beyond them is cut off. `date`: the day alone. */
export function formatClock(micros: bigint, digits: number | 'date'): string {
  const floored = floorTo(micros, 1_000_000n);
  const seconds = new Date(Number(floored / 1000n)).toISOString().slice(0, 19).replace('T', ' ');
  if (digits === 'date') return seconds.slice(0, 10);
  if (digits === 0) return seconds;
  return `${seconds}.${String(micros - floored)
    .padStart(6, '0')
    .slice(0, digits)}`;
}

/** The distance between two neighbouring values of a column, in microseconds. */
export function unitOf(digits: number | 'date'): bigint {
  return digits === 'date' ? DAY : 10n ** BigInt(6 - digits);
}

/** Rounded down, also before 1970. */
export function floorTo(micros: bigint, unit: bigint): bigint {
  const rest = micros % unit;
  return micros - (rest < 0n ? rest + unit : rest);
}

/** What a clock in a named zone shows at an instant, in microseconds on its own count. */
export function zoneClock(zone: string, instant: bigint): bigint {
  const whole = floorTo(instant, 1_000_000n);
  return BigInt(shownSeconds(zone, Number(whole / 1_000_000n))) * 1_000_000n + (instant - whole);
}
