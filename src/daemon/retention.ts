/** Retention in the daemon: what is old is removed at its start and then once a day. */
import { asTidemarkError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { repeat } from './repeat.ts';

const EVERY_MS = 86_400_000;

/**
 * Begins at once. Nobody waits for it: it works in small steps, between which others come first. What fails is tried
 * again the next day: a few too many do no harm.
 *
 * @param what is removed, in the plural.
 * @returns stops it, and settles when the step under way is done.
 */
export function startRetention(
  what: string,
  prune: (signal: AbortSignal) => Promise<void>,
  log: Log,
): () => Promise<void> {
  const round = (signal: AbortSignal): Promise<void> =>
    prune(signal).catch((thrown: unknown) => {
      const error = asTidemarkError(thrown);
      log.warn(`old ${what} could not be removed`, { code: error.code, error });
    });
  return repeat(round, EVERY_MS);
}
