/**
 * Values that a module returns to cells, exactly as the server would have sent them. What does not fit the type of its
 * column is refused: nothing is rounded, cut off or guessed.
 */
import { inspect, types } from 'node:util';
import type { OutputColumn } from '../domain/plan.ts';
import { shortestText } from '../extract/values.ts';
import { Misfit, type CellWriter } from './misfit.ts';
import { textCell } from './text-cell.ts';

export function cellWriter(column: OutputColumn): CellWriter {
  const type = column.mysqlType.toLowerCase();
  switch (column.kind) {
    case 'number':
      return numberWriter(type);
    case 'float32':
      return double;
    case 'bit':
      // The type of a query's result does not say how many.
      return bits(Number(/^bit\((\d+)\)/.exec(type)?.[1] ?? 64));
    case 'binary':
      return bytes;
    case 'json':
      return json;
    case 'date':
    case 'datetime':
    case 'timestamp':
      return textCell(column.kind);
    case 'text':
      return textCell(type);
  }
}

/** A value as a message shows it: short, and on one line. */
export function shown(value: unknown): string {
  const text = inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 60, maxArrayLength: 3 });
  return text.length <= 120 ? text : `${text.slice(0, 120)}…`;
}

const INTEGER_BITS: Readonly<Record<string, bigint>> = {
  tinyint: 8n,
  smallint: 16n,
  mediumint: 24n,
  int: 32n,
  integer: 32n,
  bigint: 64n,
};

function numberWriter(type: string): CellWriter {
  const base = /^[a-z]+/.exec(type)?.[0] ?? '';
  if (base === 'double' || base === 'float') return double;
  if (base === 'year') return integer(0n, 2155n, type);
  const width = INTEGER_BITS[base];
  if (width !== undefined) {
    const unsigned = /unsigned|zerofill/.test(type);
    return unsigned
      ? integer(0n, 2n ** width - 1n, type)
      : integer(-(2n ** (width - 1n)), 2n ** (width - 1n) - 1n, type);
  }
  const [, precision, scale = '0'] = /^(?:decimal|numeric)\((\d+)(?:,\s*(\d+))?\)/.exec(type) ?? [];
  return decimal(
    type,
    precision === undefined ? null : { precision: Number(precision), scale: Number(scale) },
    type.includes('unsigned'),
  );
}

function integer(least: bigint, most: bigint, type: string): CellWriter {
  return (value) => {
    const whole = wholeNumber(value);
    if (whole === null)
      throw new Misfit(
        'a whole number: a number up to 2^53, a bigint, or a text of digits, such as 12, 12n or "12"',
      );
    if (whole < least || whole > most) throw new Misfit(`${least} to ${most}, as the column is ${type}`);
    return latin1(String(whole));
  };
}

function wholeNumber(value: unknown): bigint | null {
  switch (typeof value) {
    case 'bigint':
      return value;
    case 'boolean':
      return value ? 1n : 0n;
    case 'number':
      // Beyond, a number may stand for its neighbours too.
      return Number.isSafeInteger(value) ? BigInt(value) : null;
    case 'string':
      return /^-?\d{1,40}$/.test(value) ? BigInt(value) : null;
    default:
      return null;
  }
}

function decimal(
  type: string,
  declared: { readonly precision: number; readonly scale: number } | null,
  unsigned: boolean,
): CellWriter {
  return (value) => {
    const text =
      typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
        ? String(value)
        : '';
    const [, sign, whole, fraction = ''] = /^(-?)0*(\d{1,400})(?:\.(\d{1,400}))?$/.exec(text) ?? [];
    if (whole === undefined)
      throw new Misfit('a text of digits such as "12.50", or a number that is written without an exponent');
    if (unsigned && sign === '-') throw new Misfit(`0 and more, as the column is ${type}`);
    if (declared === null) return latin1(text);
    const digits = whole === '0' ? 0 : whole.length;
    if (digits > declared.precision - declared.scale)
      throw new Misfit(
        `${declared.precision - declared.scale} digits before the point, as the column is ${type}`,
      );
    if (fraction.length > declared.scale)
      throw new Misfit(
        `${declared.scale} digits behind the point, as the column is ${type}: round it, as in value.toFixed(${declared.scale})`,
      );
    // As the server writes it: with all its decimals.
    const padded = declared.scale === 0 ? '' : `.${fraction.padEnd(declared.scale, '0')}`;
    const negative = sign === '-' && /[1-9]/.test(`${whole}${fraction}`);
    return latin1(`${negative ? '-' : ''}${whole}${padded}`);
  };
}

const double: CellWriter = (value) => {
  if (typeof value === 'number' && Number.isFinite(value)) return latin1(shortestText(value));
  if (typeof value === 'bigint') return latin1(String(value));
  if (typeof value === 'string' && /^-?\d{1,400}(\.\d{1,400})?([eE][-+]?\d{1,3})?$/.test(value))
    return latin1(value);
  throw new Misfit('a number that is neither NaN nor infinite');
};

function bits(length: number): CellWriter {
  const most = 2n ** BigInt(length) - 1n;
  return (value) => {
    const whole = wholeNumber(value);
    if (whole === null || whole < 0n || whole > most) throw new Misfit(`a whole number from 0 to ${most}`);
    const digits = whole.toString(16);
    return Buffer.from(digits.padStart(Math.ceil(length / 8) * 2, '0'), 'hex');
  };
}

const bytes: CellWriter = (value) => {
  if (types.isUint8Array(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw new Misfit('a Buffer or another Uint8Array, such as Buffer.from("text")');
};

const json: CellWriter = (value) => {
  if (typeof value !== 'string') {
    let text: string | undefined;
    try {
      text = JSON.stringify(value);
    } catch (error) {
      throw new Misfit(
        `a value that JSON can hold (${error instanceof Error ? error.message : String(error)})`,
      );
    }
    if (text === undefined) throw new Misfit('a value that JSON can hold, or a text of JSON');
    return Buffer.from(text);
  }
  try {
    JSON.parse(value);
  } catch {
    throw new Misfit('a text of JSON, such as "[1, 2]" or "\\"text\\"", or an object or array');
  }
  return Buffer.from(value);
};

function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
