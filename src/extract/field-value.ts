/**
 * Values of JSON documents as values of a MySQL type, by the same rules as the SQL of plan/json-sql.ts, and in the
 * same text. What is no value of the type is NULL.
 */
import type { FieldType } from '../domain/spec.ts';
import { doubleText } from './double-text.ts';

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/;

/** @param text the value as it is written; of a string, without quotes and escapes. */
export function typedText(text: string, type: FieldType): string | null {
  switch (type.is) {
    case 'text':
    case 'json':
      return text;
    case 'integer':
      return integerText(text);
    case 'decimal':
      return decimalText(text, type.precision, type.scale);
    case 'double': {
      const value = NUMBER.test(text) ? Number(text) : Number.NaN;
      return Number.isFinite(value) ? doubleText(value) : null;
    }
    case 'boolean':
      return text === 'true' || text === '1' ? '1' : text === 'false' || text === '0' ? '0' : null;
    case 'date':
      return dateText(text);
    case 'datetime':
      return datetimeText(text);
  }
}

/** Digits of a fraction that the server's DECIMAL keeps where the type asks for none. */
const EXACT_SCALE = 30;
/** Longer exponents name numbers that no DECIMAL holds, or zero. */
const LONGEST_EXPONENT = 400;

/** Most integers: no zero in front, and far from the limits of 64 bits. */
const PLAIN_INTEGER = /^-?[1-9]\d{0,17}$/;

function integerText(text: string): string | null {
  if (PLAIN_INTEGER.test(text)) return text;
  const scaled = scaledNumber(text, EXACT_SCALE);
  const unit = 10n ** BigInt(EXACT_SCALE);
  if (scaled === null || scaled % unit !== 0n) return null;
  const value = scaled / unit;
  return BigInt.asIntN(64, value) === value ? value.toString() : null;
}

function decimalText(text: string, precision: number, scale: number): string | null {
  const scaled = scaledNumber(text, scale);
  if (scaled === null || absolute(scaled) >= 10n ** BigInt(precision)) return null;
  const digits = absolute(scaled)
    .toString()
    .padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${scaled < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
}

/** The number times 10^scale, rounded half away from zero. */
function scaledNumber(text: string, scale: number): bigint | null {
  const [, sign, whole, fraction = '', exponent = '0'] = NUMBER.exec(text) ?? [];
  if (whole === undefined) return null;
  const digits = BigInt(whole + fraction);
  // Of so many digits behind the last one that counts, none is left; of so many before it, none fits.
  const shift = Number(exponent) - fraction.length + scale;
  if (shift < -LONGEST_EXPONENT - whole.length - fraction.length) return 0n;
  if (shift > LONGEST_EXPONENT) return digits === 0n ? 0n : null;
  const value = shift >= 0 ? digits * 10n ** BigInt(shift) : rounded(digits, 10n ** BigInt(-shift));
  return sign === '-' ? -value : value;
}

function rounded(digits: bigint, divisor: bigint): bigint {
  return (digits * 2n + divisor) / (divisor * 2n);
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ][-+0-9:.Z]+)?$/;
const DATETIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(?:Z|([-+])(\d{2}):(\d{2}))?)?$/;

function dateText(text: string): string | null {
  const [, year, month, day] = DATE.exec(text) ?? [];
  return year !== undefined && isDay(Number(year), Number(month), Number(day)) ? text.slice(0, 10) : null;
}

function datetimeText(text: string): string | null {
  const match = DATETIME.exec(text);
  if (match === null) return null;
  const [, , , , hour = '00', minute = '00', second = '00', fraction = '', sign, offsetHours, offsetMinutes] =
    match;
  const [year, month, day] = match.slice(1, 4).map(Number) as [number, number, number];
  if (!isDay(year, month, day) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return null;
  const micros = fraction.slice(0, 6).padEnd(6, '0');
  const local = `${text.slice(0, 10)} ${hour}:${minute}:${second}`;
  if (sign === undefined) return `${local}.${micros}`;
  // A day that is on no calendar has no neighbour.
  if (month === 0 || day === 0) return null;
  const minutes = (sign === '-' ? -1 : 1) * (Number(offsetHours) * 60 + Number(offsetMinutes));
  const instant = new Date(`${local.replace(' ', 'T')}Z`).getTime() - minutes * 60_000;
  const shifted = new Date(instant).toISOString();
  return /^\d{4}-/.test(shifted) ? `${shifted.slice(0, 19).replace('T', ' ')}.${micros}` : null;
}

/** Zero and partial dates are values of MySQL's, and left to the encoder. */
function isDay(year: number, month: number, day: number): boolean {
  if (month > 12 || day > 31) return false;
  if (month === 0 || day === 0) return true;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) && year !== 0;
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return day <= days[month - 1]!;
}
