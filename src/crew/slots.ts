/**
 * How many jobs are done at once, over all runs of the process: as many as the memory is meant for. Whoever has the
 * fewest slots gets the next, so that a run of a hundred batches does not keep one of a single batch waiting.
 */

/** Gives a slot back; a second call does nothing. */
export type GiveBack = () => void;

export interface Slots {
  /** How many there are. */
  readonly count: number;
  /**
   * @param run whose job it is.
   * @param wanted slots that it needs; of those that need more than there are, one has all of them.
   * @throws the signal's reason.
   */
  take(run: string, wanted: number, signal: AbortSignal): Promise<GiveBack>;
}

interface Waiting {
  readonly run: string;
  readonly needed: number;
  call(): void;
}

export function fairSlots(count: number): Slots {
  let free = count;
  const held = new Map<string, number>();
  // In the order of coming.
  const waiting = new Set<Waiting>();

  const enter = (run: string, needed: number): GiveBack => {
    free -= needed;
    held.set(run, (held.get(run) ?? 0) + needed);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      free += needed;
      const left = held.get(run)! - needed;
      if (left === 0) held.delete(run);
      else held.set(run, left);
      callNext();
    };
  };
  /** Nobody overtakes who needs more than is free yet: others would always be quicker. */
  const callNext = (): void => {
    for (let one = next(); one !== null && one.needed <= free; one = next()) one.call();
  };
  /** Of those who hold the fewest, who came first. */
  const next = (): Waiting | null => {
    let best: Waiting | null = null;
    for (const one of waiting)
      if (best === null || (held.get(one.run) ?? 0) < (held.get(best.run) ?? 0)) best = one;
    return best;
  };

  return {
    count,
    async take(run, wanted, signal) {
      signal.throwIfAborted();
      const needed = Math.min(wanted, count);
      if (waiting.size === 0 && needed <= free) return enter(run, needed);
      const { promise, resolve, reject } = Promise.withResolvers<GiveBack>();
      const leave = (): void => {
        waiting.delete(one);
        signal.removeEventListener('abort', onAbort);
      };
      const one: Waiting = {
        run,
        needed,
        call() {
          leave();
          resolve(enter(run, needed));
        },
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason);
        // Those behind may need less.
        callNext();
      };
      waiting.add(one);
      signal.addEventListener('abort', onAbort);
      // Whoever comes may go before those who wait for more than is free.
      callNext();
      return promise;
    },
  };
}
