/**
 * Which row a module is at work on, in memory that both threads see: a module that says nothing any more, because it
 * never returns, has taken all memory or has ended its thread, still has its row named.
 */
import { readRow, type Cell } from '../extract/row-packet.ts';
import { CHUNK_BYTES } from './frames.ts';
import type { TransformJob } from './messages.ts';
import { rowNamer } from './row-name.ts';

export interface Whereabouts {
  /** What the other thread is given. */
  readonly memory: SharedArrayBuffer;
  /** The rows to come are in this batch. */
  enter(batch: Buffer, length: number): void;
  /** The module gets this row, or the rows from it to another: where each begins in the batch, and its number from 1. */
  at(start: number, number: number, lastStart?: number, lastNumber?: number): void;
  /** `the row id=5 (row 3)`, or from which to which; null: no row has been reached. */
  name(): string | null;
}

/** An integer that is odd while something is being written. */
const VERSION = 0;
/** Numbers, by their place; rows are more than an integer of 32 bits can count. */
const HAS_BATCH = 0;
const FIRST_START = 1;
const FIRST = 2;
const LAST_START = 3;
const LAST = 4;
const NUMBERS_AT = 8;
const BATCH_AT = NUMBERS_AT + 5 * Float64Array.BYTES_PER_ELEMENT;
/** A look at what the other thread is writing is repeated so often. */
const LOOKS = 1000;

/** @param memory of the other thread's whereabouts; by default, new. */
export function whereabouts(
  { input, key }: Pick<TransformJob, 'input' | 'key'>,
  memory = new SharedArrayBuffer(BATCH_AT + CHUNK_BYTES),
): Whereabouts {
  const version = new Int32Array(memory, 0, 1);
  const numbers = new Float64Array(memory, NUMBERS_AT, 5);
  const rows = Buffer.from(memory, BATCH_AT);
  const rowName = rowNamer(input, key);

  const rowAt = (start: number, number: number): string => {
    const cells: readonly Cell[] | null =
      numbers[HAS_BATCH] === 1 ? readRow(rows, start, input.length) : null;
    return rowName(cells, number);
  };
  const nameNow = (): string | null => {
    const first = numbers[FIRST]!;
    const last = numbers[LAST]!;
    if (first === 0) return null;
    const from = rowAt(numbers[FIRST_START]!, first);
    return first === last ? from : `the batch from ${from} to ${rowAt(numbers[LAST_START]!, last)}`;
  };
  return {
    memory,
    enter(batch, length) {
      Atomics.add(version, VERSION, 1);
      // Only one row alone can be larger: its number has to do.
      const fits = length <= rows.length;
      if (fits) batch.copy(rows, 0, 0, length);
      numbers[HAS_BATCH] = fits ? 1 : 0;
      numbers[FIRST] = 0;
      Atomics.add(version, VERSION, 1);
    },
    at(start, number, lastStart = start, lastNumber = number) {
      Atomics.add(version, VERSION, 1);
      numbers[FIRST_START] = start;
      numbers[FIRST] = number;
      numbers[LAST_START] = lastStart;
      numbers[LAST] = lastNumber;
      Atomics.add(version, VERSION, 1);
    },
    name() {
      for (let look = 0; look < LOOKS; look++) {
        const before = Atomics.load(version, VERSION);
        if (before % 2 !== 0) continue;
        let name: string | null = null;
        try {
          name = nameNow();
        } catch {
          // Half of one batch and half of the next: the version has changed.
        }
        if (Atomics.load(version, VERSION) === before) return name;
      }
      return null;
    },
  };
}
