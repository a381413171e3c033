/** A lane in this thread: one connection with its snapshot, and what makes objects of its rows. */
import type { BatchJob, Lane, LaneSetup } from '../lane-ports.ts';
import type { Sink, Source } from '../ports.ts';
import type { Transforms } from '../transform-ports.ts';
import { runJob } from './run-job.ts';

/** What a lane is made of, by the config of where it is. */
export interface LanePorts {
  readonly source: Source;
  readonly sink: Sink;
  readonly transforms: Transforms;
}

/** @throws TidemarkError of the source; the signal's reason. */
export async function openLane(setup: LaneSetup, ports: LanePorts, signal: AbortSignal): Promise<Lane> {
  const { hmac, deadline, partsAtOnce, pace } = setup;
  const timeLeftMs = deadline === null ? null : Date.parse(deadline) - Date.now();
  const session = await ports.source.connect(signal, { horizon: false, hmac, timeLeftMs });
  const { snapshot } = session;
  const concurrency = Math.min(ports.sink.concurrency, partsAtOnce ?? ports.sink.concurrency);
  const sink: Sink = { ...ports.sink, concurrency };
  let isFirst = true;
  return {
    begin: session.begin,
    async run(job: BatchJob, events, jobSignal) {
      const result = await runJob(
        job,
        { snapshot, sink, transforms: ports.transforms, pace },
        events,
        jobSignal,
        isFirst,
      );
      isFirst = false;
      return result;
    },
    scalar: snapshot.scalar,
    loss: () => null,
    close: () => session.close(),
  };
}
