/** When a mail that could not be sent is tried again. Pure. */

export interface Backoff {
  /** After the first attempt; doubled with each one after it. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Milliseconds until the next attempt: between one half and the whole of the step, so that many installations on one
 * mail server do not come at the same moment.
 *
 * @param attempts made so far, from 1.
 * @param random from 0 to 1.
 */
export function retryDelay(attempts: number, { firstMs, maxMs }: Backoff, random: number): number {
  const step = Math.min(maxMs, firstMs * 2 ** Math.min(attempts - 1, 30));
  return Math.round(step * (0.5 + random / 2));
}
