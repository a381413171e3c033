/**
 * How many results of a source are being read, counted by several threads together. Each has a cell of its own, which is
 * emptied when the thread has ended: what it read when it died would be counted for ever.
 */
import { TidemarkError } from '../errors.ts';
import type { ReadingCount } from '../lane-ports.ts';

/** More than there can be threads, over all configs that runs still work with. */
const CELLS = 16_384;

/** The count of one source. */
export interface SharedReading {
  /** The memory that they share. */
  readonly memory: SharedArrayBuffer;
  /** The cell of one more thread. */
  take(): number;
  /** Of a thread that has ended. */
  giveBack(cell: number): void;
}

export function newSharedReading(): SharedReading {
  const memory = new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT);
  const cells = new Int32Array(memory);
  const taken = new Set<number>();
  return {
    memory,
    take() {
      let cell = 0;
      while (taken.has(cell)) cell++;
      if (cell === CELLS)
        throw new TidemarkError('INTERNAL', 'More threads read from a source than can be counted.');
      taken.add(cell);
      return cell;
    },
    giveBack(cell) {
      Atomics.store(cells, cell, 0);
      taken.delete(cell);
    },
  };
}

/** @param cell of this thread. */
export function sharedReading(memory: SharedArrayBuffer, cell: number): ReadingCount {
  const cells = new Int32Array(memory);
  return {
    results: () => cells.reduce((sum, _, index) => sum + Atomics.load(cells, index), 0),
    add: (change) => void Atomics.add(cells, cell, change),
  };
}
