/** The lanes of one run at work: each takes the next job as soon as it has done one. */
import { TidemarkError } from '../errors.ts';
import type { Agreement, BatchJob, BatchResult, Crew, Lane } from '../lane-ports.ts';
import { workList } from './work-list.ts';

/** How many lanes a job may take with it before it is taken for the cause. */
const MOST_LOSSES = 2;

/** @param lanes whose snapshots have been agreed on; at least one. */
export function crewOf(lanes: readonly Lane[], agreement: Agreement): Crew {
  const alive = new Set(lanes);

  return {
    agreement,
    async export(jobs, events, signal, onResult) {
      const failed = new AbortController();
      const ended = AbortSignal.any([signal, failed.signal]);
      const list = workList(jobs);
      ended.addEventListener('abort', list.end, { once: true });
      const results = new Map<BatchJob, BatchResult>();
      const losses = new Map<BatchJob, number>();

      /** @returns whether the lane can go on. */
      const tryOne = async (lane: Lane, job: BatchJob): Promise<boolean> => {
        try {
          const result = await lane.run(job, events(job), ended);
          results.set(job, result);
          onResult?.(job, result);
          list.done();
          return true;
        } catch (error) {
          const lost = error instanceof TidemarkError && error.code === 'LANE_LOST';
          if (!lost) throw error;
          alive.delete(lane);
          const times = (losses.get(job) ?? 0) + 1;
          losses.set(job, times);
          if (alive.size === 0 || times === MOST_LOSSES) throw error;
          list.putBack(job);
          return false;
        }
      };
      const work = async (lane: Lane): Promise<void> => {
        for (;;) {
          const job = await list.take();
          if (job === null || !(await tryOne(lane, job))) return;
        }
      };
      await Promise.all(
        Array.from(alive, (lane) => work(lane).catch((error: unknown) => failed.abort(error))),
      );
      ended.removeEventListener('abort', list.end);
      ended.throwIfAborted();
      return jobs.map((job) => results.get(job)!);
    },
    async scalar(sql, signal) {
      const [lane] = alive;
      return lane!.scalar(sql, signal);
    },
    async close() {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}
