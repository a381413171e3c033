/**
 * How many connections all runs of this process have on a source at the same time.
 *
 * A run needs one connection to read, and now and then a second one beside it for a moment: to ask how busy the server
 * is, whether it still works on a query, or to end one. If both came out of one budget, runs could hold all of it and
 * wait for one another for ever. So one connection of the cap is kept for what is asked aside, by all runs in turn; who
 * has it asks for nothing more, and gives it back within seconds.
 */

/** Gives a place back; a second call does nothing. */
export type GiveBack = () => void;

export interface ConnectionCap {
  readonly max: number;
  /**
   * A connection to read through, first come, first served.
   *
   * @param onWait is called where it does not come at once.
   * @throws the signal's reason.
   */
  reader(signal: AbortSignal, onWait?: () => void): Promise<GiveBack>;
  /** A connection to read through that is free now; null: there is none. */
  freeReader(): GiveBack | null;
  /** The one connection for questions. */
  aside(signal: AbortSignal): Promise<GiveBack>;
}

/** @param max at least 2. */
export function connectionCap(max: number): ConnectionCap {
  const readers = turnstile(max - 1);
  const questions = turnstile(1);
  return { max, reader: readers.enter, freeReader: readers.enterNow, aside: questions.enter };
}

interface Turnstile {
  enter(signal: AbortSignal, onWait?: () => void): Promise<GiveBack>;
  /** Null: somebody else is in, or waits. */
  enterNow(): GiveBack | null;
}

function turnstile(places: number): Turnstile {
  let free = places;
  // In the order of coming; a Set, so that who gives up waiting leaves the middle of the line at no cost.
  const waiting = new Set<() => void>();

  const enter = (): GiveBack => {
    free--;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      free++;
      const [first] = waiting;
      first?.();
    };
  };

  const enterOrWait: Turnstile['enter'] = async (signal, onWait = () => {}) => {
    signal.throwIfAborted();
    if (free > 0) return enter();
    const { promise, resolve, reject } = Promise.withResolvers<GiveBack>();
    const leave = (): void => {
      waiting.delete(called);
      signal.removeEventListener('abort', onAbort);
    };
    const called = (): void => {
      leave();
      resolve(enter());
    };
    const onAbort = (): void => {
      leave();
      reject(signal.reason);
    };
    waiting.add(called);
    signal.addEventListener('abort', onAbort);
    onWait();
    return promise;
  };
  return { enter: enterOrWait, enterNow: () => (free > 0 ? enter() : null) };
}
