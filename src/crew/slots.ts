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

/** Slots whose number can change while they are in use. */
export interface ChangingSlots extends Slots {
  /** As many from now on. Who has some keeps them, also where that is too many. */
  resize(count: number): void;
}

interface Waiting {
  readonly run: string;
  readonly wanted: number;
  call(): void;
}

export function fairSlots(count: number): ChangingSlots {
  let most = count;
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
  const neededOf = (wanted: number): number => Math.min(wanted, most);
  /** Nobody overtakes who needs more than is free yet: others would always be quicker. */
  const callNext = (): void => {
    for (let one = next(); one !== null && neededOf(one.wanted) <= free; one = next()) one.call();
  };
  /** Of those who hold the fewest, who came first. */
  const next = (): Waiting | null => {
    let best: Waiting | null = null;
    for (const one of waiting)
      if (best === null || (held.get(one.run) ?? 0) < (held.get(best.run) ?? 0)) best = one;
    return best;
  };

  return {
    get count() {
      return most;
    },
    resize(to) {
      free += to - most;
      most = to;
      callNext();
    },
    async take(run, wanted, signal) {
      signal.throwIfAborted();
      if (waiting.size === 0 && neededOf(wanted) <= free) return enter(run, neededOf(wanted));
      const { promise, resolve, reject } = Promise.withResolvers<GiveBack>();
      const leave = (): void => {
        waiting.delete(one);
        signal.removeEventListener('abort', onAbort);
      };
      const one: Waiting = {
        run,
        wanted,
        call() {
          leave();
          resolve(enter(run, neededOf(wanted)));
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
