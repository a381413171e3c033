/**
 * Numbers from their decimal digits, exactly: a double holds 15 of them, more are put together from two parts. Nothing
 * here makes a string or a BigInt of a value, but doubles beyond the reach of exact arithmetic.
 */

const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const LARGE_E = 0x45;
const SMALL_E = 0x65;
/** Decimal digits that a double always holds. */
const EXACT_DIGITS = 15;
/** Characters of which an integer of 32 bits is left, whatever they are. */
const SHORT = 9;
const SHORT_LIMIT = 999_999_999;
const TWO_32 = 2 ** 32;
const TWO_31 = 2 ** 31;

/** An integer; NaN where the text is none. Beyond 2^53 it is not exact, but beyond. */
export function readInteger(bytes: Buffer, start: number, end: number): number {
  const first = bytes[start]!;
  const signed = first === MINUS || first === PLUS;
  let at = signed ? start + 1 : start;
  if (at >= end) return Number.NaN;
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return first === MINUS ? -value : value;
}

/** A number of at most `scale` decimals as a count of its last one, up to 15 digits; NaN where it is none such. */
export function readScaled(bytes: Buffer, start: number, end: number, scale: number): number {
  const first = bytes[start]!;
  let at = first === MINUS || first === PLUS ? start + 1 : start;
  if (at >= end) return Number.NaN;
  let value = 0;
  let dot = end;
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit >= 0 && digit <= 9) value = value * 10 + digit;
    else if (digit === DOT - ZERO && dot === end) dot = at;
    else return Number.NaN;
  }
  let decimals = dot === end ? 0 : end - dot - 1;
  if (decimals > scale) return Number.NaN;
  for (; decimals < scale; decimals++) value *= 10;
  return first === MINUS ? -value : value;
}

/**
 * Writes a number of at most `scale` decimals as a count of its last one, 64 bits as two lanes, the low one first.
 *
 * @returns false where the text is no such number, or 64 bits do not hold it.
 */
export function writeScaled64(
  bytes: Buffer,
  start: number,
  end: number,
  scale: number,
  unsigned: boolean,
  out: Int32Array,
  at: number,
): boolean {
  if (end - start <= SHORT) {
    const value = readScaled(bytes, start, end, scale);
    // With its decimals filled up, or below zero where nothing may be, it goes the long way.
    if (value >= (unsigned ? 0 : -SHORT_LIMIT) && value <= SHORT_LIMIT) {
      out[at] = value;
      out[at + 1] = value >> 31;
      return true;
    }
  }
  const first = bytes[start]!;
  const negative = first === MINUS;
  let from = negative || first === PLUS ? start + 1 : start;
  if (from >= end) return false;
  let head = 0; // the first digits, as many as are exact
  let tail = 0; // those after them
  let power = 1; // ten to the number of digits in the tail
  let count = 0; // digits behind the leading zeros
  let dot = end;
  for (; from < end; from++) {
    const digit = bytes[from]! - ZERO;
    if (digit < 0 || digit > 9) {
      if (digit !== DOT - ZERO || dot !== end) return false;
      dot = from;
    } else if (count < EXACT_DIGITS) {
      head = head * 10 + digit;
      if (head > 0) count++;
    } else {
      tail = tail * 10 + digit;
      power *= 10;
      count++;
    }
  }
  let decimals = dot === end ? 0 : end - dot - 1;
  if (decimals > scale) return false;
  for (; decimals < scale; decimals++) {
    if (count < EXACT_DIGITS) head *= 10;
    else {
      tail *= 10;
      power *= 10;
    }
    if (head > 0) count++;
  }
  if (count > 20) return false;

  let low = head;
  let high = 0;
  if (power === 1) {
    high = Math.floor(low / TWO_32);
  } else {
    // head * power + tail, with head in two parts so that every product is exact.
    const headHigh = Math.floor(head / 0x4_00_00_00);
    const part = headHigh * power;
    low = (part % 64) * 0x4_00_00_00 + (head - headHigh * 0x4_00_00_00) * power + tail;
    high = Math.floor(part / 64) + Math.floor(low / TWO_32);
  }
  low %= TWO_32;
  if (unsigned) {
    if (high >= TWO_32 || (negative && (high > 0 || low > 0))) return false;
  } else if (high >= TWO_31 && !(negative && high === TWO_31 && low === 0)) return false;
  if (negative) {
    out[at] = -low;
    out[at + 1] = low === 0 ? -high : ~high;
  } else {
    out[at] = low;
    out[at + 1] = high;
  }
  return true;
}

