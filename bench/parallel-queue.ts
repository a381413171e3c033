/** The same run in threads and through the queue, by workers: what the queue costs. */
import { ratio } from './measure.ts';
import { account } from './parallel-levels.ts';
import { written, type ParallelBench, type ParallelTasks } from './parallel-tasks.ts';
import type { Line } from './report.ts';
import { measureTogether, type Beside, type Together } from './together.ts';
import type { BenchQueue } from './workers.ts';

const GOAL = 0.05;
const BATCH_MB = 64;
/** Connections of each run, whoever holds them. */
const CONNECTIONS = 2;
/** Numbers of workers that hold them. */
const WORKERS = [1, 2];

export async function queueLines(
  bench: ParallelBench,
  tasks: ParallelTasks,
  queue: BenchQueue,
): Promise<Line[]> {
  const { rounds, rows, say } = bench;
  const alone: Beside = { server: [bench.serverPid], s3: [bench.s3.pid], workers: [] };
  const threads: Together[] = [];
  const queued = WORKERS.map((): Together[] => []);
  for (let round = 0; round <= rounds; round++) {
    const inThreads = await measureTogether([tasks.run(CONNECTIONS, BATCH_MB)], alone);
    const byWorkers: Together[] = [];
    for (const count of WORKERS) {
      const workers = await queue.workers(tasks.workerConfig, count, CONNECTIONS / count);
      try {
        const beside = { ...alone, workers: workers.pids };
        byWorkers.push(await measureTogether([tasks.runQueued(CONNECTIONS, BATCH_MB)], beside));
      } finally {
        await workers.stop();
      }
    }
    const took = [inThreads, ...byWorkers].map(({ seconds }) => `${seconds.toFixed(1)} s`).join('; ');
    if (round === 0) continue; // To warm up.
    say(`round ${round}: threads; queue, with ${WORKERS.join(' and ')} workers: ${took}`);
    threads.push(inThreads);
    for (const [index, one] of byWorkers.entries()) queued[index]!.push(one);
  }
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
