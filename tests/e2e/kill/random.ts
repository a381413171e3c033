/** Chance that can be repeated: the same seed gives the same choices. */

export interface Chance {
  /** From 0 to 1, 1 excluded. */
  fraction(): number;
  /** A whole number from 0 to `end`, `end` excluded. */
  below(end: number): number;
  pick<T>(from: readonly [T, ...T[]]): T;
}

/** Mulberry32. */
export function chanceFrom(seed: number): Chance {
  let state = seed;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number): number => Math.floor(fraction() * end);
  return { fraction, below, pick: (from) => from[below(from.length)]! };
}
