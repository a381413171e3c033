/** Doing something again and again, each time so long after it has ended. */

/**
 * Begins at once; nobody waits for it.
 *
 * @param act never rejects; its signal says that it is to stop.
 * @returns stops it, and settles when what is under way has ended.
 */
export function repeat(act: (signal: AbortSignal) => Promise<void>, everyMs: number): () => Promise<void> {
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const round = async (): Promise<void> => {
    await act(stopped.signal);
    if (!stopped.signal.aborted) timer = setTimeout(begin, everyMs);
  };
  let working: Promise<void>;
  const begin = (): void => void (working = round());
  begin();
  return () => {
    stopped.abort();
    clearTimeout(timer);
    return working;
  };
}
