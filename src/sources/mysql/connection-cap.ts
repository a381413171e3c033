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
  /** Infinity: there is no limit. */
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

/** One that all runs of the process are under. */
export interface SharedCap extends ConnectionCap {
  /** Counts a connection to read through that is there already, also where it is one too many. */
  countReader(): GiveBack;
}

/** One that can change while it is in force. */
export interface ChangingCap extends SharedCap {
  /** Another maximum from now on; null: none. Who has a connection keeps it, also where that is one too many. */
  limit(most: number | null): void;
}

/** @param most at least 2; null: as many as are asked for, which are counted all the same. */
export function connectionCap(most: number | null): ChangingCap {
  let max = most ?? Infinity;
  const readers = turnstile(max - 1);
  const questions = turnstile(asideOf(max));
  return {
    get max() {
      return max;
    },
    limit(next) {
      max = next ?? Infinity;
      readers.resize(max - 1);
      questions.resize(asideOf(max));
    },
    reader: readers.enter,
    freeReader: readers.enterNow,
    countReader: readers.enterAnyway,
    aside: questions.enter,
  };
}

function asideOf(max: number): number {
  return max === Infinity ? Infinity : 1;
}

interface Turnstile {
  enter(signal: AbortSignal, onWait?: () => void): Promise<GiveBack>;
  /** Null: somebody else is in, or waits. */
  enterNow(): GiveBack | null;
  enterAnyway(): GiveBack;
  resize(places: number): void;
}

function turnstile(places: number): Turnstile {
  let inside = 0;
  let most = places;
  // In the order of coming; a Set, so that who gives up waiting leaves the middle of the line at no cost.
  const waiting = new Set<() => void>();

  const enter = (): GiveBack => {
    inside++;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      inside--;
      callNext();
    };
  };
  const callNext = (): void => {
    const [first] = waiting;
    if (inside < most) first?.();
  };

  const enterOrWait: Turnstile['enter'] = async (signal, onWait = () => {}) => {
    signal.throwIfAborted();
    if (inside < most) return enter();
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
  const resize = (next: number): void => {
    most = next;
    for (let turns = waiting.size; turns > 0; turns--) callNext();
  };
  return {
    enter: enterOrWait,
    enterNow: () => (inside < most ? enter() : null),
    enterAnyway: enter,
    resize,
  };
}
