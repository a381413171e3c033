/** Which promises of freshness are in force: those of the specs that are, and of files that once were good. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { FreshnessPromise } from '../domain/freshness.ts';
import { specsInForce, type SpecSet } from '../watch/spec-set.ts';

export interface PromiseChanges {
  /** By task. */
  readonly promises: ReadonlyMap<string, FreshnessPromise>;
  /** Those that are new, or say something else than what is kept. */
  readonly changed: readonly FreshnessPromise[];
  /** Tasks whose file may be half-written: what it says will be known in a moment. */
  readonly doubtful: ReadonlySet<string>;
  /** Tasks of which nothing is promised any more. */
  readonly gone: readonly string[];
}

/**
 * A file that cannot be used and has no version in force was edited while no daemon ran: what its last good version
 * promised still counts, or the mistake would silence the alarm that it causes.
 *
 * @param kept from before.
 * @param isThere whether the folder has this file; one that is not in the set yet is read again.
 */
export function updatePromises(
  set: SpecSet,
  kept: ReadonlyMap<string, FreshnessPromise>,
  isThere: (file: string) => boolean,
  now: Date,
): PromiseChanges {
  const promises = new Map<string, FreshnessPromise>();
  const inForce = specsInForce(set);
  for (const { taskName: task, file, freshnessMs, timezone, owner } of inForce.values()) {
    if (freshnessMs === null) continue;
    const firstSeen = kept.get(task)?.firstSeen ?? now;
    promises.set(task, { task, file, freshnessMs, timezone, owner, firstSeen });
  }
  const doubtful = new Set<string>();
  for (const [task, promise] of kept) {
    if (inForce.has(task)) continue;
    const state = set.get(promise.file);
    if (state === undefined ? !isThere(promise.file) : state.inForce !== null) continue;
    promises.set(task, promise);
    if (state === undefined) doubtful.add(task);
  }
  return {
    promises,
    doubtful,
    changed: [...promises.values()].filter((promise) => !isDeepStrictEqual(promise, kept.get(promise.task))),
    gone: [...kept.keys()].filter((task) => !promises.has(task)),
  };
}
