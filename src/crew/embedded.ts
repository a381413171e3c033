/** Crews whose lanes are all in this process, in its threads. */
import type { CrewRequest, Crews, Lane, Lanes } from '../lane-ports.ts';
import type { Source } from '../ports.ts';
import { agree, AGREE_DEFAULTS } from './agree.ts';
import { crewOf } from './crew.ts';
import type { GiveBack, Slots } from './slots.ts';

export interface EmbeddedPorts {
  readonly lanes: Lanes;
  readonly slots: Slots;
  /** Parts that a lane may have on their way, of a sink. */
  partsAtOnce(sink: string): number;
  source(name: string): Source;
  /** Places for connections to a source: waits for the first, and takes of the others what is free. */
  places(
    source: string,
    count: number,
    onWait: CrewRequest['onWait'],
    signal: AbortSignal,
  ): Promise<readonly GiveBack[]>;
  /** See Crews. */
  readonly sparesOne: boolean;
}

export function embeddedCrews(ports: EmbeddedPorts): Crews {
  return {
    sparesOne: ports.sparesOne,
    async assemble(request, signal) {
      const { setup, onWait } = request;
      const places = await ports.places(setup.source, request.lanes, onWait, signal);
      const giveBack = (): void => {
        for (const place of places) place();
      };
      try {
        const lanes = await ports.lanes.open(laneSetup(ports, request, places.length), places.length, signal);
        return await agreed(ports, request, lanes, giveBack, signal);
      } catch (error) {
        giveBack();
        throw error;
      }
    },
  };
}

/** Limits of the run hold for all lanes together. */
function laneSetup(
  { partsAtOnce }: EmbeddedPorts,
  { setup }: CrewRequest,
  lanes: number,
): Parameters<Lanes['open']>[0] {
  const { bytesPerSecond } = setup.pace;
  const pace = { ...setup.pace, bytesPerSecond: bytesPerSecond === null ? null : bytesPerSecond / lanes };
  return { ...setup, pace, partsAtOnce: partsAtOnce(setup.sink) };
}

async function agreed(
  ports: EmbeddedPorts,
  { setup, consistency, tables, server }: CrewRequest,
  lanes: readonly Lane[],
  giveBack: () => void,
  signal: AbortSignal,
) {
  const referee = ports.source(setup.source).referee(tables);
  try {
    const agreement = await agree(lanes, referee, consistency, { ...AGREE_DEFAULTS, server }, signal);
    const crew = crewOf(lanes, agreement, setup.runId, ports.slots);
    return { ...crew, close: () => crew.close().finally(giveBack) };
  } catch (error) {
    await Promise.allSettled(lanes.map((lane) => lane.close()));
    throw error;
  } finally {
    await referee.close();
  }
}
