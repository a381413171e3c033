/** Crews whose lanes are all in this process, in its threads. */
import type { CrewRequest, Crews, Lane, Lanes } from '../lane-ports.ts';
import type { Source } from '../ports.ts';
import { agree, AGREE_DEFAULTS } from './agree.ts';
import { slotsFor } from './budget.ts';
import { crewOf } from './crew.ts';
import type { Slots } from './slots.ts';

export interface EmbeddedPorts {
  readonly lanes: Lanes;
  readonly slots: Slots;
  /** Parts that a lane may have on their way, of a sink. */
  partsAtOnce(sink: string): number;
  source(name: string): Source;
  /** See Crews. */
  readonly sparesOne: boolean;
}

export function embeddedCrews(ports: EmbeddedPorts): Crews {
  return {
    sparesOne: ports.sparesOne,
    async assemble(request, signal) {
      const lanes = await ports.lanes.open(laneSetup(ports, request), request.lanes, signal);
      return agreed(ports, request, lanes, signal);
    },
  };
}

/** Limits of the run hold for all lanes together. */
function laneSetup(
  { partsAtOnce }: EmbeddedPorts,
  { setup, lanes }: CrewRequest,
): Parameters<Lanes['open']>[0] {
  const { bytesPerSecond } = setup.pace;
  const pace = { ...setup.pace, bytesPerSecond: bytesPerSecond === null ? null : bytesPerSecond / lanes };
  return { ...setup, pace, partsAtOnce: partsAtOnce(setup.sink) };
}

async function agreed(
  ports: EmbeddedPorts,
  { setup, consistency, tables, server }: CrewRequest,
  lanes: readonly Lane[],
  signal: AbortSignal,
) {
  const referee = ports.source(setup.source).referee(tables);
  try {
    const agreement = await agree(lanes, referee, consistency, { ...AGREE_DEFAULTS, server }, signal);
    return crewOf(lanes, agreement, (job, own) => ports.slots.take(setup.runId, slotsFor(job.output), own));
  } catch (error) {
    await Promise.allSettled(lanes.map((lane) => lane.close()));
    throw error;
  } finally {
    await referee.close();
  }
}
