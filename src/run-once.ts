/** Whether a run is made: not twice for one slot or second, nor what is in the bucket already, nor in a blackout. */
import type { Spec } from './domain/spec.ts';
import type { FailedRun, RunIdentity, RunReport, Trigger } from './domain/run.ts';
import { asTidemarkError, TidemarkError } from './errors.ts';
import type { Installation } from './execute.ts';
import { manifestKey } from './plan/keys.ts';
import { identifyRun } from './planner.ts';

/**
 * The run's identity. Its time names its objects, so no two runs of a task may share one: a slot that has succeeded is
 * not run again, nor is one that has failed while this run waited for it; who asks for a run gets the next free second.
 *
 * @param since when the run was asked for.
 * @throws TidemarkError ALREADY_DONE, ALREADY_RUNNING.
 */
export function nameRun(
  { runs }: Pick<Installation, 'runs'>,
  task: string,
  trigger: Trigger,
  since: Date,
): RunIdentity {
  let run = identifyRun(trigger);
  if (trigger.kind === 'backfill') return run;
  if (trigger.kind === 'manual') {
    while (runs.isTaken(task, run.scheduledFor)) {
      run = identifyRun({ ...trigger, scheduledFor: new Date(run.scheduledFor.getTime() + 1000) });
    }
    return run;
  }
  const earlier = runs.successFor(task, run);
  if (earlier !== null) throw alreadyDone(run, earlier);
  const failure = runs.failureSince(task, run.scheduledFor, since);
  if (failure !== null) throw failedMeanwhile(run, failure);
  return run;
}

/** The slot's run was under way when it was asked for again: it was led on from an earlier process. */
function failedMeanwhile({ scheduledFor }: RunIdentity, { runId, code }: FailedRun): TidemarkError {
  return new TidemarkError(
    'ALREADY_RUNNING',
    `The run for ${scheduledFor.toISOString()} was under way when it was to be made up for, and has failed: ${runId}, ${code}.`,
    { hint: 'Its own mail, or `tidemark history`, says why. The next slot reads what it has not.' },
  );
}

/** Why a run is not made: its slot, or its window, has succeeded. */
export function alreadyDone({ scheduledFor }: RunIdentity, earlier: RunReport): TidemarkError {
  return new TidemarkError(
    'ALREADY_DONE',
    `The run for ${scheduledFor.toISOString()} has succeeded already: ${earlier.run_id}, at ${earlier.finished_at}.`,
  );
}

/**
 * A slot that the state takes for missed may have been published all the same, where the state was restored from a
 * backup: the rows of that run would be written over, and they are behind the watermark by now.
 *
 * @throws TidemarkError ALREADY_DONE, and those of the sink.
 */
export async function refusePublished(
  installation: Pick<Installation, 'sink' | 'settings'>,
  spec: Spec,
  run: RunIdentity,
): Promise<void> {
  const sink = installation.sink(spec.sink);
  const key = manifestKey(installation.settings(spec).prefix, spec.taskName, run.stamp);
  const owner = await sink.runOf(key).catch((error: unknown) => {
    // Who may only write cannot be told.
    if (asTidemarkError(error).code === 'S3_ACCESS_DENIED') return null;
    throw error;
  });
  if (owner === null || owner === run.runId) return;
  throw new TidemarkError(
    'ALREADY_DONE',
    `The run for ${run.scheduledFor.toISOString()} has been published already, by run ${owner} as ${sink.url(key)}, of which the state knows nothing.`,
    {
      hint: 'The state was restored from a backup, or another installation runs the task. See that the watermark is where the newest manifest ends: `tidemark watermark get`.',
    },
  );
}

/**
 * Looked at when a run begins, wherever it has waited until then; one that has begun goes on.
 *
 * @throws TidemarkError BLACKOUT.
 */
export function refuseInBlackout(
  { blackoutEnd, ignoreBlackout = false }: Pick<Installation, 'blackoutEnd' | 'ignoreBlackout'>,
  spec: Spec,
): void {
  const end = ignoreBlackout ? null : blackoutEnd(spec, new Date());
  if (end === null) return;
  throw new TidemarkError('BLACKOUT', `Nothing of ${spec.taskName} is read before ${end.toISOString()}.`);
}
