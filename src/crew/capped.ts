/** Crews whose connections have places under the cap of their source, wherever their lanes are. */
import type { Crew, CrewRequest, Crews, LeftRuns } from '../lane-ports.ts';
import type { GiveBack } from './slots.ts';

/** Places for connections to a source: waits for the first, and takes of the others what is free. */
export type Places = (
  source: string,
  count: number,
  onWait: CrewRequest['onWait'],
  signal: AbortSignal,
) => Promise<readonly GiveBack[]>;

/** A crew has as many lanes as there are places for it; it gives them back when it is closed. */
export function cappedCrews<C extends Crews>(crews: C, places: Places): C {
  return {
    ...crews,
    async assemble(request: CrewRequest, signal: AbortSignal) {
      const taken = await places(request.setup.source, request.lanes, request.onWait, signal);
      try {
        return inPlaces(await crews.assemble({ ...request, lanes: taken.length }, signal), taken);
      } catch (error) {
        for (const giveBack of taken) giveBack();
        throw error;
      }
    },
  };
}

/** The lanes of a run that is led on are there already: they are counted, also where they are too many, until it ends. */
export function countedLeft<L extends LeftRuns>(left: L, count: (source: string) => GiveBack): L {
  return {
    ...left,
    async leadOn(run, signal) {
      const crew = await left.leadOn(run, signal);
      if (crew === null) return null;
      return inPlaces(
        crew,
        Array.from({ length: crew.lanes }, () => count(run.source)),
      );
    },
  } satisfies L;
}

/** The crew gives its places back when it is closed. */
function inPlaces<C extends Crew>(crew: C, places: readonly GiveBack[]): C {
  const giveBack = (): void => {
    for (const place of places) place();
  };
  return { ...crew, close: () => crew.close().finally(giveBack) };
}
