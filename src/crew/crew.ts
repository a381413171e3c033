/** The lanes of one run at work: each takes the next job as soon as it has done one. */
import { TidemarkError } from '../errors.ts';
import type { Agreement, BatchJob, BatchResult, Crew, Lane } from '../lane-ports.ts';
import type { GiveBack } from './slots.ts';
import { workList } from './work-list.ts';

/** How many lanes a job may take with it before it is taken for the cause. */
const MOST_LOSSES = 2;

/**
 * @param lanes whose snapshots have been agreed on; at least one.
 * @param slotFor waits until there is memory for a job. @throws the signal's reason.
 */
export function crewOf(
  lanes: readonly Lane[],
  agreement: Agreement,
  slotFor: (job: BatchJob, signal: AbortSignal) => Promise<GiveBack>,
): Crew {
  const alive = new Set(lanes);
  let lastLoss: TidemarkError | null = null;
  const drop = (lane: Lane, loss: TidemarkError): void => {
    alive.delete(lane);
    lastLoss = loss;
  };
  /** Those who are not known to be lost. @throws the last loss, where there are none. */
  const living = (): readonly Lane[] => {
    if (alive.size === 0 && lastLoss !== null) throw lastLoss;
    return [...alive];
  };

  return {
    agreement,
    async export(jobs, events, signal, onResult) {
      const failed = new AbortController();
      const ended = AbortSignal.any([signal, failed.signal]);
      const list = workList(jobs);
      ended.addEventListener('abort', list.end, { once: true });
      const results = new Map<BatchJob, BatchResult>();
      const losses = new Map<BatchJob, number>();

      /** @returns null where it is done; or else why the lane can do nothing more. */
      const tryOne = async (lane: Lane, job: BatchJob): Promise<TidemarkError | null> => {
        const giveBack = await slotFor(job, ended);
        try {
          // Its thread may have died while it waited. That is nothing that this job has done.
          const before = lane.loss();
          if (before !== null) return before;
          const result = await lane.run(job, events(job), ended);
          results.set(job, result);
          onResult?.(job, result);
          return null;
        } catch (error) {
          if (!isLoss(error)) throw error;
          const times = (losses.get(job) ?? 0) + 1;
          losses.set(job, times);
          if (times === MOST_LOSSES) throw error;
          return error;
        } finally {
          giveBack();
        }
      };
      const work = async (lane: Lane): Promise<void> => {
        for (;;) {
          const job = await list.take();
          if (job === null) return;
          const loss = await tryOne(lane, job);
          if (loss === null) {
            list.done();
            continue;
          }
          drop(lane, loss);
          list.putBack(job);
          living();
          return;
        }
      };
      await Promise.all(living().map((lane) => work(lane).catch((error: unknown) => failed.abort(error))));
      ended.removeEventListener('abort', list.end);
      ended.throwIfAborted();
      return jobs.map((job) => results.get(job)!);
    },
    async scalar(sql, signal) {
      for (;;) {
        const [lane] = living();
        try {
          return await lane!.scalar(sql, signal);
        } catch (error) {
          if (!isLoss(error)) throw error;
          // Another lane of the snapshot gives the same answer.
          drop(lane!, error);
        }
      }
    },
    async close() {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

function isLoss(error: unknown): error is TidemarkError {
  return error instanceof TidemarkError && error.code === 'LANE_LOST';
}
