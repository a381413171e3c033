/** The connection of a source that is kept for questions, as a thread asks the main one for it. */
import type { MainSide } from './protocol.ts';

type GiveBack = () => void;

/**
 * @returns asks for it: see ConnectionCap. Who stops waiting is not kept; a place that comes all the same goes back at once.
 */
export function asidePlaces(
  main: {
    takeAside: MainSide['takeAside'];
    giveAside: { asEvent(place: number): unknown };
  },
  source: string,
): (signal: AbortSignal) => Promise<GiveBack> {
  return async (signal) => {
    signal.throwIfAborted();
    const taken = main.takeAside(source).then((place) => () => void main.giveAside.asEvent(place));
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    try {
      return await Promise.race([taken, givenUp]);
    } catch (error) {
      taken.then(
        (giveBack) => giveBack(),
        () => {},
      );
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };
}
