/**
 * Dictionaries of values of 32 and 64 bits. Values that lie close together are looked up by their distance from the
 * smallest one; others by hashing.
 */
import type { Bounds } from './fixed-width.ts';

/** More different values than this make a dictionary of their own size. */
const MAX_ENTRIES = 65_536;
/** Distances up to which a table has an entry for every value there could be. */
const MAX_SPREAD = 1 << 19;
const SLOTS = MAX_ENTRIES * 2;
const SLOT_BITS = 17;

/** Position of an entry, counted from 1; 0 is free. Used for one column after the other. */
const bySpread = new Int32Array(MAX_SPREAD);
const byHash = new Int32Array(SLOTS);

export interface IntegerDictionary {
  readonly entries: number;
  /** One lane an entry, or two. */
  readonly lanes: Int32Array;
}

const EVERYTHING: Bounds = { min: -(2 ** 31), max: 2 ** 31 - 1 };

/**
 * @param bounds of the values as signed integers; null: they do not lie close together.
 * @param indices receives the entry of each value.
 * @returns null where more than half of the values would be entries, or too many.
 */
export function dictionary32(
  values: Int32Array,
  count: number,
  bounds: Bounds | null,
  indices: Int32Array,
): IntegerDictionary | null {
  const limit = Math.min(MAX_ENTRIES, count >> 1);
  const lanes = new Int32Array(limit);
  const { min, max } = bounds ?? EVERYTHING;
  const spread = max - min < MAX_SPREAD;
  const table = spread ? bySpread : byHash;
  table.fill(0, 0, spread ? max - min + 1 : SLOTS);
  let entries = 0;
  for (let index = 0; index < count; index++) {
    const value = values[index]!;
    let slot = spread ? value - min : Math.imul(value, 0x9e3779b1) >>> (32 - SLOT_BITS);
    let entry = table[slot]!;
    if (!spread) {
      while (entry !== 0 && lanes[entry - 1] !== value) {
        slot = (slot + 1) & (SLOTS - 1);
        entry = table[slot]!;
      }
    }
    if (entry === 0) {
      if (entries === limit) return null;
      lanes[entries] = value;
      entry = table[slot] = ++entries;
    }
    indices[index] = entry - 1;
  }
  return { entries, lanes: lanes.subarray(0, entries) };
}

/** The same for values of two lanes, the low one first. */
export function dictionary64(
  lanes: Int32Array,
  count: number,
  indices: Int32Array,
): IntegerDictionary | null {
  const limit = Math.min(MAX_ENTRIES, count >> 1);
  const found = new Int32Array(limit * 2);
  const table = byHash;
  table.fill(0);
  let entries = 0;
  for (let index = 0; index < count; index++) {
    const low = lanes[index * 2]!;
    const high = lanes[index * 2 + 1]!;
    let slot =
      Math.imul(Math.imul(low, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b), 0xc2b2ae35) >>> (32 - SLOT_BITS);
    let entry = table[slot]!;
    while (entry !== 0 && (found[entry * 2 - 2] !== low || found[entry * 2 - 1] !== high)) {
      slot = (slot + 1) & (SLOTS - 1);
      entry = table[slot]!;
    }
    if (entry === 0) {
      if (entries === limit) return null;
      found[entries * 2] = low;
      found[entries * 2 + 1] = high;
      entry = table[slot] = ++entries;
    }
    indices[index] = entry - 1;
  }
  return { entries, lanes: found.subarray(0, entries * 2) };
}
