/** Into how many ranges a table is cut. */
import type { Estimate } from '../../domain/plan.ts';

/** Of the threshold of a batch: estimates may be low, and a range that outgrows it becomes one object more. */
const FILLED = 0.7;
/** Below it, a connection costs more than it gains. */
export const LEAST_RANGE_BYTES = 8_000_000;
/** Beyond it, ranges become larger, and several objects each. */
const MOST_RANGES = 10_000;
/** With more ranges than this for each connection, none of them waits long for the last one. */
const MANY_FOR_EACH = 4;

/**
 * A table above the threshold of a batch is cut into ranges that seldom outgrow it; one below it only where all
 * connections have enough to do. Few ranges are as many as the connections, or twice or three times as many, so that
 * all end at about the same time.
 *
 * @returns 1: not worth it, or not known to be.
 */
export function rangeCount({ bytes }: Estimate, thresholdBytes: number, parallelism: number): number {
  if (bytes === null) return 1;
  const forThreshold = bytes > thresholdBytes ? Math.ceil(bytes / (FILLED * thresholdBytes)) : 1;
  const forAll = Math.min(parallelism, Math.floor(bytes / LEAST_RANGE_BYTES));
  const least = Math.min(MOST_RANGES, Math.max(forThreshold, forAll, 1));
  if (least < 2 || least < parallelism || least >= MANY_FOR_EACH * parallelism) return least;
  return Math.ceil(least / parallelism) * parallelism;
}
