/**
 * How many jobs are done at once, over all runs of the process: as many as the memory is meant for. Whoever has the
 * fewest gets the next, so that a run of a hundred batches does not keep one of a single batch waiting.
 */

/** Gives a slot back; a second call does nothing. */
export type GiveBack = () => void;

export interface Slots {
  /**
   * @param run whose job it is.
   * @throws the signal's reason.
   */
  take(run: string, signal: AbortSignal): Promise<GiveBack>;
}

interface Waiting {
  readonly run: string;
  call(): void;
}

export function fairSlots(count: number): Slots {
  let free = count;
  const held = new Map<string, number>();
  // In the order of coming.
  const waiting = new Set<Waiting>();

  const enter = (run: string): GiveBack => {
    free--;
    held.set(run, (held.get(run) ?? 0) + 1);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      free++;
      const left = held.get(run)! - 1;
      if (left === 0) held.delete(run);
      else held.set(run, left);
      next()?.call();
    };
  };
  /** Of those who hold the fewest, who came first. */
  const next = (): Waiting | null => {
    let best: Waiting | null = null;
    for (const one of waiting)
      if (best === null || (held.get(one.run) ?? 0) < (held.get(best.run) ?? 0)) best = one;
    return best;
  };

  return {
    async take(run, signal) {
      signal.throwIfAborted();
      if (free > 0) return enter(run);
      const { promise, resolve, reject } = Promise.withResolvers<GiveBack>();
      const leave = (): void => {
        waiting.delete(one);
        signal.removeEventListener('abort', onAbort);
      };
      const one: Waiting = {
        run,
        call() {
          leave();
          resolve(enter(run));
        },
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason);
      };
      waiting.add(one);
      signal.addEventListener('abort', onAbort);
      return promise;
    },
  };
}
