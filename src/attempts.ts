/** Trying a run again, and ending one that takes too long. */
import { setTimeout as sleep } from 'node:timers/promises';
import { retryDelay } from './backoff.ts';
import type { Retries } from './domain/spec.ts';
import type { ErrorCode } from './error-codes.ts';
import { TidemarkError } from './errors.ts';
import type { RunEnd } from './report.ts';

/** They may pass, but not by trying again at once: somebody wants the run to end, or another process runs the task. */
const FINAL: ReadonlySet<string> = new Set<ErrorCode>([
  'INTERRUPTED',
  'ALREADY_RUNNING',
  'ALREADY_DONE',
  'RUN_TIMEOUT',
]);

/**
 * Makes attempts until one succeeds, fails for good, or is the last.
 *
 * @param attempt makes one, given its number; never rejects.
 * @param first number of the first; of a run that is led on, others have been made before.
 * @param onRetry hears of a failed attempt after which there is another.
 * @returns the end of the last attempt.
 */
export async function withRetries(
  retries: Retries,
  attempt: (number: number) => Promise<RunEnd>,
  onRetry: (failed: TidemarkError, number: number, delayMs: number) => void,
  signal: AbortSignal,
  first = 1,
): Promise<RunEnd> {
  for (let number = first; ; number++) {
    const end = await attempt(number);
    const { error } = end;
    if (error === null || !error.retryable || FINAL.has(error.code)) return end;
    if (number > retries.count) return end;
    const delay = retryDelay(number, retries, Math.random());
    onRetry(error, number, delay);
    try {
      await sleep(delay, undefined, { signal });
    } catch {
      // Told to stop while it waited: the next attempt says so, having done nothing.
    }
  }
}

/**
 * A signal that also fires when a run has taken too long.
 *
 * @param timeout longest duration in milliseconds; null: none.
 * @param deadline when that is over; left out: so long from now.
 */
export function withTimeout(
  signal: AbortSignal,
  timeout: number | null,
  deadline: Date | null = null,
): { readonly signal: AbortSignal; release(): void } {
  if (timeout === null) return { signal, release: () => {} };
  const late = new AbortController();
  const left = deadline === null ? timeout : Math.max(0, deadline.getTime() - Date.now());
  const timer = setTimeout(() => late.abort(tooLate(timeout)), left);
  return { signal: AbortSignal.any([signal, late.signal]), release: () => clearTimeout(timer) };
}

function tooLate(timeout: number): TidemarkError {
  return new TidemarkError(
    'RUN_TIMEOUT',
    `The run took longer than its timeout of ${timeout / 1000} s, all its attempts together.`,
  );
}
