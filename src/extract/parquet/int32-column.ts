/** Columns of 32 bits a value: integers, small decimals, dates, FLOAT. */
import type { ZeroDates } from '../../domain/spec.ts';
import { readDate } from './calendar.ts';
import { PAGE_BYTES } from './column.ts';
import type { ColumnBuilder, ColumnCounts, ColumnValues, Range } from './column.ts';
import { readDouble, readInteger, readScaled } from './digits.ts';
import { grown } from './grown.ts';
import { dictionary32 } from './integer-dictionary.ts';
import type { IntegerDictionary } from './integer-dictionary.ts';
import { Levels } from './levels.ts';
import { misfit, refuseZeroDate, unexpectedNull } from './misfit.ts';
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
  const levels = new Levels(column.optional);
  const isFloat = column.physical === 'FLOAT';
  const isDate = column.reading.as === 'date';
  const unsigned = column.logical?.is === 'INTEGER' && !column.logical.signed;
  const { read, min, max } = readingOf(column);
  const first = position * BLOCK_ROWS;
  let lanes = new Int32Array(BLOCK_ROWS);
  let floats = new Float32Array(lanes.buffer);
  let indices = new Int32Array(0);
  let count = 0;

  const bytesOf = (from: number, to: number): Uint8Array =>
    new Uint8Array(lanes.buffer, from * 4, (to - from) * 4);

  return {
    levels,
    append(block: RowBlock): void {
      const { bytes, starts, lengths, rows } = block;
      if (levels.append(block, position) && !column.optional) throw unexpectedNull(column);
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
      const bounds = isFloat ? null : boundsOf(lanes, count);
      const range = isFloat ? floatRange(floats, count) : integerRange(lanes, count, unsigned);
      const found: IntegerDictionary | null =
        count === 0
          ? null
          : dictionary32(lanes, count, bounds?.[0] ?? -(2 ** 31), bounds?.[1] ?? 2 ** 31, indices);
      return {
        count,
        range,
        plain: {
          size: count * 4,
          pageEnd: (from) => Math.min(count, from + PAGE_BYTES / 4),
          bytes: bytesOf,
        },
        dictionary: found && { entries: found.entries, bytes: bytesIn(found.lanes), indices },
      };
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

/** Of the lanes as signed integers. */
function boundsOf(lanes: Int32Array, count: number): readonly [min: number, max: number] {
  let min = lanes[0]!;
  let max = min;
  for (let index = 1; index < count; index++) {
    const value = lanes[index]!;
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  return [min, max];
}

function integerRange(lanes: Int32Array, count: number, unsigned: boolean): Range | null {
  if (count === 0) return null;
  if (!unsigned) {
    const [min, max] = boundsOf(lanes, count);
    return { min: bytesIn(Int32Array.of(min)), max: bytesIn(Int32Array.of(max)) };
  }
  let min = lanes[0]! >>> 0;
  let max = min;
  for (let index = 1; index < count; index++) {
    const value = lanes[index]! >>> 0;
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  return { min: bytesIn(Int32Array.of(min)), max: bytesIn(Int32Array.of(max)) };
}

/** Zeros of either sign are among the values of a range that ends in one. */
function floatRange(floats: Float32Array, count: number): Range | null {
  if (count === 0) return null;
  let min = floats[0]!;
  let max = min;
  for (let index = 1; index < count; index++) {
    const value = floats[index]!;
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  return {
    min: bytesIn(Float32Array.of(min === 0 ? -0 : min)),
    max: bytesIn(Float32Array.of(max === 0 ? 0 : max)),
  };
}

function bytesIn(array: Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
