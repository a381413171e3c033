/** Whole numbers between two whole numbers of any size: all that is cut into ranges comes down to them. */

/** Fractions are counted in so many parts, so that they can be taken of whole numbers of any size. */
const PARTS = 1_000_000n;

/** @returns numbers greater than `low` and not greater than `high`, ascending. */
export function countsBetween(low: bigint, high: bigint, fractions: readonly number[]): bigint[] {
  const counts: bigint[] = [];
  let last = low;
  for (const fraction of fractions) {
    const share = BigInt(Math.round(fraction * Number(PARTS)));
    const count = low + ((high - low) * share) / PARTS;
    if (count <= last || count > high) continue;
    counts.push(count);
    last = count;
  }
  return counts;
}
