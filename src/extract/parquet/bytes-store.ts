/**
 * The byte sequences of a column chunk: each different one once while there are few, all of them one after the other
 * when there are many. Either way in Parquet's PLAIN encoding, so that pages are cut out of it.
 */
import { PAGE_BYTES } from './column.ts';
import type { ColumnValues, Range } from './column.ts';
import { grown } from './grown.ts';

/** A dictionary larger than this, in entries or in bytes, would have to be read whole for too few rows. */
const MAX_ENTRIES = 32_768;
const MAX_BYTES = 1024 * 1024;
const SLOTS = MAX_ENTRIES * 2;
/** Longer values are hashed by their ends. */
const HASHED_BYTES = 64;
/** Readers compare bounds with what is asked for; longer ones only make the footer large. */
const MAX_BOUND_BYTES = 64;
/** Below this length a loop copies faster than the call into native code takes. */
const SHORT_COPY = 64;
const INITIAL_BYTES = 64 * 1024;
/** A buffer that one huge value has made so large is not kept for the next row group. */
const KEPT_BYTES = 96 * 1024 * 1024;

export interface BytesStore {
  /** Copies a value. */
  insert(bytes: Buffer, start: number, end: number): void;
  size(): number;
  values(): ColumnValues;
  clear(): void;
}

/**
 * @param fixed whether all values have one length, which is then not stored.
 * @param order how values compare: as bytes, as big-endian integers; null where no order is defined.
 */
