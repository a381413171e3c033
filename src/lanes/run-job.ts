/** One job, wherever its lane is: its rows paced, its uploads begun with the journal's knowledge, its progress told. */
import { setTimeout as sleep } from 'node:timers/promises';
import { exportBatch, type Progress } from '../extract/export-batch.ts';
import type { BatchJob, BatchResult, JobEvents, LaneSetup } from '../lane-ports.ts';
import { paceOf } from '../pace/pace.ts';
import type { Sink, Snapshot } from '../ports.ts';
import { jobUploads } from '../publish/uploads.ts';
import type { RowTransformer, Transforms, TransformTarget } from '../transform-ports.ts';

/** How often progress is told, in milliseconds. */
const TELL_MS = 200;
/** How long a job that has failed waits for what it has under way; the rest is recovery's. */
const REST_MS = 10_000;

export interface JobPorts {
  readonly snapshot: Snapshot;
  readonly sink: Sink;
  readonly transforms: Transforms;
  readonly pace: LaneSetup['pace'];
}

/**
 * @param isFirst of the lane: the server has just been looked at.
 * @throws TidemarkError, or the signal's reason; nothing is on its way any more then, unless the sink hangs.
 */
export async function runJob(
  job: BatchJob,
  { snapshot, sink, transforms, pace: limits }: JobPorts,
  events: JobEvents,
  signal: AbortSignal,
  isFirst: boolean,
): Promise<BatchResult> {
  const pace = paceOf(limits, events.waits);
  if (!isFirst) await pace.beforeTable(snapshot, signal);
  const uploads = jobUploads(sink, job.runId, events);
  const progress: Progress = { rows: 0, bytes: 0, files: 0 };
  const teller = setInterval(() => events.progress({ ...progress }), TELL_MS);
  try {
    return await exportBatch(
      job,
      {
        snapshot: pace.over(snapshot),
        sink,
        begin: uploads.begin,
        progress,
        openTransformer: transformerOf(job, transforms, events.said),
      },
      signal,
    );
  } catch (error) {
    await atRestOrLate(uploads.atRest());
    throw error;
  } finally {
    clearInterval(teller);
    events.progress({ ...progress });
  }
}

/** A sink that hangs must not keep the run from ending. */
async function atRestOrLate(atRest: Promise<void>): Promise<void> {
  const rested = new AbortController();
  const late = sleep(REST_MS, undefined, { signal: rested.signal }).catch(() => {});
  await Promise.race([atRest, late]);
  rested.abort();
}

/** Starts the module that a job's rows go through; null: they go through none. */
function transformerOf(
  { task, runId, scheduledFor, windows, export: { name, rowTransform, columns } }: BatchJob,
  transforms: Transforms,
  said: (message: string) => void,
): ((target: TransformTarget) => RowTransformer) | null {
  if (rowTransform === undefined) return null;
  const context = { task, table: name, runId, scheduledFor, windows };
  return (target) => transforms.open(rowTransform, columns, context, target, said);
}
