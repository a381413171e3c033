/**
 * How fast bytes may come: a bucket into which they drip evenly. What comes is taken out, also where that leaves a debt,
 * because it has come already; while there is a debt, nothing more should. Pure.
 *
 * https://en.wikipedia.org/wiki/Token_bucket
 */

/** So much of a second can be saved up while nobody reads. More would be a burst, which is what is to be avoided. */
const SAVED_S = 0.1;

export interface TokenBucket {
  readonly bytesPerMs: number;
  /** Bytes that may come at once; below 0: a debt. As of `at`. */
  readonly level: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly at: number;
}

export function fullBucket(bytesPerSecond: number, now: number): TokenBucket {
  return { bytesPerMs: bytesPerSecond / 1000, level: bytesPerSecond * SAVED_S, at: now };
}

/** Bytes have come. */
export function take({ bytesPerMs, level, at }: TokenBucket, bytes: number, now: number): TokenBucket {
  const dripped = Math.max(0, now - at) * bytesPerMs;
  const full = bytesPerMs * 1000 * SAVED_S;
  return { bytesPerMs, level: Math.min(full, level + dripped) - bytes, at: Math.max(at, now) };
}

/** Milliseconds until the debt is paid; 0: there is none. */
export function debtMs({ bytesPerMs, level, at }: TokenBucket, now: number): number {
  return Math.max(0, -level / bytesPerMs - Math.max(0, now - at));
}
