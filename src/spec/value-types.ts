/** The types that a spec may name: of JSON fields, and of casts. */
import type { Cast, FieldType } from '../domain/spec.ts';

/** Types of JSON fields, as they are listed in messages. */
export const FIELD_TYPES = [
  'text',
  'int',
  'bigint',
  'decimal(p,s)',
  'double',
  'date',
  'datetime',
  'boolean',
  'json',
] as const;

const PLAIN_FIELDS: Readonly<Record<string, Exclude<FieldType['is'], 'decimal'>>> = {
  text: 'text',
  int: 'integer',
  bigint: 'integer',
  double: 'double',
  date: 'date',
  datetime: 'datetime',
  boolean: 'boolean',
  json: 'json',
};

/** Types of casts, as they are listed in messages. */
export const CAST_TYPES = [
  'char',
  'char(n)',
  'signed',
  'unsigned',
  'decimal(p,s)',
  'double',
  'date',
  'datetime',
  'datetime(f)',
  'time',
  'time(f)',
  'binary',
] as const;

/** What else people write, and MySQL's CAST has no word for. */
const CAST_ALIASES: Readonly<Record<string, string>> = {
  text: 'char',
  varchar: 'char',
  integer: 'signed',
  int: 'signed',
  bigint: 'signed',
  'signed integer': 'signed',
  'int unsigned': 'unsigned',
  'bigint unsigned': 'unsigned',
  'unsigned integer': 'unsigned',
  numeric: 'decimal',
};

const MAX_PRECISION = 65;
const MAX_SCALE = 30;
const MAX_CHARS = 16_383;

/** Null: there is no such type. */
export function fieldTypeOf(text: string): FieldType | null {
  const { name, numbers } = split(text);
  if (name === 'decimal') return decimalOf(numbers, MAX_PRECISION - 1);
  const is = numbers === null && Object.hasOwn(PLAIN_FIELDS, name) ? PLAIN_FIELDS[name] : undefined;
  return is === undefined ? null : { is };
}

/** The MySQL type of a column that is read out of a JSON document. */
export function fieldTypeText(type: FieldType): string {
  switch (type.is) {
    case 'text':
      return 'longtext';
    case 'integer':
      return 'bigint';
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'datetime':
      return 'datetime(6)';
    case 'boolean':
      return 'tinyint(1)';
    default:
      return type.is;
  }
}

/** Null: there is no such cast. */
export function castOf(text: string): Cast | null {
  const { name: written, numbers } = split(text);
  const name = Object.hasOwn(CAST_ALIASES, written) ? CAST_ALIASES[written]! : written;
  const [first = null, ...others] = numbers ?? [];
  if (name === 'decimal') {
    const type = decimalOf(numbers ?? [10, 0], MAX_PRECISION);
    if (type === null) return null;
    const decimal = `DECIMAL(${type.precision},${type.scale})`;
    return { target: decimal, mysqlType: decimal.toLowerCase(), kind: 'number' };
  }
  if (others.length > 0) return null;
  if (name === 'char') {
    if (first === null) return { target: 'CHAR', mysqlType: 'longtext', kind: 'text' };
    if (first < 1 || first > MAX_CHARS) return null;
    return { target: `CHAR(${first})`, mysqlType: `varchar(${first})`, kind: 'text' };
  }
  if (name === 'datetime' || name === 'time') {
    if (first !== null && first > 6) return null;
    const type = first === null ? name : `${name}(${first})`;
    return { target: type.toUpperCase(), mysqlType: type, kind: name === 'time' ? 'text' : 'datetime' };
  }
  if (first !== null) return null;
  switch (name) {
    case 'signed':
      return { target: 'SIGNED', mysqlType: 'bigint', kind: 'number' };
    case 'unsigned':
      return { target: 'UNSIGNED', mysqlType: 'bigint unsigned', kind: 'number' };
    case 'double':
      return { target: null, mysqlType: 'double', kind: 'number' };
    case 'date':
      return { target: 'DATE', mysqlType: 'date', kind: 'date' };
    case 'binary':
      return { target: 'BINARY', mysqlType: 'longblob', kind: 'binary' };
    default:
      return null;
  }
}

function decimalOf(
  numbers: readonly number[] | null,
  maxPrecision: number,
): Extract<FieldType, { is: 'decimal' }> | null {
  if (numbers === null || numbers.length > 2) return null;
  const [precision = 0, scale = 0] = numbers;
  const fits = precision >= 1 && precision <= maxPrecision && scale <= Math.min(MAX_SCALE, precision);
  return fits ? { is: 'decimal', precision, scale } : null;
}

/** `Decimal( 10 , 2 )` → decimal and 10, 2. */
function split(text: string): { readonly name: string; readonly numbers: readonly number[] | null } {
  const plain = text.trim().toLowerCase().replace(/\s+/g, ' ');
  const [, name, list] = /^([a-z]+(?: [a-z]+)*) ?\( ?(\d{1,5}(?: ?, ?\d{1,5})*) ?\)$/.exec(plain) ?? [];
  if (name === undefined) return { name: plain, numbers: null };
  return { name, numbers: list!.split(',').map(Number) };
}