export function bytesStore(fixed: boolean, order: 'unsigned' | 'signed' | null): BytesStore {
  const prefix = fixed ? 0 : 4;
  const slots = new Int32Array(SLOTS);
  let data = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  // Where each entry ends: each different value, or each value once there is no dictionary.
  let ends = new Int32Array(1024);
  let entries = 0;
  let used = 0;
  let indices: Int32Array | null = new Int32Array(1024);
  let kept = indices;
  let count = 0;
  // Of all values in PLAIN encoding.
  let size = 0;

  const startOf = (entry: number): number => (entry === 0 ? 0 : ends[entry - 1]!) + prefix;

  const append = (bytes: Buffer, start: number, end: number): void => {
    const length = end - start;
    const next = used + prefix + length;
    if (next > data.length) data = grown(data, next);
    if (entries === ends.length) ends = grown(ends, entries + 1);
    if (!fixed) {
      data[used] = length;
      data[used + 1] = length >>> 8;
      data[used + 2] = length >>> 16;
      data[used + 3] = length >>> 24;
    }
    if (length < SHORT_COPY) {
      for (let from = start, to = used + prefix; from < end; from++, to++) data[to] = bytes[from]!;
    } else bytes.copy(data, used + prefix, start, end);
    used = next;
    ends[entries++] = next;
  };

  const isEntry = (entry: number, bytes: Buffer, start: number, length: number): boolean => {
    let at = startOf(entry);
    if (ends[entry]! - at !== length) return false;
    if (length > HASHED_BYTES) return data.compare(bytes, start, start + length, at, at + length) === 0;
    for (let index = start; index < start + length; index++) if (data[at++] !== bytes[index]) return false;
    return true;
  };

  /** Too many different values: writes all of them out. */
  const giveUpDictionary = (): void => {
    const old = { data, ends, indices: indices!, count };
    indices = null;
    data = Buffer.allocUnsafeSlow(Math.max(INITIAL_BYTES, size * 2));
    ends = new Int32Array(Math.max(1024, count * 2));
    entries = 0;
    used = 0;
    for (let value = 0; value < old.count; value++) {
      const entry = old.indices[value]!;
      append(old.data, (entry === 0 ? 0 : old.ends[entry - 1]!) + prefix, old.ends[entry]!);
    }
  };

  const insert = (bytes: Buffer, start: number, end: number): void => {
    const length = end - start;
    size += prefix + length;
    if (indices === null) {
      append(bytes, start, end);
      count++;
      return;
    }
    let slot = hash(bytes, start, end) & (SLOTS - 1);
    let position = slots[slot]!;
    while (position !== 0 && !isEntry(position - 1, bytes, start, length)) {
      slot = (slot + 1) & (SLOTS - 1);
      position = slots[slot]!;
    }
    if (position === 0) {
      if (entries === MAX_ENTRIES || used + length > MAX_BYTES) {
        size -= prefix + length;
        giveUpDictionary();
        insert(bytes, start, end);
        return;
      }
      append(bytes, start, end);
      position = slots[slot] = entries;
    }
    if (count === indices.length) kept = indices = grown(indices, count + 1);
    indices[count++] = position - 1;
  };

  let scratch: Buffer = Buffer.alloc(0);
  /** PLAIN values: as they are, or put together from the dictionary. */
  const plainBytes = (from: number, to: number): Uint8Array => {
    if (indices === null) return data.subarray(from === 0 ? 0 : ends[from - 1]!, ends[to - 1]);
    let at = 0;
    for (let value = from; value < to; value++) {
      const entry = indices[value]!;
      const start = startOf(entry) - prefix;
      const end = ends[entry]!;
      if (at + end - start > scratch.length) scratch = grown(scratch, at + end - start);
      at += data.copy(scratch, at, start, end);
    }
    return scratch.subarray(0, at);
  };

  const pageEnd = (from: number): number => {
    let bytes = 0;
    let to = from;
    while (to < count) {
      const entry = indices === null ? to : indices[to]!;
      bytes += ends[entry]! - (startOf(entry) - prefix);
      if (to > from && bytes > PAGE_BYTES) break;
      to++;
    }
    return to;
  };

  const range = (): Range | null => {
    if (order === null || entries === 0) return null;
    const compare = (a: number, b: number): number => {
      const startA = startOf(a);
      const startB = startOf(b);
      if (order === 'signed') {
        const signs = (data[startA]! ^ 0x80) - (data[startB]! ^ 0x80);
        if (signs !== 0) return signs;
      }
      const shared = Math.min(ends[a]! - startA, ends[b]! - startB);
      for (let index = 0; index < shared; index++) {
        const difference = data[startA + index]! - data[startB + index]!;
        if (difference !== 0) return difference;
      }
      return ends[a]! - startA - (ends[b]! - startB);
    };
    let min = 0;
    let max = 0;
    for (let entry = 1; entry < entries; entry++) {
      if (compare(entry, min) < 0) min = entry;
      else if (compare(entry, max) > 0) max = entry;
    }
    const found = [min, max].map((entry) => data.subarray(startOf(entry), ends[entry]));
    return found.some((bound) => bound.length > MAX_BOUND_BYTES)
      ? null
      : { min: Buffer.from(found[0]!), max: Buffer.from(found[1]!) };
  };

  return {
    insert,
    size: () => size,
    values: () => ({
      count,
      plain: { size, pageEnd, bytes: plainBytes },
      dictionary:
        indices === null || count === 0 ? null : { entries, bytes: data.subarray(0, used), indices },
      range: range(),
    }),
    clear(): void {
      slots.fill(0);
      if (data.length > KEPT_BYTES) data = Buffer.allocUnsafeSlow(INITIAL_BYTES);
      if (scratch.length > KEPT_BYTES) scratch = Buffer.alloc(0);
      indices = kept;
      entries = 0;
      used = 0;
      count = 0;
      size = 0;
    },
  };
}

function hash(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  let value = length;
  if (length <= HASHED_BYTES) {
    for (let index = start; index < end; index++) value = Math.imul(value ^ bytes[index]!, 0x01000193);
  } else {
    const part = HASHED_BYTES / 2;
    for (let index = 0; index < part; index++) {
      value = Math.imul(value ^ bytes[start + index]!, 0x01000193);
      value = Math.imul(value ^ bytes[end - 1 - index]!, 0x01000193);
    }
  }
  return value ^ (value >>> 15);
}