const LIMB = 2 ** 24;
const LIMBS = 6;
const CHUNK_DIGITS = 8;
const limbs = new Float64Array(LIMBS);

/**
 * Writes a number of at most `scale` decimals as a count of its last one: `width` bytes, big-endian two's complement.
 *
 * @param precision how many digits it may have, at most 38.
 * @returns false where the text is no such number.
 */
export function writeScaled128(
  bytes: Buffer,
  start: number,
  end: number,
  precision: number,
  scale: number,
  out: Uint8Array,
  width: number,
): boolean {
  const first = bytes[start]!;
  const negative = first === MINUS;
  let from = negative || first === PLUS ? start + 1 : start;
  if (from >= end) return false;
  limbs.fill(0);
  let chunk = 0;
  let inChunk = 0;
  let power = 1;
  let count = 0;
  const add = (digit: number): void => {
    if (count > 0 || digit > 0) count++;
    chunk = chunk * 10 + digit;
    power *= 10;
    if (++inChunk === CHUNK_DIGITS) flush();
  };
  const flush = (): void => {
    let carry = chunk;
    for (let limb = 0; limb < LIMBS; limb++) {
      const sum = limbs[limb]! * power + carry;
      carry = Math.floor(sum / LIMB);
      limbs[limb] = sum - carry * LIMB;
    }
    chunk = 0;
    inChunk = 0;
    power = 1;
  };
  let dot = end;
  for (; from < end; from++) {
    const digit = bytes[from]! - ZERO;
    if (digit >= 0 && digit <= 9) add(digit);
    else if (digit === DOT - ZERO && dot === end) dot = from;
    else return false;
  }
  let decimals = dot === end ? 0 : end - dot - 1;
  if (decimals > scale) return false;
  for (; decimals < scale; decimals++) add(0);
  flush();
  if (count > precision) return false;
  let borrow = negative ? 1 : 0;
  for (let index = 0; index < width; index++) {
    let byte = (limbs[Math.floor(index / 3)]! / 2 ** (8 * (index % 3))) & 0xff;
    if (negative) {
      byte = (~byte & 0xff) + borrow;
      borrow = byte >> 8;
    }
    out[width - 1 - index] = byte;
  }
  return true;
}

/** Powers of ten that are exact doubles. */
const POWERS = Array.from({ length: 23 }, (_, power) => 10 ** power);

/** A double from its text, rounded correctly; NaN where the text is none. */
export function readDouble(bytes: Buffer, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === MINUS;
  if (negative || bytes[at] === PLUS) at++;
  let value = 0;
  let count = 0;
  let dot = -1;
  for (; at < end; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      if (value > 0) count++;
    } else if (digit === DOT - ZERO && dot === -1) dot = at;
    else break;
  }
  let exponent = dot === -1 ? 0 : dot + 1 - at;
  if (at < end && (bytes[at] === SMALL_E || bytes[at] === LARGE_E)) {
    exponent += readInteger(bytes, at + 1, end);
    at = end;
  }
  // Digits and power of ten are both exact, so that one operation rounds once. W. Clinger, 1990.
  if (at === end && end > start && count <= EXACT_DIGITS && exponent >= -22 && exponent <= 22) {
    const scaled = exponent < 0 ? value / POWERS[-exponent]! : value * POWERS[exponent]!;
    return negative ? -scaled : scaled;
  }
  return end > start ? Number(bytes.toString('latin1', start, end)) : Number.NaN;
}
