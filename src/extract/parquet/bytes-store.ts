/**
 * The byte sequences of a column chunk: each different one once while there are few, all of them one after the other
 * when there are many. Either way in Parquet's PLAIN encoding.
 */
import { byteBounds } from './byte-order.ts';
import type { ByteOrder } from './byte-order.ts';
import { PAGE_BYTES } from './column.ts';
import type { ColumnValues } from './column.ts';
import { grown } from './grown.ts';
import { plainPages } from './plain-pages.ts';

/** A dictionary larger than this, in entries or in bytes, would have to be read whole for too few rows. */
const MAX_ENTRIES = 32_768;
const MAX_BYTES = 1024 * 1024;
/** What a store begins with: most files are small, and a thread encodes many of them one after the other. */
const FIRST_BYTES = 16 * 1024;
const FIRST_ENTRIES = 1024;
/** Longer values are hashed by their ends. */
const HASHED_BYTES = 64;

export interface BytesStore {
  /** Adds a value that the dictionary has already; false where it has not. */
  insertKnown(bytes: Buffer, start: number, end: number): boolean;
  /** Copies a value. */
  insert(bytes: Buffer, start: number, end: number): void;
  size(): number;
  values(): ColumnValues;
  clear(): void;
}

/**
 * @param fixed whether all values have one length, which is then not stored.
 * @param order how values compare; null where no order is defined.
 */
export function bytesStore(fixed: boolean, order: ByteOrder | null): BytesStore {
  const prefix = fixed ? 0 : 4;
  const pages = plainPages(prefix);
  const bounds = order === null ? null : byteBounds(order);
  // The entries of the dictionary, and the place of each by its hash, counted from 1; 0 is free.
  let data: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  let ends = new Int32Array(FIRST_ENTRIES);
  let slots = new Int32Array(FIRST_ENTRIES * 2);
  let entries = 0;
  let used = 0;
  let indices = new Int32Array(1024);
  let hasDictionary = true;
  let count = 0;
  // Of all values in PLAIN encoding.
  let size = 0;

  const startOf = (entry: number): number => (entry === 0 ? 0 : ends[entry - 1]!) + prefix;

  const isEntry = (entry: number, bytes: Buffer, start: number, length: number): boolean => {
    let at = startOf(entry);
    if (ends[entry]! - at !== length) return false;
    if (length > HASHED_BYTES) return data.compare(bytes, start, start + length, at, at + length) === 0;
    for (let index = start; index < start + length; index++) if (data[at++] !== bytes[index]) return false;
    return true;
  };

  /** Twice the slots: half of them stay free. */
  const spread = (): void => {
    slots = new Int32Array(slots.length * 2);
    for (let entry = 0; entry < entries; entry++) {
      let free = hash(data, startOf(entry), ends[entry]!) & (slots.length - 1);
      while (slots[free] !== 0) free = (free + 1) & (slots.length - 1);
      slots[free] = entry + 1;
    }
  };

  /** @param slot that was found free for it. */
  const addEntry = (bytes: Buffer, start: number, end: number, slot: number): void => {
    data = grown(data, used + prefix + end - start);
    ends = grown(ends, entries + 1);
    if (!fixed) data.writeUInt32LE(end - start, used);
    used += prefix;
    used += bytes.copy(data, used, start, end);
    ends[entries++] = used;
    slots[slot] = entries;
    if (entries * 2 > slots.length) spread();
  };

  const addPlain = (bytes: Buffer, start: number, end: number): void => {
    const page = pages.append(bytes, start, end);
    bounds?.include(page.buffer, page.used - (end - start), page.used);
  };

  /** Too many different values: writes all of them out. */
  const giveUpDictionary = (): void => {
    hasDictionary = false;
    for (let value = 0; value < count; value++) {
      const entry = indices[value]!;
      addPlain(data, startOf(entry), ends[entry]!);
    }
  };

  const add = (entry: number, bytes: number): void => {
    if (count === indices.length) indices = grown(indices, count + 1);
    indices[count++] = entry;
    size += prefix + bytes;
  };

  // Where the value that was looked for last belongs.
  let slot = 0;
  const insertKnown = (bytes: Buffer, start: number, end: number): boolean => {
    if (!hasDictionary) return false;
    const length = end - start;
    const mask = slots.length - 1;
    slot = hash(bytes, start, end) & mask;
    let position = slots[slot]!;
    while (position !== 0 && !isEntry(position - 1, bytes, start, length)) {
      slot = (slot + 1) & mask;
      position = slots[slot]!;
    }
    if (position === 0) return false;
    add(position - 1, length);
    return true;
  };

  const insert = (bytes: Buffer, start: number, end: number): void => {
    if (insertKnown(bytes, start, end)) return;
    const length = end - start;
    if (hasDictionary && entries < MAX_ENTRIES && used + prefix + length <= MAX_BYTES) {
      addEntry(bytes, start, end, slot);
      add(entries - 1, length);
      return;
    }
    if (hasDictionary) giveUpDictionary();
    addPlain(bytes, start, end);
    size += prefix + length;
    count++;
  };

  let scratch: Buffer = Buffer.alloc(0);
  /** PLAIN values put together from the dictionary. */
  const fromDictionary = (from: number, to: number): Uint8Array => {
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
  const dictionaryPageEnd = (from: number): number => {
    let bytes = 0;
    let to = from;
    for (; to < count; to++) {
      const entry = indices[to]!;
      bytes += ends[entry]! - startOf(entry) + prefix;
      if (to > from && bytes > PAGE_BYTES) break;
    }
    return to;
  };

  return {
    insertKnown,
    insert,
    size: () => size,
    values(): ColumnValues {
      if (hasDictionary && bounds !== null)
        for (let entry = 0; entry < entries; entry++) bounds.include(data, startOf(entry), ends[entry]!);
      return {
        count,
        plain: hasDictionary
          ? { size, pageEnd: dictionaryPageEnd, bytes: fromDictionary }
          : { size, pageEnd: pages.pageEnd, bytes: pages.page },
        dictionary: hasDictionary && count > 0 ? { entries, bytes: data.subarray(0, used), indices } : null,
        range: bounds?.range() ?? null,
      };
    },
    clear(): void {
      slots.fill(0);
      pages.clear();
      bounds?.clear();
      hasDictionary = true;
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
