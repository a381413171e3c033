/**
 * Dates and times of day from their text: days and microseconds since 1970-01-01. A day that no calendar has, such as
 * 0000-00-00 or, where the server allows it, 2023-02-31, is told apart from what is no date at all.
 */
import { daysFromCivil } from '../../zone-clock.ts';

/** What became of a text. */
export const READ = 0;
export const NO_SUCH_DAY = 1;
const NO_DATE = 2;

const ZERO = 0x30;
const DASH = 0x2d;
const COLON = 0x3a;
const DOT = 0x2e;
const YEARS = 10_000;
const DAY_S = 86_400;
const TWO_32 = 2 ** 32;

/** The day on which each month of the years 0000 to 9999 begins, and the one after the last. */
const monthStarts = Int32Array.from({ length: YEARS * 12 + 1 }, (_, month) =>
  daysFromCivil(Math.floor(month / 12), (month % 12) + 1, 1),
);

/** Days since 1970 of `YYYY-MM-DD`; NaN: there is no such day; Infinity: it is no date. */
export function readDate(bytes: Buffer, start: number, end: number): number {
  return end - start === 10 ? dayAt(bytes, start) : Number.POSITIVE_INFINITY;
}

/**
 * Writes `YYYY-MM-DD HH:MM:SS[.ffffff]` as microseconds since 1970: 64 bits as two lanes, the low one first.
 *
 * @returns READ, NO_SUCH_DAY or NO_DATE; only the first has written.
 */
export function writeMicros(bytes: Buffer, start: number, end: number, out: Int32Array, at: number): number {
  const length = end - start;
  if (length < 19 || length > 26 || length === 20) return NO_DATE;
  const day = dayAt(bytes, start);
  if (day === Number.POSITIVE_INFINITY) return NO_DATE;
  const hour = twoDigits(bytes, start + 11);
  const minute = twoDigits(bytes, start + 14);
  const second = twoDigits(bytes, start + 17);
  if (hour > 23 || minute > 59 || second > 59) return NO_DATE;
  if (bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return NO_DATE;
  let micros = 0;
  if (length > 19) {
    if (bytes[start + 19] !== DOT) return NO_DATE;
    for (let index = start + 20; index < start + 26; index++) {
      const digit = index < end ? bytes[index]! - ZERO : 0;
      if (digit < 0 || digit > 9) return NO_DATE;
      micros = micros * 10 + digit;
    }
  }
  if (Number.isNaN(day)) return NO_SUCH_DAY;

  const seconds = day * DAY_S + hour * 3600 + minute * 60 + second;
  // A double does not hold the microseconds of all years: seconds are multiplied in two parts.
  const high = Math.floor(seconds / 0x1_00_00);
  const highMicros = high * 1e6;
  const carried = Math.floor(highMicros / 0x1_00_00);
  const low = (highMicros - carried * 0x1_00_00) * 0x1_00_00 + (seconds - high * 0x1_00_00) * 1e6 + micros;
  out[at] = low % TWO_32;
  out[at + 1] = carried + Math.floor(low / TWO_32);
  return READ;
}

function dayAt(bytes: Buffer, at: number): number {
  const century = twoDigits(bytes, at);
  const yearOfCentury = twoDigits(bytes, at + 2);
  const month = twoDigits(bytes, at + 5);
  const day = twoDigits(bytes, at + 8);
  if (century > 99 || yearOfCentury > 99 || month > 99 || day > 99) return Number.POSITIVE_INFINITY;
  if (bytes[at + 4] !== DASH || bytes[at + 7] !== DASH) return Number.POSITIVE_INFINITY;
  if (month < 1 || month > 12 || day < 1) return Number.NaN;
  const index = (century * 100 + yearOfCentury) * 12 + month - 1;
  const first = monthStarts[index]!;
  return first + day <= monthStarts[index + 1]! ? first + day - 1 : Number.NaN;
}

/** More than 99 where they are none. */
function twoDigits(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - ZERO;
  const ones = bytes[at + 1]! - ZERO;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? 100 : tens * 10 + ones;
}
