/** Crews of no more lanes than there can be memory for. */
import type { Crews } from '../lane-ports.ts';
import { slotsFor } from './budget.ts';
import type { Slots } from './slots.ts';

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
