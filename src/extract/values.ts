/**
 * Wire values that are not their own text: FLOAT, BIT and bytes, and the dates that are none. Off the hot path:
 * these make short strings; everything else is copied byte by byte by the encoder.
 */
import type { BinaryEncoding } from '../domain/spec.ts';
import type { ValueKind } from '../domain/plan.ts';
import { TidemarkError } from '../errors.ts';

/** FLOATs nearer to zero than this one lose digits step by step. */
const SMALLEST_NORMAL = 2 ** -126;

/**
 * The shortest decimal text that reads back as the same FLOAT. The wire carries the value widened to a double, all
 * digits of it; nine significant digits always tell two FLOATs apart.
 */
export function float32Text(double: string): string {
  const value = Number(double);
  // No precision keeps the sign of a zero.
  if (value === 0) return shortestText(value);
  const float = Math.fround(value);
  // Six digits tell apart all FLOATs but the smallest, which have fewer bits.
  for (let precision = Math.abs(float) < SMALLEST_NORMAL ? 1 : 6; precision < 9; precision++) {
    const short = Number(value.toPrecision(precision));
    if (Math.fround(short) === float) return shortestText(short);
  }
  return shortestText(Number(value.toPrecision(9)));
}

/** The shortest text that reads back as the same number, the sign of a zero included. @param value finite. */
export function shortestText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** BIT(n): big-endian bytes as an unsigned integer. */
export function bitText(bytes: Uint8Array, start: number, end: number): string {
  let value = 0n;
  for (let index = start; index < end; index++) value = (value << 8n) | BigInt(bytes[index]!);
  return value.toString();
}

/** FLOAT or BIT as a number in decimal digits. */
export function numberText(
  kind: Extract<ValueKind, 'float32' | 'bit'>,
  from: Buffer,
  start: number,
  end: number,
): string {
  return kind === 'bit' ? bitText(from, start, end) : float32Text(from.toString('latin1', start, end));
}

/** Divisible by 3, so that each piece becomes base64 of its own; far below the longest string there can be. */
const PIECE_BYTES = 3 * 64 * 1024;

/** Writes bytes as base64 or hex: at most twice as many. @returns the index after the last one written. */
export function writeBinary(
  encoding: BinaryEncoding,
  from: Buffer,
  start: number,
  end: number,
  out: Buffer,
  at: number,
): number {
  let to = at;
  for (let index = start; index < end; index += PIECE_BYTES) {
    to += out.write(from.toString(encoding, index, Math.min(end, index + PIECE_BYTES)), to, 'latin1');
  }
  return to;
}

const ZERO = 0x30;

/** Whether `YYYY-MM-DD…` has month 00 or day 00: no calendar has such a day. */
export function isZeroDate(bytes: Uint8Array, at: number): boolean {
  return (
    (bytes[at + 5] === ZERO && bytes[at + 6] === ZERO) || (bytes[at + 8] === ZERO && bytes[at + 9] === ZERO)
  );
}

/** Of a value that `zero_dates: "fail"` does not let pass. */
export function zeroDate(column: string, value: string): TidemarkError {
  return new TidemarkError('ZERO_DATE', `Column ${column} holds ${value}, and zero_dates is "fail".`);
}
