/**
 * TIMESTAMP text from UTC into a named zone, without a Date object and without asking ICU for every row.
 *
 * A zone's offset is constant between transitions. For each year that occurs, the transitions are found once, by
 * looking at every day's offset and bisecting the days in which it changed, to the second.
 */
import { daysFromCivil, shownSeconds } from '../zone-clock.ts';

const DAY_S = 86_400;

interface YearOffsets {
  /** Seconds since 1970 at which each offset begins, ascending. */
  readonly starts: number[];
  /** Seconds east of UTC. */
  readonly offsets: number[];
}

/** @returns seconds east of UTC at an instant given in seconds since 1970, which falls into `year` in UTC. */
export type OffsetLookup = (year: number, seconds: number) => number;

/** @param zone IANA name, known to be valid. */
export function offsetLookup(zone: string): OffsetLookup {
  const years = new Map<number, YearOffsets>();

  const offsetAt = (seconds: number): number => shownSeconds(zone, seconds) - seconds;

  const offsetsOf = (year: number): YearOffsets => {
    let at = daysFromCivil(year, 1, 1) * DAY_S;
    const end = daysFromCivil(year + 1, 1, 1) * DAY_S;
    let current = offsetAt(at);
    const found: YearOffsets = { starts: [at], offsets: [current] };
    for (; at < end; at += DAY_S) {
      const next = offsetAt(at + DAY_S);
      if (next === current) continue;
      let [before, after] = [at, at + DAY_S];
      while (after - before > 1) {
        const middle = Math.floor((before + after) / 2);
        if (offsetAt(middle) === current) before = middle;
        else after = middle;
      }
      found.starts.push(after);
      found.offsets.push(next);
      current = next;
    }
    return found;
  };

  return (year, seconds) => {
    let known = years.get(year);
    if (known === undefined) years.set(year, (known = offsetsOf(year)));
    let index = known.starts.length - 1;
    while (index > 0 && known.starts[index]! > seconds) index--;
    return known.offsets[index]!;
  };
}

/**
 * Rewrites `YYYY-MM-DD HH:MM:SS[.ffffff]` in place from UTC to the zone's wall clock. Fractions stay as they are.
 *
 * @param at index of the first digit of the year.
 */
export function shiftToZone(bytes: Uint8Array, at: number, offsetOf: OffsetLookup): void {
  const year = digits(bytes, at, 4);
  const seconds =
    daysFromCivil(year, digits(bytes, at + 5, 2), digits(bytes, at + 8, 2)) * DAY_S +
    digits(bytes, at + 11, 2) * 3600 +
    digits(bytes, at + 14, 2) * 60 +
    digits(bytes, at + 17, 2);
  const local = seconds + offsetOf(year, seconds);
  const days = Math.floor(local / DAY_S);
  const inDay = local - days * DAY_S;
  writeCivil(bytes, at, days);
  writeDigits(bytes, at + 11, Math.floor(inDay / 3600), 2);
  writeDigits(bytes, at + 14, Math.floor(inDay / 60) % 60, 2);
  writeDigits(bytes, at + 17, inDay % 60, 2);
}

/** The inverse of `daysFromCivil`, written as `YYYY-MM-DD`. */
function writeCivil(bytes: Uint8Array, at: number, days: number): void {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9);
  writeDigits(bytes, at, yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4);
  writeDigits(bytes, at + 5, month, 2);
  writeDigits(bytes, at + 8, dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1, 2);
}

function digits(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = at; index < at + count; index++) value = value * 10 + bytes[index]! - 48;
  return value;
}

function writeDigits(bytes: Uint8Array, at: number, value: number, count: number): void {
  let rest = value;
  for (let index = at + count - 1; index >= at; index--) {
    bytes[index] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}
