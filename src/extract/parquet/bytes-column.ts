/** Columns of byte sequences: texts, which have to be UTF-8, binaries, and decimals of more than 18 digits. */
import { isUtf8 } from 'node:buffer';
import type { ZeroDates } from '../../domain/spec.ts';
import { offsetLookup, shiftToZone } from '../zone.ts';
import { bytesStore } from './bytes-store.ts';
import type { BytesStore } from './bytes-store.ts';
import { readDate } from './calendar.ts';
import type { ColumnBuilder, ColumnCounts } from './column.ts';
import { writeScaled128 } from './digits.ts';
import { Levels } from './levels.ts';
import { misfit } from './misfit.ts';
import { BLOCK_ROWS, NULL_LENGTH } from './row-block.ts';
import type { RowBlock } from './row-block.ts';
import type { ParquetColumn } from './schema.ts';

/** Puts one value into the store. */
type Insert = (bytes: Buffer, start: number, end: number) => void;

export interface BytesOptions {
  readonly zeroDates: ZeroDates;
  readonly outputTimezone: string;
}

export function bytesColumn(
  column: ParquetColumn,
  position: number,
  options: BytesOptions,
  counts: ColumnCounts,
): ColumnBuilder {
  const levels = new Levels(column);
  const isDecimal = column.width !== null;
  const store = bytesStore(
    isDecimal,
    isDecimal ? 'signed' : column.logical?.is === 'STRING' ? 'unsigned' : null,
  );
  const insert = insertOf(column, options, counts, store);
  const first = position * BLOCK_ROWS;
  return {
    levels,
    append(block: RowBlock): void {
      const { bytes, starts, lengths, rows } = block;
      levels.append(block, position);
      for (let row = 0, slot = first; row < rows; row++, slot++) {
        const length = lengths[slot]!;
        if (length === NULL_LENGTH) continue;
        const start = starts[slot]!;
        insert(bytes, start, start + length);
      }
    },
    size: store.size,
    values: store.values,
    clear(): void {
      levels.clear();
      store.clear();
    },
  };
}

function insertOf(
  column: ParquetColumn,
  { outputTimezone }: BytesOptions,
  counts: ColumnCounts,
  store: BytesStore,
): Insert {
  const { insert } = store;
  const { reading, width } = column;
  switch (reading.as) {
    case 'bytes':
      return insert;
    case 'text':
      return textInsert(counts, store);
    case 'dateText':
      return dateInsert(
        counts,
        insert,
        reading.instant && outputTimezone !== 'UTC' ? offsetLookup(outputTimezone) : null,
      );
    case 'decimal128': {
      const { precision, scale } = reading;
      const stored = Buffer.alloc(width!);
      return (bytes, start, end) => {
        if (!writeScaled128(bytes, start, end, precision, scale, stored, width!))
          throw misfit(column, bytes, start, end);
        insert(stored, 0, width!);
      };
    }
    default:
      throw new TypeError(`${reading.as} is not stored as bytes`);
  }
}

/** Below this length a loop looks at bytes faster than a call into native code is made. */
const SHORT = 256;

function textInsert(counts: ColumnCounts, { insertKnown, insert }: BytesStore): Insert {
  return (bytes, start, end) => {
    // What is in the dictionary has been looked at before.
    if (insertKnown(bytes, start, end)) return;
    let seen = 0;
    if (end - start <= SHORT) for (let index = start; index < end; index++) seen |= bytes[index]!;
    else seen = 0x80;
    if (seen < 0x80 || isUtf8(bytes.subarray(start, end))) insert(bytes, start, end);
    else {
      counts.invalidTexts++;
      // What is no character becomes U+FFFD.
      const text = Buffer.from(bytes.toString('utf8', start, end));
      insert(text, 0, text.length);
    }
  };
}

function dateInsert(
  counts: ColumnCounts,
  insert: Insert,
  offsetOf: ReturnType<typeof offsetLookup> | null,
): Insert {
  return (bytes, start, end) => {
    if (Number.isNaN(readDate(bytes, start, start + 10))) counts.zeroDates++;
    else if (offsetOf !== null && end - start >= 19) shiftToZone(bytes, start, offsetOf);
    insert(bytes, start, end);
  };
}
