/** The crew of a run that reads with one connection, in this thread: the snapshot that it was planned with reads it all. */
import type { Crew, LaneSetup } from '../lane-ports.ts';
import { runJob } from '../lanes/run-job.ts';
import type { Sink, Snapshot } from '../ports.ts';
import type { Transforms } from '../transform-ports.ts';

/** @param snapshot is closed with the crew. */
export function soloCrew(
  snapshot: Snapshot,
  ports: { readonly sink: Sink; readonly transforms: Transforms; readonly pace: LaneSetup['pace'] },
): Crew {
  let isFirst = true;
  return {
    agreement: {
      level: 'snapshot',
      basis: 'One connection read everything in one transaction.',
      position: snapshot.mark?.position ?? null,
    },
    async export(jobs, events, signal, onResult) {
      const results = [];
      for (const job of jobs) {
        const result = await runJob(job, { snapshot, ...ports }, events(job), signal, isFirst);
        isFirst = false;
        results.push(result);
        onResult?.(job, result);
      }
      return results;
    },
    scalar: snapshot.scalar,
    close: snapshot.close,
  };
}
