/**
 * `npm run bench -- --parallel 1,2,4`: a table read over several connections, beside as many C clients that each read
 * their share of its keys at the same time; and the same through the queue, by workers. What it costs to plan ten thousand
 * batches: ranges.ts.
 */
import { levelLines } from './parallel-levels.ts';
import { memoryLines } from './parallel-memory.ts';
import { queueLines } from './parallel-queue.ts';
import { parallelTasks, type ParallelBench } from './parallel-tasks.ts';
import type { Line } from './report.ts';
import { startQueue } from './workers.ts';

export async function parallelLines(bench: ParallelBench): Promise<Line[]> {
  const queue = await startQueue();
  try {
    const tasks = parallelTasks(bench);
    return [
      ...(await levelLines(bench, tasks)),
      ...(await memoryLines(bench, tasks)),
      ...(await queueLines(bench, tasks, queue)),
    ];
  } finally {
    await queue.stop();
  }
}

/** @throws Error that says what is allowed. */
export function levelsOf(text: string): number[] {
  const levels = text.split(',').map(Number);
  if (levels.every((level) => Number.isInteger(level) && level >= 1 && level <= 64))
    return levels.toSorted((a, b) => a - b);
  throw new Error(`--parallel ${text}: numbers of connections from 1 to 64 are allowed, as in 1,2,4`);
}
