/**
 * Keeps a run from asking too much of its server: it waits while the server is busy, and reads no faster than it may.
 *
 * All tables are read in one snapshot, each by one SELECT from which batches are cut as rows come. So waiting between
 * batches and waiting within one are the same to the server: the SELECT stands still, as it does when the bucket is
 * slow. What that costs, and why it has an end, is in docs/decisions/0014-waiting.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MaxLoad } from '../domain/spec.ts';
import { TidemarkError } from '../errors.ts';
import type { LoadQuestion, ServerLoad, Snapshot, Source } from '../ports.ts';
import { pacedRows } from './paced-rows.ts';
import { CALM, decideLoad, nextLookMs, type Found, type LoadState } from './load-decision.ts';

export interface PaceLimits {
  /** Null: the server's load is not looked at. */
  readonly maxLoad: MaxLoad | null;
  /** Null: as fast as it goes. */
  readonly bytesPerSecond: number | null;
  /** Connections of the run, where they are in several processes. */
  readonly lanes?: number;
}

export const UNLIMITED: PaceLimits = { maxLoad: null, bytesPerSecond: null };

export interface PaceClock {
  /** Milliseconds; only goes forward. */
  now(): number;
  /** Rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Pace {
  /** Before the snapshot is opened: settles when the server is calm. @throws the signal's reason; PRIVILEGE_MISSING. */
  beforeSnapshot(source: Source, signal: AbortSignal): Promise<void>;
  /** Before a table: the same, but not without end. */
  beforeTable(snapshot: Snapshot, signal: AbortSignal): Promise<void>;
  /** The snapshot, whose rows come no faster than they may; the snapshot itself where nothing is limited. */
  over(snapshot: Snapshot): Snapshot;
}

const CLOCK: PaceClock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    sleep(ms, undefined, { signal }).catch(() => {
      throw signal.reason;
    }),
};

/** @param onWait hears that reading waits, and why; null: it goes on. */
export function paceOf(
  limits: PaceLimits,
  onWait: (reason: string | null) => void,
  clock: PaceClock = CLOCK,
): Pace {
  const { bytesPerSecond } = limits;
  const maxLoad = limitsAnything(limits.maxLoad);
  const question: LoadQuestion = {
    threads: maxLoad?.threadsRunning !== null,
    replication: maxLoad?.replicaLagMs !== null,
    ...(limits.lanes === undefined ? {} : { lanes: limits.lanes }),
  };
  let isTold = false;
  const tell = ({ heldSince, reason }: LoadState): void => {
    const waits = heldSince !== null;
    if (waits === isTold) return;
    isTold = waits;
    onWait(waits ? reason : null);
  };

  const waitUntilCalm = async (
    max: MaxLoad,
    look: () => Promise<Found>,
    hasSnapshot: boolean,
    signal: AbortSignal,
  ): Promise<void> => {
    for (let state = CALM; ;) {
      const found = await look();
      signal.throwIfAborted();
      state = decideLoad(state, found, max, hasSnapshot, clock.now());
      tell(state);
      if (state.heldSince === null) return;
      await clock.sleep(nextLookMs(state), signal);
    }
  };

  return {
    async beforeSnapshot(source, signal) {
      // What is wrong with the very first look is wrong with the run: a missing privilege, a server out of reach.
      if (maxLoad !== null)
        await waitUntilCalm(maxLoad, () => looked(source.load(question, signal)), false, signal);
    },
    async beforeTable(snapshot, signal) {
      if (maxLoad !== null)
        await waitUntilCalm(maxLoad, () => lookedAside(snapshot.load(question, signal)), true, signal);
    },
    over(snapshot) {
      if (maxLoad === null && bytesPerSecond === null) return snapshot;
      const watchLoad =
        maxLoad === null
          ? null
          : async (hold: (held: boolean) => void, signal: AbortSignal): Promise<void> => {
              for (let state = CALM; ;) {
                await clock.sleep(nextLookMs(state), signal);
                const found = await lookedAside(snapshot.load(question, signal));
                signal.throwIfAborted();
                state = decideLoad(state, found, maxLoad, true, clock.now());
                hold(state.heldSince !== null);
                tell(state);
              }
            };
      return { ...snapshot, rows: pacedRows(snapshot.rows, bytesPerSecond, watchLoad, clock) };
    },
  };
}

/** Null where the object names no limit. */
function limitsAnything(max: MaxLoad | null): MaxLoad | null {
  return max === null || (max.threadsRunning === null && max.replicaLagMs === null) ? null : max;
}

/** A server that has no connection left is busy. */
async function looked(load: Promise<ServerLoad>): Promise<Found> {
  try {
    return { load: await load };
  } catch (error) {
    if (error instanceof TidemarkError && error.code === 'TOO_MANY_CONNECTIONS')
      return { full: 'the server has no connection left' };
    throw error;
  }
}

/** A run that reads does not fail because somebody could not look. */
function lookedAside(load: Promise<ServerLoad>): Promise<Found> {
  return looked(load).catch(() => ({ unknown: true }));
}
