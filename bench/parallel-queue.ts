/**
 * The same run in threads and through the queue, by workers, all of which go on from run to run as a daemon and workers
 * do: what the queue costs.
 */
import { ratio } from './measure.ts';
import { account } from './parallel-levels.ts';
import { written, type ParallelBench, type ParallelTasks } from './parallel-tasks.ts';
import type { Line } from './report.ts';
import { standingRuns, type StandingRuns } from './standing-runs.ts';
import type { Beside, Together } from './together.ts';
import type { BenchQueue } from './workers.ts';

const GOAL = 0.05;
const BATCH_MB = 64;
/** Connections of each run, whoever holds them. */
const CONNECTIONS = 2;
/** Numbers of workers that hold them. */
const WORKERS = [1, 2];

/** Who reads, and what was measured of it. */
interface Way {
  readonly runs: StandingRuns;
  readonly measured: Together[];
  stop(): Promise<void>;
}

export async function queueLines(
  bench: ParallelBench,
  tasks: ParallelTasks,
  queue: BenchQueue,
): Promise<Line[]> {
  const { rounds, rows, say } = bench;
  const ways: Way[] = [];
  try {
    for (const workers of [0, ...WORKERS]) ways.push(await wayOf(bench, tasks, queue, workers));
    for (let round = 0; round < rounds; round++) {
      for (const { runs, measured } of ways) {
        // Threads that have had nothing to do for 10 seconds have ended, the workers' as well: the first run starts them.
        await runs.run();
        measured.push(await runs.run());
      }
      const took = ways.map(({ measured }) => `${measured.at(-1)!.seconds.toFixed(1)} s`).join('; ');
      say(`round ${round + 1}: threads; queue, with ${WORKERS.join(' and ')} workers: ${took}`);
    }
  } finally {
    for (const way of ways) await way.stop();
  }
  const [threads, ...queued] = ways.map(({ measured }) => measured) as [Together[], ...Together[][]];
  const { bytes, files } = written(threads[0]!.stdout, rows);
  const what = `${files} batches of at most ${BATCH_MB} MB, ${CONNECTIONS} connections`;
  return [
    { what: `${what}: threads`, found: account(threads, rows, bytes), goal: '', ok: null },
    ...WORKERS.flatMap((count, index): Line[] => {
      written(queued[index]![0]!.stdout, rows);
      const overhead = ratio(queued[index]!, threads) - 1;
      const by = count === 1 ? '1 worker' : `${count} workers`;
      return [
        {
          what: `the same through the queue, ${by}`,
          found: account(queued[index]!, rows, bytes),
          goal: '',
          ok: null,
        },
        {
          what: `overhead of the queue, ${by}`,
          found: `${(overhead * 100).toFixed(1)} %`,
          goal: `< ${GOAL * 100} %`,
          ok: overhead < GOAL,
        },
      ];
    }),
  ];
}

/** @param workers 0: threads of the run's own process. */
async function wayOf(
  { serverPid, s3 }: ParallelBench,
  tasks: ParallelTasks,
  queue: BenchQueue,
  workers: number,
): Promise<Way> {
  const spec = tasks.spec(CONNECTIONS, BATCH_MB);
  const alone: Beside = { server: [serverPid], s3: [s3.pid], workers: [] };
  if (workers === 0) {
    const runs = standingRuns(tasks.config('threads', {}), spec, alone);
    return { runs, measured: [], stop: runs.stop };
  }
  // A prefix of its own: the other workers wait for batches, too.
  const executor = { type: 'bullmq', url: queue.url, prefix: `bench-${workers}` };
  const config = tasks.config(`workers-${workers}`, { executor, log_level: 'info' });
  const started = await queue.workers(config, workers, CONNECTIONS / workers);
  const runs = standingRuns(tasks.config(`queued-${workers}`, { executor }), spec, {
    ...alone,
    workers: started.pids,
  });
  const stop = async (): Promise<void> => {
    await runs.stop();
    await started.stop();
  };
  return { runs, measured: [], stop };
}
