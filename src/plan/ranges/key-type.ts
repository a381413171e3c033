/**
 * What a table can be cut into ranges of: columns whose values have an order that boundaries can be written in. A *key*
 * is a value of such a column as text: digits, a date as MySQL writes it, a text as it is, bytes in hexadecimal.
 */
import type { TableColumn } from '../../ports.ts';
import { quoteString } from '../sql.ts';

export type Key = string;

export type KeyType =
  /** `scale` digits behind the point. */
  | { readonly is: 'number'; readonly scale: number }
  /** `digits` of the fraction of a second; `date`: whole days. */
  | { readonly is: 'time'; readonly digits: number | 'date' }
  | { readonly is: 'bytes' }
  /** Only the server knows the order. */
  | { readonly is: 'text'; readonly charset: string; readonly collation: string };

/** Null: a column of this type does not serve. */
export function keyTypeOf(column: TableColumn): KeyType | null {
  const { dataType, columnType, charset, collation } = column;
  switch (dataType) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
      return { is: 'number', scale: 0 };
    case 'decimal':
      return { is: 'number', scale: Number(/,\s*(\d+)\)/.exec(columnType)?.[1] ?? 0) };
    case 'date':
      return { is: 'time', digits: 'date' };
    case 'datetime':
    case 'timestamp':
      return { is: 'time', digits: Number(/\((\d)\)/.exec(columnType)?.[1] ?? 0) };
    case 'binary':
    case 'varbinary':
      return { is: 'bytes' };
    case 'char':
    case 'varchar':
      return charset && collation ? { is: 'text', charset, collation } : null;
    default:
      return null;
  }
}

/** A key as SQL. */
export function keyLiteral(type: KeyType, key: Key): string {
  switch (type.is) {
    case 'number':
      return key;
    case 'bytes':
      return `x'${key}'`;
    case 'time':
    case 'text':
      return quoteString(key);
  }
}

/** A key as people and manifests read it. */
export function keyText(type: KeyType, key: Key): string {
  return type.is === 'bytes' ? `0x${key}` : key;
}
