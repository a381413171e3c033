/** Retention in the daemon: old runs are removed at its start and then once a day. */
import { asTidemarkError } from '../errors.ts';
import type { Log } from '../ports.ts';

const EVERY_MS = 86_400_000;

/**
 * Begins at once. Nobody waits for it: it works in small steps, between which others come first. What fails is tried
 * again the next day: too many old runs do no harm.
 *
 * @returns stops it, and settles when the step under way is done.
 */
export function startRetention(prune: (signal: AbortSignal) => Promise<void>, log: Log): () => Promise<void> {
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | null = null;
  const round = async (): Promise<void> => {
    await prune(stopped.signal).catch((thrown: unknown) => {
      const error = asTidemarkError(thrown);
      log.warn('old runs could not be removed', { code: error.code, error });
    });
    if (!stopped.signal.aborted) timer = setTimeout(begin, EVERY_MS);
  };
  let working: Promise<void>;
  const begin = (): void => void (working = round());
  begin();
  return async () => {
    stopped.abort();
    if (timer !== null) clearTimeout(timer);
    await working;
  };
}
