/**
 * MySQL's types to kinds of values: from information_schema for tables, from result metadata for custom queries.
 *
 * Result types and flags: https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html
 */
import type { FieldPacket } from 'mysql2';
import type { OutputColumn, ValueKind } from '../../domain/plan.ts';

const BINARY_CHARSET = 63;
const NOT_NULL_FLAG = 1;
const UNSIGNED_FLAG = 32;
const ENUM_FLAG = 256;
const SET_FLAG = 2048;

/** Type byte of a result column → name and kind, for all but the string family. */
const RESULT_TYPES: Readonly<Record<number, readonly [name: string, kind: ValueKind]>> = {
  0: ['decimal', 'number'],
  1: ['tinyint', 'number'],
  2: ['smallint', 'number'],
  3: ['int', 'number'],
  4: ['float', 'float32'],
  5: ['double', 'number'],
  6: ['null', 'text'],
  7: ['timestamp', 'timestamp'],
  8: ['bigint', 'number'],
  9: ['mediumint', 'number'],
  10: ['date', 'date'],
  11: ['time', 'text'],
  12: ['datetime', 'datetime'],
  13: ['year', 'number'],
  16: ['bit', 'bit'],
  242: ['vector', 'binary'],
  245: ['json', 'json'],
  246: ['decimal', 'number'],
  255: ['geometry', 'text'],
};

/** The string family: type byte → its name as text and as bytes. */
const STRING_TYPES: Readonly<Record<number, readonly [text: string, bytes: string]>> = {
  15: ['varchar', 'varbinary'],
  247: ['enum', 'enum'],
  248: ['set', 'set'],
  249: ['tinytext', 'tinyblob'],
  250: ['mediumtext', 'mediumblob'],
  251: ['longtext', 'longblob'],
  252: ['text', 'blob'],
  253: ['varchar', 'varbinary'],
  254: ['char', 'binary'],
};

/** A result column as mysql2 parsed it; the typings leave some of it out. */
interface ResultField {
  readonly name: string;
  readonly columnType?: number | undefined;
  readonly characterSet?: number | undefined;
  readonly flags: number | string[];
  /** Characters that the longest value takes, its sign and point included. */
  readonly columnLength?: number | undefined;
  /** Digits behind the point. */
  readonly decimals?: number | undefined;
}

/** A result column of a custom query as an output column. */
export function columnOfResult(packet: FieldPacket): OutputColumn {
  const field = packet as unknown as ResultField;
  const flags = typeof field.flags === 'number' ? field.flags : 0;
  const nullable = (flags & NOT_NULL_FLAG) === 0;
  const type = field.columnType ?? 253;
  const plain = RESULT_TYPES[type];
  if (plain !== undefined) {
    const [name, kind] = plain;
    const unsigned = kind === 'number' && name !== 'year' && (flags & UNSIGNED_FLAG) !== 0;
    const full = name === 'decimal' ? `decimal${precisionOf(field, unsigned)}` : name;
    return { name: field.name, mysqlType: unsigned ? `${full} unsigned` : full, nullable, kind };
  }
  const [text, bytes] = STRING_TYPES[type] ?? ['varchar', 'varbinary'];
  if ((flags & ENUM_FLAG) !== 0) return { name: field.name, mysqlType: 'enum', nullable, kind: 'text' };
  if ((flags & SET_FLAG) !== 0) return { name: field.name, mysqlType: 'set', nullable, kind: 'text' };
  const binary = field.characterSet === BINARY_CHARSET;
  return { name: field.name, mysqlType: binary ? bytes : text, nullable, kind: binary ? 'binary' : 'text' };
}

/** `(10,2)`, from the length of the longest value; empty where the server does not say. */
function precisionOf({ columnLength, decimals }: ResultField, unsigned: boolean): string {
  if (columnLength === undefined || decimals === undefined) return '';
  const precision = columnLength - (decimals > 0 ? 1 : 0) - (unsigned ? 0 : 1);
  return precision >= 1 && precision <= 65 && decimals <= precision ? `(${precision},${decimals})` : '';
}
