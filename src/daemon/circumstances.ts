/** What the daemon knows of a task that may keep it from succeeding. */
import type { Circumstances, FreshnessPromise } from '../domain/freshness.ts';
import { specsInForce } from '../watch/spec-set.ts';
import { problemOfTask, type DaemonView } from './task-views.ts';

/** @param view how the daemon stands. */
export function circumstancesOf(
  { task, file }: Pick<FreshnessPromise, 'task' | 'file'>,
  { specs, next, paused }: Pick<DaemonView, 'specs' | 'next' | 'paused'>,
): Omit<Circumstances, 'past' | 'daemonSince'> {
  const spec = specsInForce(specs).get(task);
  const pause = paused.get(task);
  return {
    schedule: spec?.schedule ?? null,
    nextFire: next(task),
    pausedSince: pause === undefined ? null : new Date(pause.since),
    problem: problemOfTask(specs, task, file),
    inForce: spec !== undefined,
  };
}
