/** Lanes that are held by this thread and used by the main one. */
import type { MessagePort } from 'node:worker_threads';
import { TidemarkError } from '../errors.ts';
import type { JobEvents, Lane, LaneSetup } from '../lane-ports.ts';
import { fromPlain } from '../plain-error.ts';
import { callsOver, type MainSide, type ThreadSide } from './protocol.ts';

interface Held {
  /** Null: it is being opened. */
  lane: Lane | null;
  /** Of what the lane is doing. */
  doing: AbortController;
}

export type MainCalls = ReturnType<typeof callsOver<MainSide, object>>;

/**
 * Serves until the port is closed.
 *
 * @param open makes a lane of this thread.
 */
export function serveLanes(
  port: MessagePort,
  open: (setup: LaneSetup, work: never, main: MainCalls, signal: AbortSignal) => Promise<Lane>,
): void {
  const held = new Map<number, Held>();

  const doing = async <T>(id: number, work: (lane: Lane, signal: AbortSignal) => Promise<T>): Promise<T> => {
    const entry = held.get(id);
    if (entry === undefined || entry.lane === null)
      throw new TidemarkError('INTERNAL', `Lane ${id} is not open.`);
    entry.doing = new AbortController();
    return work(entry.lane, entry.doing.signal);
  };

  const eventsOf = (id: number): JobEvents => ({
    beginning: (key) => main.beginning(id, key),
    begun: (key, outcome) => main.begun(id, key, outcome),
    progress: (progress) => void main.progress.asEvent(id, progress),
    said: (message) => void main.said.asEvent(id, message),
    waits: (reason) => void main.waits.asEvent(id, reason),
  });

  const side: ThreadSide<never> = {
    async open(id, setup, work) {
      const entry: Held = { lane: null, doing: new AbortController() };
      held.set(id, entry);
      try {
        entry.lane = await open(setup, work, main, entry.doing.signal);
      } catch (error) {
        held.delete(id);
        throw error;
      }
    },
    begin: (id) => doing(id, (lane, signal) => lane.begin(signal)),
    run: (id, job) => doing(id, (lane, signal) => lane.run(job, eventsOf(id), signal)),
    scalar: (id, sql) => doing(id, (lane, signal) => lane.scalar(sql, signal)),
    async close(id) {
      const lane = held.get(id)?.lane;
      held.delete(id);
      await lane?.close();
    },
    abort: (id, reason) => held.get(id)?.doing.abort(fromPlain(reason)),
  };
  const main: MainCalls = callsOver<MainSide, object>(port, side);
}
