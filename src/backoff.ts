/** How long to wait before trying again: runs that failed, and mails that could not be sent. Pure. */

export interface Backoff {
  /** After the first attempt; doubled with each one after it. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/**
 * Milliseconds until the next attempt: between one half and the whole of the step, so that those who failed together do
 * not come back together.
 *
 * https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
 *
 * @param attempts made so far, from 1.
 * @param random from 0 to 1.
 */
export function retryDelay(attempts: number, { firstDelayMs, maxDelayMs }: Backoff, random: number): number {
  const step = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(attempts - 1, 40));
  return Math.round(step * (0.5 + random / 2));
}
