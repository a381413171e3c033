/** How many results of a source are being read, counted by several threads together. */
import type { ReadingCount } from '../lane-ports.ts';

/** The memory that they share. */
export function newSharedReading(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

export function sharedReading(memory: SharedArrayBuffer): ReadingCount {
  const count = new Int32Array(memory);
  return {
    results: () => Atomics.load(count, 0),
    add: (change) => void Atomics.add(count, 0, change),
  };
}
