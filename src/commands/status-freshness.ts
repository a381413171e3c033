/** Since when tasks are stale, as `tidemark status` tells it without a daemon. Pure. */
import type { FreshnessPromise, Success } from '../domain/freshness.ts';
import type { Spec } from '../domain/spec.ts';
import { staleSince } from '../schedule/freshness.ts';
import type { SpecFolder } from './spec-folder.ts';

export interface FreshnessFacts {
  readonly folder: SpecFolder;
  /** What daemons have kept, by task. */
  readonly promises: ReadonlyMap<string, FreshnessPromise>;
  readonly lastSuccess: (task: string) => Success | null;
  readonly now: Date;
}

/**
 * Null: fresh, nothing is promised, or no daemon has seen the promise of a task that has never succeeded. Of a file that
 * cannot be used, what its last good version promised counts.
 */
export function taskStaleSince(task: string, spec: Spec | null, facts: FreshnessFacts): Date | null {
  const kept = facts.promises.get(task);
  const broken = kept !== undefined && facts.folder.unusable.some(({ file }) => file === kept.file);
  const freshnessMs = spec === null ? (broken ? kept.freshnessMs : null) : spec.freshnessMs;
  if (freshnessMs === null) return null;
  const success = facts.lastSuccess(task);
  const firstSeen = kept?.firstSeen ?? null;
  if (firstSeen === null && success === null) return null;
  return staleSince({ freshnessMs, firstSeen: firstSeen ?? facts.now }, success, facts.now);
}

/** Tasks of which only a file that cannot be used is left, and a promise. */
export function promisedTasks({ folder, promises }: Pick<FreshnessFacts, 'folder' | 'promises'>): string[] {
  const broken = new Set(folder.unusable.map(({ file }) => file));
  return [...promises.values()].filter(({ file }) => broken.has(file)).map(({ task }) => task);
}
