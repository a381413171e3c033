/**
 * What columns of 32 and of 64 bits a value have in common once a row group is full. Their loops over rows stay apart:
 * one reads a number and looks whether it fits, the other writes two lanes, and a closure between would cost every value.
 */
import { PAGE_BYTES } from './column.ts';
import type { ColumnValues, Range } from './column.ts';
import type { IntegerDictionary } from './integer-dictionary.ts';

/**
 * @param width of a value, in bytes.
 * @param lanes the values, little-endian.
 * @param indices of the values in the dictionary.
 */
export function fixedWidthValues(
  width: 4 | 8,
  lanes: Int32Array,
  count: number,
  range: Range | null,
  dictionary: IntegerDictionary | null,
  indices: Int32Array,
): ColumnValues {
  return {
    count,
    range,
    plain: {
      size: count * width,
      pageEnd: (from) => Math.min(count, from + PAGE_BYTES / width),
      bytes: (from, to) => new Uint8Array(lanes.buffer, from * width, (to - from) * width),
    },
    dictionary: dictionary && { entries: dictionary.entries, bytes: bytesOf(dictionary.lanes), indices },
  };
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** @param values one at least, none of them NaN. */
export function boundsOf(values: Int32Array | Uint32Array | Float32Array | Float64Array): Bounds {
  let min = values[0]!;
  let max = min;
  for (let index = 1; index < values.length; index++) {
    const value = values[index]!;
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  return { min, max };
}

/** As `boundsOf`. Zeros of either sign are among the values of a range that ends in one. */
export function floatRange(values: Float32Array | Float64Array): Range {
  const { min, max } = boundsOf(values);
  const end = (value: number): Uint8Array =>
    bytesOf(values instanceof Float32Array ? Float32Array.of(value) : Float64Array.of(value));
  return { min: end(min === 0 ? -0 : min), max: end(max === 0 ? 0 : max) };
}

/** The bytes that an array lies in. */
export function bytesOf(array: Int32Array | Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
