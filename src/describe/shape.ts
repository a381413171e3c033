/**
 * What a MySQL type says about its values, apart from how they are written: the common ground of `describe` and of the
 * statements for warehouses.
 *
 * https://dev.mysql.com/doc/refman/8.4/en/data-types.html
 */
import type { OutputColumn } from '../domain/plan.ts';
import { GEOMETRY } from '../plan/columns.ts';

export type Shape =
  | { readonly is: 'integer'; readonly bits: 8 | 16 | 24 | 32 | 64; readonly unsigned: boolean }
  /** 0 to 2155. */
  | { readonly is: 'year' }
  /** Null: the server does not say, as of the result of a query. */
  | { readonly is: 'decimal'; readonly precision: number | null; readonly scale: number }
  | { readonly is: 'float' | 'double' | 'date' | 'json' | 'geometry' }
  /** `digits` of a second's fraction, 0 to 6; null: the server does not say. */
  | { readonly is: 'datetime' | 'timestamp' | 'time'; readonly digits: number | null }
  | { readonly is: 'bit'; readonly bits: number }
  /** `bytes`: the most that a value can have, of a text in UTF-8; null: not known. */
  | { readonly is: 'text' | 'binary'; readonly bytes: number | null };

const INTEGER_BITS = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, integer: 32, bigint: 64 } as const;

/** The most bytes of the types that have no length of their own. */
const CAPACITY: Readonly<Record<string, number>> = {
  tinytext: 255,
  tinyblob: 255,
  text: 65_535,
  blob: 65_535,
  mediumtext: 16_777_215,
  mediumblob: 16_777_215,
  longtext: 4_294_967_295,
  longblob: 4_294_967_295,
};

/** No character of a MySQL character set has more bytes in UTF-8. */
const UTF8_BYTES = 4;

export function shapeOf({ kind, mysqlType, charset }: OutputColumn): Shape {
  const type = mysqlType.toLowerCase();
  const base = /^[a-z]+/.exec(type)?.[0] ?? '';
  const [first, second] = (/^[a-z]+\(([\d, ]+)\)/.exec(type)?.[1] ?? '').split(',').map(Number);
  // The type of a query's result names no digits, however many there are; only a table's column tells its charset.
  const digits = first || (charset === undefined ? null : 0);
  switch (kind) {
    case 'number':
      return numberShape(type, base, first, second);
    case 'float32':
      return { is: 'float' };
    case 'date':
      return { is: 'date' };
    case 'datetime':
    case 'timestamp':
      return { is: kind, digits };
    case 'json':
      return { is: 'json' };
    case 'bit':
      return { is: 'bit', bits: first || 64 };
    case 'binary':
      return { is: 'binary', bytes: first || CAPACITY[base] || null };
    case 'text':
      if (base === 'time') return { is: 'time', digits };
      if (GEOMETRY.test(base)) return { is: 'geometry' };
      return { is: 'text', bytes: textBytes(mysqlType, base, first || null, charset ?? null) };
  }
}

function numberShape(
  type: string,
  base: string,
  precision: number | undefined,
  scale: number | undefined,
): Shape {
  if (base === 'year') return { is: 'year' };
  if (base === 'double') return { is: 'double' };
  if (base === 'float') return { is: 'float' };
  const bits = INTEGER_BITS[base as keyof typeof INTEGER_BITS];
  // ZEROFILL makes a column unsigned, even where the word is not there.
  if (bits !== undefined) return { is: 'integer', bits, unsigned: /unsigned|zerofill/.test(type) };
  return { is: 'decimal', precision: precision || null, scale: scale ?? 0 };
}

function textBytes(
  mysqlType: string,
  base: string,
  characters: number | null,
  charset: string | null,
): number | null {
  if (base === 'enum' || base === 'set') {
    const names = Array.from(mysqlType.matchAll(/'((?:[^']|'')*)'/g), ([, name]) =>
      Buffer.byteLength(name!.replaceAll("''", "'")),
    );
    if (names.length === 0) return null;
    return base === 'enum' ? Math.max(...names) : names.reduce((sum, bytes) => sum + bytes, names.length - 1);
  }
  if (characters !== null) return characters * UTF8_BYTES;
  const stored = CAPACITY[base];
  if (stored === undefined) return null;
  // These are limited in bytes as they are stored; one byte of latin1 may be three in UTF-8.
  return stored * (charset === null || /^(utf8|ascii)/.test(charset) ? 1 : 3);
}
