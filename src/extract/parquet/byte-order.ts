/** The smallest and the largest of the byte sequences of a column chunk. */
import type { Range } from './column.ts';

/** How values compare: as bytes, or as big-endian integers. */
export type ByteOrder = 'unsigned' | 'signed';

/** Readers compare bounds with what is asked for; longer ones only make the footer large. */
const MAX_BOUND_BYTES = 64;

export interface Bounds {
  /** @param buffer keeps the value where it is until `clear`. */
  include(buffer: Buffer, start: number, end: number): void;
  /** Null where there is no value, or a bound is too long to be told. */
  range(): Range | null;
  clear(): void;
}

export function byteBounds(order: ByteOrder): Bounds {
  const signed = order === 'signed';
  let min: Buffer | null = null;
  let minStart = 0;
  let minEnd = 0;
  let max: Buffer | null = null;
  let maxStart = 0;
  let maxEnd = 0;

  const compare = (
    a: Buffer,
    startA: number,
    endA: number,
    b: Buffer,
    startB: number,
    endB: number,
  ): number => {
    if (signed) {
      const signs = (a[startA]! ^ 0x80) - (b[startB]! ^ 0x80);
      if (signs !== 0) return signs;
    }
    const shared = Math.min(endA - startA, endB - startB);
    for (let index = 0; index < shared; index++) {
      const difference = a[startA + index]! - b[startB + index]!;
      if (difference !== 0) return difference;
    }
    return endA - startA - (endB - startB);
  };

  return {
    include(buffer, start, end) {
      if (min === null || compare(buffer, start, end, min, minStart, minEnd) < 0) {
        min = buffer;
        minStart = start;
        minEnd = end;
      }
      if (max === null || compare(buffer, start, end, max, maxStart, maxEnd) > 0) {
        max = buffer;
        maxStart = start;
        maxEnd = end;
      }
    },
    range() {
      if (min === null || max === null) return null;
      if (Math.max(minEnd - minStart, maxEnd - maxStart) > MAX_BOUND_BYTES) return null;
      return {
        min: Buffer.from(min.subarray(minStart, minEnd)),
        max: Buffer.from(max.subarray(maxStart, maxEnd)),
      };
    },
    clear() {
      min = null;
      max = null;
    },
  };
}
