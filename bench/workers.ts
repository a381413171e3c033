/** A queue of its own and workers that read from it, each a process that stands for a machine. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startRedis } from '../tests/support/redis.ts';

export interface Workers {
  /** Of the workers. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

export interface BenchQueue {
  readonly url: string;
  /**
   * Starts workers, and settles when they can be asked for lanes.
   *
   * @param config file of their config.
   * @param concurrency batches that each reads at a time.
   */
  workers(config: string, count: number, concurrency: number): Promise<Workers>;
  stop(): Promise<void>;
}

export async function startQueue(): Promise<BenchQueue> {
  const redis = await startRedis();
  return {
    url: redis.url,
    async workers(config, count, concurrency) {
      const args = ['dist/main.js', 'worker', '--config', config, '--concurrency', String(concurrency)];
      const all = Array.from({ length: count }, () =>
        spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] }),
      );
      // Whoever stops a bench does not want them to go on.
      process.once('exit', () => {
        for (const worker of all) worker.kill();
      });
      const stop = async (): Promise<void> => {
        await Promise.all(all.map(end));
      };
      try {
        await Promise.all(all.map(ready));
      } catch (error) {
        await stop();
        throw error;
      }
      return { pids: all.map(({ pid }) => pid!), stop };
    },
    stop: redis.stop,
  };
}

async function ready(worker: ChildProcess): Promise<void> {
  const said: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // It is read to the end: a pipe that fills up would stop the worker.
  createInterface({ input: worker.stderr! }).on('line', (line) => {
    if (said.length < 20) said.push(line);
    if (line.includes('worker runs')) resolve();
  });
  worker.once('error', reject);
  worker.once('exit', (code) => reject(new Error(`a worker ended with ${code}:\n${said.join('\n')}`)));
  await promise;
}

async function end(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  worker.kill();
  await once(worker, 'exit');
}
