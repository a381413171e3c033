/**
 * Keys between two keys. Of numbers, times and bytes they are in order, and beyond doubt between the two; of texts they
 * are proposals, which only the server can put into order (see questions.ts).
 */
import { floorTo, formatClock, parseClock, unitOf } from '../clock.ts';
import { countsBetween } from './counts.ts';
import type { Key, KeyType } from './key-type.ts';
import { textsBetween, type Letters } from './text-digits.ts';

/** Bytes behind the common ones that are looked at. */
const BYTES = 8;

/** The fractions at which something is cut into equal parts. */
export function equalParts(parts: number): number[] {
  return Array.from({ length: parts - 1 }, (_, at) => (at + 1) / parts);
}

/**
 * @param low as found in the table, and less than `high`.
 * @param fractions of the way from one to the other, ascending, between 0 and 1.
 * @param letters of texts alone.
 * @returns keys greater than `low` and not greater than `high`, without repetition; there may be fewer than fractions.
 */
export function keysBetween(
  type: KeyType,
  low: Key,
  high: Key,
  fractions: readonly number[],
  letters: Letters | null,
): Key[] {
  switch (type.is) {
    case 'number': {
      const [from, to] = [countOf(low, type.scale), countOf(high, type.scale)];
      return countsBetween(from, to, fractions).map((count) => decimalText(count, type.scale));
    }
    case 'time':
      return timesBetween(low, high, type.digits, fractions);
    case 'bytes':
      return bytesBetween(low, high, fractions);
    case 'text':
      return letters === null ? [] : textsBetween(low, high, fractions, letters);
  }
}

/** Whether a key is less than another one; not of texts, whose order only the server knows. */
export function isBelow(type: Exclude<KeyType, { is: 'text' }>, one: Key, other: Key): boolean {
  switch (type.is) {
    case 'number':
      return countOf(one, type.scale) < countOf(other, type.scale);
    case 'time':
      // All of one length.
      return one < other;
    case 'bytes':
      return Buffer.compare(Buffer.from(one, 'hex'), Buffer.from(other, 'hex')) < 0;
  }
}

/** `-12.5` of scale 2 as -1250. */
function countOf(text: string, scale: number): bigint {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const count = BigInt(whole + fraction.padEnd(scale, '0').slice(0, scale));
  return text.startsWith('-') ? -count : count;
}

function decimalText(count: bigint, scale: number): string {
  if (scale === 0) return String(count);
  const digits = String(count < 0n ? -count : count).padStart(scale + 1, '0');
  const at = digits.length - scale;
  return `${count < 0n ? '-' : ''}${digits.slice(0, at)}.${digits.slice(at)}`;
}

function timesBetween(low: Key, high: Key, digits: number | 'date', fractions: readonly number[]): Key[] {
  const [from, to] = [clockOf(low), clockOf(high)];
  if (from === null || to === null) return [];
  const unit = unitOf(digits);
  const units = (micros: bigint): bigint => floorTo(micros, unit) / unit;
  // Of a partial date, the first day that it may stand for sorts behind it. All are of one length, and so texts in order.
  return countsBetween(units(from), units(to), fractions)
    .map((count) => formatClock(count * unit, digits))
    .filter((key) => key > low && key <= high);
}

/** A zero or partial date counts as the first day that it may stand for, or as the first that can be written. */
function clockOf(text: string): bigint | null {
  const [, year, month, day, time] = /^(\d{4})-(\d\d)-(\d\d)(.*)$/.exec(text) ?? [];
  if (year === undefined) return null;
  const first = (part: string): string => (part === '00' ? '01' : part);
  return parseClock(`${year}-${first(month!)}-${first(day!)}${time}`);
}

function bytesBetween(low: Key, high: Key, fractions: readonly number[]): Key[] {
  const [from, to] = [Buffer.from(low, 'hex'), Buffer.from(high, 'hex')];
  let common = 0;
  while (common < from.length && from[common] === to[common]) common++;
  const number = (bytes: Buffer): bigint => {
    const part = Buffer.alloc(BYTES);
    bytes.copy(part, 0, common, common + BYTES);
    return part.readBigUInt64BE();
  };
  return countsBetween(number(from), number(to), fractions)
    .map((count) => {
      const part = Buffer.alloc(BYTES);
      part.writeBigUInt64BE(count);
      return Buffer.concat([to.subarray(0, common), part]);
    })
    .map(withoutZeroes)
    .filter((key) => Buffer.compare(key, from) > 0 && Buffer.compare(key, to) <= 0)
    .map((key) => key.toString('hex').toUpperCase());
}

/** Shorter by the zeroes at the end: still behind what it was cut off from, and easier to read. */
function withoutZeroes(key: Buffer): Buffer {
  let end = key.length;
  while (end > 1 && key[end - 1] === 0) end--;
  return key.subarray(0, end);
}
