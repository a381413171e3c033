/** Whether a run reads or waits, by what the server says of its load. Pure. */
import type { MaxLoad } from '../domain/spec.ts';
import type { ServerLoad } from '../ports.ts';

/** What a look at the server found. `full`: it had no connection left to look through. */
export type Found = { readonly load: ServerLoad } | { readonly full: string } | { readonly unknown: true };

export interface LoadState {
  /** Why the run should wait; null: it need not. */
  readonly reason: string | null;
  /** Since when it does, milliseconds of the clock; null: it reads. */
  readonly heldSince: number | null;
  /** Looks since then. */
  readonly looks: number;
}

export const CALM: LoadState = { reason: null, heldSince: null, looks: 0 };

/** A run that waits goes on when the load has come down to this part of what is allowed: else it would stop and go. */
const CALM_AT = 0.8;
export const READING_LOOK_MS = 5000;
const FIRST_HELD_LOOK_MS = 2000;
const LAST_HELD_LOOK_MS = 30_000;
/**
 * Who has opened a snapshot reads on for a moment after so long. A server gives up a connection that takes nothing for
 * `net_write_timeout`, which sources set to an hour, or says nothing for `wait_timeout`; and a snapshot that is kept
 * open for nothing is a burden of its own.
 */
export const LONGEST_HOLD_MS = 15 * 60_000;

/**
 * @param hasSnapshot whether the run has one open, and so must not wait without end.
 * @param now milliseconds of a clock that only goes forward.
 */
export function decideLoad(
  state: LoadState,
  found: Found,
  limits: MaxLoad,
  hasSnapshot: boolean,
  now: number,
): LoadState {
  // A look that fails says nothing: all stays as it is.
  const reason = 'unknown' in found ? state.reason : reasonToWait(found, limits, state.reason !== null);
  if (reason === null) return CALM;
  const { heldSince, looks } = state;
  if (heldSince === null) return { reason, heldSince: now, looks: 0 };
  if (hasSnapshot && now - heldSince >= LONGEST_HOLD_MS) return { reason, heldSince: null, looks: 0 };
  return { reason, heldSince, looks: looks + 1 };
}

/** Milliseconds until the next look: ever rarer while the run waits. */
export function nextLookMs({ heldSince, looks }: LoadState): number {
  if (heldSince === null) return READING_LOOK_MS;
  return Math.min(LAST_HELD_LOOK_MS, FIRST_HELD_LOOK_MS * 2 ** Math.min(looks, 10));
}

function reasonToWait(
  found: Exclude<Found, { readonly unknown: true }>,
  { threadsRunning, replicaLagMs }: MaxLoad,
  isBusy: boolean,
): string | null {
  if ('full' in found) return found.full;
  const { load } = found;
  const allowed = (limit: number): number => (isBusy ? limit * CALM_AT : limit);
  if (threadsRunning !== null && load.threadsRunning > allowed(threadsRunning))
    return `the server has ${load.threadsRunning} threads running, max_load.threads_running is ${threadsRunning}`;
  if (replicaLagMs === null || load.replicaLagS === null) return null;
  if (load.replicaLagS * 1000 <= allowed(replicaLagMs)) return null;
  return `the replica is ${load.replicaLagS} s behind, max_load.replica_lag is ${replicaLagMs / 1000} s`;
}
