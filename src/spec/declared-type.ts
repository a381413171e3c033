/**
 * The column types that a `row_transform` may declare: MySQL's own, as `SHOW COLUMNS` writes them, and a few words that
 * people use for them.
 */

type Base = readonly [numbers: 'none' | 'length' | 'must have length' | 'fraction' | 'decimal', most: number];

const BASES: Readonly<Record<string, Base>> = {
  tinyint: ['length', 255],
  smallint: ['length', 255],
  mediumint: ['length', 255],
  int: ['length', 255],
  bigint: ['length', 255],
  decimal: ['decimal', 65],
  float: ['none', 0],
  double: ['none', 0],
  bit: ['length', 64],
  year: ['length', 4],
  date: ['none', 0],
  datetime: ['fraction', 6],
  timestamp: ['fraction', 6],
  time: ['fraction', 6],
  char: ['length', 255],
  varchar: ['must have length', 65_535],
  tinytext: ['none', 0],
  text: ['none', 0],
  mediumtext: ['none', 0],
  longtext: ['none', 0],
  json: ['none', 0],
  binary: ['length', 255],
  varbinary: ['must have length', 65_535],
  tinyblob: ['none', 0],
  blob: ['none', 0],
  mediumblob: ['none', 0],
  longblob: ['none', 0],
};

const INTEGERS = /^(?:tiny|small|medium|big)?int$/;

const ALIASES: Readonly<Record<string, string>> = {
  integer: 'int',
  numeric: 'decimal',
  bool: 'tinyint(1)',
  boolean: 'tinyint(1)',
  real: 'double',
};

/** For messages. */
export const DECLARED_TYPES =
  'int, bigint, tinyint, smallint, mediumint (each also unsigned), decimal(p,s), double, float, boolean, year, bit(n), date, datetime(f), timestamp(f), time(f), char(n), varchar(n), text, longtext, json, binary(n), varbinary(n), blob, longblob';

/** The names among them, for "did you mean". */
export const DECLARED_NAMES: readonly string[] = [...Object.keys(BASES), ...Object.keys(ALIASES)];

/** The type as MySQL writes it, `decimal(10,2) unsigned`; null: there is no such type, or not with these numbers. */
export function declaredType(text: string): string | null {
  const plain = text.trim().toLowerCase().replaceAll(/\s+/g, ' ');
  const match = /^([a-z]+)(?: ?\( ?(\d{1,5})(?: ?, ?(\d{1,5}))? ?\))?( unsigned)?$/.exec(plain);
  if (match === null) return null;
  const [, written, first, second, sign = ''] = match;
  const alias = Object.hasOwn(ALIASES, written!) ? ALIASES[written!]! : written!;
  // BOOLEAN has a length of its own.
  if (alias.includes('(')) return first === undefined && sign === '' ? alias : null;
  const base = Object.hasOwn(BASES, alias) ? BASES[alias]! : null;
  if (base === null) return null;
  if (sign !== '' && !INTEGERS.test(alias) && alias !== 'decimal') return null;
  const numbers = numbersText(base, first, second);
  return numbers === null ? null : `${alias}${numbers}${sign}`;
}

/** `(10,2)`, or nothing; null where the type does not take them. */
function numbersText([rule, most]: Base, first?: string, second?: string): string | null {
  if (rule === 'decimal') {
    const precision = Number(first ?? 10);
    const scale = Number(second ?? 0);
    return precision >= 1 && precision <= most && scale <= Math.min(30, precision)
      ? `(${precision},${scale})`
      : null;
  }
  if (second !== undefined) return null;
  if (first === undefined) return rule === 'must have length' ? null : '';
  const length = Number(first);
  if (rule === 'none' || length > most || (length === 0 && rule !== 'fraction')) return null;
  return length === 0 ? '' : `(${length})`;
}
