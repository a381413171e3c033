/**
 * Cells to the values that a module is given: exact, whatever the type. Integers are numbers as long as a number holds
 * them exactly, and bigints beyond; DECIMAL, dates, times and JSON are texts; bytes are a Buffer; NULL is null.
 */
import { isUtf8 } from 'node:buffer';
import type { OutputColumn } from '../domain/plan.ts';
import type { Cell } from '../extract/row-packet.ts';
import { bitText, float32Text } from '../extract/values.ts';

/** A row as a module sees it. */
export type Row = Record<string, unknown>;

export interface RowReader {
  read(cells: readonly Cell[]): Row;
  /** Per column name, how many texts were not valid UTF-8: U+FFFD stands in them. */
  readonly invalidTexts: ReadonlyMap<string, number>;
}

type CellReader = (cell: Buffer) => unknown;

export function rowReader(columns: readonly OutputColumn[]): RowReader {
  const invalidTexts = new Map<string, number>();
  const readers = columns.map((column) =>
    cellReader(column, () => invalidTexts.set(column.name, (invalidTexts.get(column.name) ?? 0) + 1)),
  );
  const names = columns.map(({ name }) => name);
  // The one name that cannot be assigned to: it would change what kind of object the row is.
  const usual = !names.includes('__proto__');
  return {
    invalidTexts,
    read(cells) {
      const row: Row = {};
      for (let index = 0; index < names.length; index++) {
        const cell = cells[index]!;
        const value = cell === null ? null : readers[index]!(cell);
        if (usual) row[names[index]!] = value;
        else define(row, names[index]!, value);
      }
      return row;
    },
  };
}

function define(row: Row, name: string, value: unknown): void {
  Object.defineProperty(row, name, { value, enumerable: true, writable: true, configurable: true });
}

function cellReader({ kind, mysqlType }: OutputColumn, onInvalid: () => void): CellReader {
  switch (kind) {
    case 'number':
      return numberReader(mysqlType);
    case 'float32':
      return (cell) => Number(float32Text(cell.toString('latin1')));
    case 'bit':
      return (cell) => integer(bitText(cell, 0, cell.length));
    case 'binary':
      // A copy of its own: the module may keep it, and what it came in is used again.
      return (cell) => Buffer.from(cell);
    case 'text':
    case 'json':
      return (cell) => {
        const text = cell.toString('utf8');
        if (text.includes('\ufffd') && !isUtf8(cell)) onInvalid();
        return text;
      };
    default:
      return (cell) => cell.toString('latin1');
  }
}

function numberReader(mysqlType: string): CellReader {
  if (/^double|^float/.test(mysqlType)) return (cell) => Number(cell.toString('latin1'));
  if (/^year|int/.test(mysqlType)) return (cell) => integer(cell.toString('latin1'));
  return (cell) => cell.toString('latin1');
}

/** The longest text of digits and sign that a number always holds exactly. */
const SAFE_DIGITS = 15;

function integer(text: string): number | bigint {
  if (text.length <= SAFE_DIGITS) return Number(text);
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}
