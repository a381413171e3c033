/** Why a task has not succeeded for so long, in words, with what to do about it. Pure. */
import type { Circumstances, FreshnessPromise } from '../domain/freshness.ts';
import { countOf } from './phrases.ts';

export interface Reason {
  readonly cause: string;
  readonly cure: string;
  /** What happens by itself. */
  readonly next: string;
}

/**
 * The first of these that is so: what keeps the task from running at all comes before what its runs fail of.
 *
 * @param time how an instant is written.
 */
export function reasonOf(
  { task, file }: Pick<FreshnessPromise, 'task' | 'file'>,
  circumstances: Circumstances,
  time: (instant: Date) => string,
): Reason {
  const { past, schedule, nextFire, pausedSince, problem, inForce, daemonSince } = circumstances;
  const byHand = `tidemark run -s ${file}`;
  const next =
    nextFire === null
      ? 'nothing by itself.'
      : `the task runs at ${time(nextFire)}. To run it sooner: ${byHand}`;
  if (!inForce)
    return {
      cause:
        `${file} cannot be used, and no good version of it has been seen since this daemon started, at ${time(daemonSince)}: the task is not scheduled. ${problem ?? ''}`.trim(),
      cure: `Correct ${file} and save it. To see every fault: tidemark check ${file}`,
      next: 'the file is read again as soon as it changes.',
    };
  if (pausedSince !== null)
    return {
      cause: `The task has been paused since ${time(pausedSince)}: its slots pass without a run.`,
      cure: `Resume it on the status page. To run it once: ${byHand}`,
      next: 'nothing, until it is resumed.',
    };
  if (past.failure !== null) {
    const { error, finishedAt } = past.failure;
    return {
      cause: `${countOf(past.failures, 'run')} failed since the last success. The last one, at ${time(finishedAt)}, with ${error.code}: ${error.message}`,
      cure: error.hint,
      next,
    };
  }
  if (past.runningSince !== null)
    return {
      cause: `A run is in progress since ${time(past.runningSince)} and has not ended.`,
      cure: `Look at its log: tidemark history ${task}. Where it does not come on, see what the server is busy with; a timeout in the spec would have ended it.`,
      next: 'when the run succeeds, you get a mail.',
    };
  if (schedule === null)
    return {
      cause: 'The spec has no schedule: the task runs by hand only, and nobody has run it in that time.',
      cure: `Run it: ${byHand}. Or give it a schedule.`,
      next,
    };
  return {
    cause: `No run has ended in that time, well or badly: either no daemon was there to run the task (this one runs since ${time(daemonSince)}), or it waits for its turn, or its schedule, ${schedule}, does not come that often.`,
    cure: `See how it stands: tidemark status. To run it now: ${byHand}. Where the schedule is right, raise freshness above the longest time between two of its slots.`,
    next,
  };
}
