/** Columns of 32 bits a value: integers, small decimals, dates, FLOAT. */
import type { ZeroDates } from '../../domain/spec.ts';
import { readDate } from './calendar.ts';
import type { ColumnBuilder, ColumnCounts, ColumnValues, Range } from './column.ts';
import { readDouble, readInteger, readScaled } from './digits.ts';
import { boundsOf, bytesOf, fixedWidthValues, floatRange } from './fixed-width.ts';
import type { Bounds } from './fixed-width.ts';
import { grown } from './grown.ts';
import { dictionary32 } from './integer-dictionary.ts';
import { Levels } from './levels.ts';
import { misfit, refuseZeroDate } from './misfit.ts';
import { BLOCK_ROWS, NULL_LENGTH } from './row-block.ts';
import type { RowBlock } from './row-block.ts';
import type { ParquetColumn } from './schema.ts';

/** NaN: a day that does not exist; anything outside of the bounds: no value of this column. */
type Reader = (bytes: Buffer, start: number, end: number) => number;

interface Reading {
  readonly read: Reader;
  readonly min: number;
  readonly max: number;
}

export function int32Column(
  column: ParquetColumn,
  position: number,
  zeroDates: ZeroDates,
  counts: ColumnCounts,
): ColumnBuilder {
  const levels = new Levels(column);
  const isFloat = column.physical === 'FLOAT';
  const isDate = column.reading.as === 'date';
  const unsigned = column.logical?.is === 'INTEGER' && !column.logical.signed;
  const { read, min, max } = readingOf(column);
  const first = position * BLOCK_ROWS;
  let lanes = new Int32Array(BLOCK_ROWS);
  let floats = new Float32Array(lanes.buffer);
  let indices = new Int32Array(0);
  let count = 0;

  const rangeOf = (signed: Bounds | null): Range => {
    if (signed === null) return floatRange(floats.subarray(0, count));
    const bounds = unsigned ? boundsOf(new Uint32Array(lanes.buffer, 0, count)) : signed;
    return { min: bytesOf(Int32Array.of(bounds.min)), max: bytesOf(Int32Array.of(bounds.max)) };
  };

  return {
    levels,
    append(block: RowBlock): void {
      const { bytes, starts, lengths, rows } = block;
      levels.append(block, position);
      if (count + rows > lanes.length) {
        lanes = grown(lanes, count + rows);
        floats = new Float32Array(lanes.buffer);
      }
      for (let row = 0, slot = first; row < rows; row++, slot++) {
        const length = lengths[slot]!;
        if (length === NULL_LENGTH) continue;
        const start = starts[slot]!;
        const value = read(bytes, start, start + length);
        if (value >= min && value <= max) {
          if (isFloat) floats[count++] = value;
          else lanes[count++] = value;
        } else if (isDate && Number.isNaN(value)) {
          refuseZeroDate(column, zeroDates, bytes, start, start + length);
          counts.zeroDates++;
          levels.drop(block, row);
        } else throw misfit(column, bytes, start, start + length);
      }
    },
    size: () => count * 4,
    values(): ColumnValues {
      indices = grown(indices, count);
      if (count === 0) return fixedWidthValues(4, lanes, 0, null, null, indices);
      // Of the lanes as signed integers: so a dictionary takes them. The bits of floats lie close together by chance alone.
      const bounds = isFloat ? null : boundsOf(lanes.subarray(0, count));
      const dictionary = dictionary32(lanes, count, bounds, indices);
      return fixedWidthValues(4, lanes, count, rangeOf(bounds), dictionary, indices);
    },
    clear(): void {
      levels.clear();
      count = 0;
    },
  };
}

function readingOf({ reading }: ParquetColumn): Reading {
  switch (reading.as) {
    case 'int32':
      return { read: readInteger, min: reading.min, max: reading.max };
    case 'decimal32': {
      const { scale } = reading;
      const limit = 10 ** reading.precision - 1;
      return { read: (bytes, start, end) => readScaled(bytes, start, end, scale), min: -limit, max: limit };
    }
    case 'date':
      return { read: readDate, min: -(2 ** 31), max: 2 ** 31 - 1 };
    case 'float': {
      const limit = 2 ** 128 - 2 ** 104;
      return {
        read: (bytes, start, end) => Math.fround(readDouble(bytes, start, end)),
        min: -limit,
        max: limit,
      };
    }
    default:
      throw new TypeError(`${reading.as} has not 32 bits`);
  }
}
