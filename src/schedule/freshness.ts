/** When a task is stale: no run of it has succeeded for longer than its spec promises. Pure. */
import type { FreshnessPromise, Success } from '../domain/freshness.ts';

/** From this moment on the task is stale, unless a run succeeds before. */
export function staleFrom(
  promise: Pick<FreshnessPromise, 'freshnessMs' | 'firstSeen'>,
  success: Pick<Success, 'finishedAt'> | null,
): Date {
  return new Date((success?.finishedAt ?? promise.firstSeen).getTime() + promise.freshnessMs);
}

/** Since when a task is stale; null: it is fresh. */
export function staleSince(
  promise: Pick<FreshnessPromise, 'freshnessMs' | 'firstSeen'>,
  success: Pick<Success, 'finishedAt'> | null,
  now: Date,
): Date | null {
  const from = staleFrom(promise, success);
  return from <= now ? from : null;
}
