/** Lanes that read a batch only when there is memory for it, and no more of them than there can be memory for. */
import type { Crews, Lane } from '../lane-ports.ts';
import { slotsFor } from './budget.ts';
import type { Slots } from './slots.ts';

/** @param run whose lane it is: slots are given out fairly among runs. */
export function slotted(lane: Lane, run: string, slots: Slots): Lane {
  return {
    ...lane,
    async run(job, events, signal) {
      const giveBack = await slots.take(run, slotsFor(job.output), signal);
      try {
        return await lane.run(job, events, signal);
      } finally {
        giveBack();
      }
    },
  };
}

/** More lanes than that would wait for each other, with a connection and buffers of their own meanwhile. */
export function affordableCrews(crews: Crews, slots: Slots): Crews {
  return {
    ...crews,
    assemble(request, signal) {
      const most = Math.max(1, Math.floor(slots.count / slotsFor(request.output)));
      return crews.assemble({ ...request, lanes: Math.min(request.lanes, most) }, signal);
    },
  };
}
