/** Columns of 64 bits a value: BIGINT, BIT, decimals of up to 18 digits, DATETIME, TIMESTAMP, DOUBLE. */
import type { ZeroDates } from '../../domain/spec.ts';
import { NO_SUCH_DAY, READ, writeMicros } from './calendar.ts';
import type { ColumnBuilder, ColumnCounts, ColumnValues, Range } from './column.ts';
import { readDouble, writeScaled64 } from './digits.ts';
import { bytesOf, fixedWidthValues, floatRange } from './fixed-width.ts';
import { grown } from './grown.ts';
import { dictionary64 } from './integer-dictionary.ts';
import { Levels } from './levels.ts';
import { misfit, refuseZeroDate } from './misfit.ts';
import { BLOCK_ROWS, NULL_LENGTH } from './row-block.ts';
import type { RowBlock } from './row-block.ts';
import type { ParquetColumn } from './schema.ts';

/** Writes two lanes, the low one first. @returns READ; NO_SUCH_DAY; anything else: no value of this column. */
type Writer = (bytes: Buffer, start: number, end: number, lanes: Int32Array, at: number) => number;

const MISFIT = -1;

export function int64Column(
  column: ParquetColumn,
  position: number,
  zeroDates: ZeroDates,
  counts: ColumnCounts,
): ColumnBuilder {
  const levels = new Levels(column);
  const isDouble = column.physical === 'DOUBLE';
  const unsigned = column.logical?.is === 'INTEGER' && !column.logical.signed;
  const write = writerOf(column);
  const first = position * BLOCK_ROWS;
  let lanes = new Int32Array(BLOCK_ROWS * 2);
  let indices = new Int32Array(0);
  let count = 0;

  return {
    levels,
    append(block: RowBlock): void {
      const { bytes, starts, lengths, rows } = block;
      levels.append(block, position);
      lanes = grown(lanes, (count + rows) * 2);
      for (let row = 0, slot = first; row < rows; row++, slot++) {
        const length = lengths[slot]!;
        if (length === NULL_LENGTH) continue;
        const start = starts[slot]!;
        const status = write(bytes, start, start + length, lanes, count * 2);
        if (status === READ) count++;
        else if (status === NO_SUCH_DAY) {
          refuseZeroDate(column, zeroDates, bytes, start, start + length);
          counts.zeroDates++;
          levels.drop(block, row);
        } else throw misfit(column, bytes, start, start + length);
      }
    },
    size: () => count * 8,
    values(): ColumnValues {
      indices = grown(indices, count);
      if (count === 0) return fixedWidthValues(8, lanes, 0, null, null, indices);
      const range = isDouble
        ? floatRange(new Float64Array(lanes.buffer, 0, count))
        : integerRange(lanes, count, unsigned);
      const dictionary = dictionary64(lanes, count, indices);
      return fixedWidthValues(8, lanes, count, range, dictionary, indices);
    },
    clear(): void {
      levels.clear();
      count = 0;
    },
  };
}

function writerOf({ reading }: ParquetColumn): Writer {
  switch (reading.as) {
    case 'int64': {
      const { unsigned } = reading;
      return (bytes, start, end, lanes, at) =>
        writeScaled64(bytes, start, end, 0, unsigned, lanes, at) ? READ : MISFIT;
    }
    case 'decimal64': {
      const { scale } = reading;
      return (bytes, start, end, lanes, at) =>
        writeScaled64(bytes, start, end, scale, false, lanes, at) ? READ : MISFIT;
    }
    case 'timestamp':
      return writeMicros;
    case 'bit':
      return writeBits;
    case 'double':
      return doubleWriter();
    default:
      throw new TypeError(`${reading.as} has not 64 bits`);
  }
}

/** BIT(n): up to eight bytes, big-endian. */
function writeBits(bytes: Buffer, start: number, end: number, lanes: Int32Array, at: number): number {
  if (end - start > 8) return MISFIT;
  let low = 0;
  let high = 0;
  for (let index = start; index < end; index++) {
    high = (high << 8) | (low >>> 24);
    low = (low << 8) | bytes[index]!;
  }
  lanes[at] = low;
  lanes[at + 1] = high;
  return READ;
}

function doubleWriter(): Writer {
  const double = new Float64Array(1);
  const halves = new Int32Array(double.buffer);
  return (bytes, start, end, lanes, at) => {
    double[0] = readDouble(bytes, start, end);
    if (!Number.isFinite(double[0])) return MISFIT;
    lanes[at] = halves[0]!;
    lanes[at + 1] = halves[1]!;
    return READ;
  };
}

function integerRange(lanes: Int32Array, count: number, unsigned: boolean): Range {
  // With its highest bit turned over, an unsigned lane compares as a signed one does.
  const turn = unsigned ? 0x80000000 | 0 : 0;
  let min = 0;
  let max = 0;
  let minHigh = lanes[1]! ^ turn;
  let maxHigh = minHigh;
  let minLow = lanes[0]! >>> 0;
  let maxLow = minLow;
  for (let index = 1; index < count; index++) {
    const high = lanes[index * 2 + 1]! ^ turn;
    const low = lanes[index * 2]! >>> 0;
    if (high < minHigh || (high === minHigh && low < minLow)) {
      min = index;
      minHigh = high;
      minLow = low;
    } else if (high > maxHigh || (high === maxHigh && low > maxLow)) {
      max = index;
      maxHigh = high;
      maxLow = low;
    }
  }
  return { min: laneBytes(lanes, min), max: laneBytes(lanes, max) };
}

function laneBytes(lanes: Int32Array, index: number): Uint8Array {
  return bytesOf(lanes.slice(index * 2, index * 2 + 2));
}
