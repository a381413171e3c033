/**
 * The memory of reading, divided before it is used. What a lane takes is known beforehand, whatever it reads: buffers for
 * the parts on their way and the one being filled, and a fixed amount for all else: rows under way, blocks being
 * compressed. Huge values come on top: no limit keeps a row from being as large as it is.
 */
import type { OutputOptions } from '../domain/spec.ts';

/** Of a lane that writes text, besides its parts: what was measured, rounded up. */
const LANE_BYTES = 48 * 1024 * 1024;
const MEGABYTE = 1024 * 1024;

/**
 * Slots that a batch takes. One of Parquet has rows on their way to the thread that encodes them, the columns of a row
 * group, and their pages besides: twice as much, as was measured (`npm run bench -- --parallel`).
 */
export function slotsFor({ format }: Pick<OutputOptions, 'format'>): number {
  return format === 'parquet' ? 2 : 1;
}

/** How a sink's parts are sent. */
export interface PartDemand {
  readonly partBytes: number;
  /** Parts on their way at once. */
  readonly concurrency: number;
}

export interface Budget {
  /** Of all batches that are read at once, over all runs: see `slotsFor`. */
  readonly slots: number;
  /** Parts that a lane may have on their way, by sink; never more than the sink says. */
  partsAtOnce(sink: PartDemand): number;
}

/**
 * @param limitMb of all lanes together, 1,048,576 bytes each.
 * @param sinks that lanes may write to.
 * @param wanted slots: to have as many, lanes get fewer parts at once, down to one; beyond that there are fewer slots.
 */
export function memoryBudget(limitMb: number, sinks: readonly PartDemand[], wanted: number): Budget {
  const limit = limitMb * MEGABYTE;
  const most = Math.max(1, ...sinks.map(({ concurrency }) => concurrency));
  const laneBytes = (parts: number): number =>
    LANE_BYTES +
    Math.max(0, ...sinks.map(({ partBytes, concurrency }) => (Math.min(parts, concurrency) + 1) * partBytes));
  let parts = most;
  while (parts > 1 && wanted * laneBytes(parts) > limit) parts--;
  return {
    slots: Math.max(1, Math.floor(limit / laneBytes(parts))),
    partsAtOnce: ({ concurrency }) => Math.min(parts, concurrency),
  };
}
