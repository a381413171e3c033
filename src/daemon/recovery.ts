/** Recovery at the daemon's start, and from time to time: a bucket that was out of reach comes back some day. */

const EVERY_MS = 5 * 60_000;

/**
 * Begins at once. Nobody waits for it: a bucket out of reach must not keep the other tasks from running.
 *
 * @param recover never rejects.
 * @returns stops it. What is under way is left to itself: the journal knows all that is not done.
 */
export function startRecovery(recover: (signal: AbortSignal) => Promise<void>): () => void {
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | null = null;
  const round = async (): Promise<void> => {
    await recover(stopped.signal);
    if (!stopped.signal.aborted) timer = setTimeout(() => void round(), EVERY_MS);
  };
  void round();
  return () => {
    stopped.abort();
    if (timer !== null) clearTimeout(timer);
  };
}
