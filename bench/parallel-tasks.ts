/** The commands of parallel reading: a task for each number of connections and size of a batch, and the C clients. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunReport } from '../src/domain/run.ts';
import type { Command } from './together.ts';
import { benchConfig } from './workspace.ts';

/** What is measured, and with what. */
export interface ParallelBench {
  readonly home: string;
  /** With user, password and database. */
  readonly database: URL;
  /** Process of the database server. */
  readonly serverPid: number;
  readonly s3: { readonly endpoint: string; readonly pid: number };
  readonly rows: number;
  readonly rounds: number;
  /** Numbers of connections, from the fewest on. */
  readonly levels: readonly number[];
  readonly say: (text: string) => void;
}

export interface ParallelTasks {
  /** By threads of the run's own process. */
  run(parallelism: number, batchMb?: number): Command;
  /** By workers. */
  runQueued(parallelism: number, batchMb: number): Command;
  plan(parallelism: number, batchMb?: number): Command;
  /** File of the workers' config. */
  readonly workerConfig: string;
}

/** Above every table: each range becomes one object. */
const WHOLE_MB = 100_000;

export function parallelTasks({ home, database, s3 }: ParallelBench, queueUrl: string): ParallelTasks {
  const folder = join(home, 'parallel');
  mkdirSync(join(folder, 'specs'), { recursive: true });
  const config = (name: string, more: object): string => {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify({ ...benchConfig(folder, database, s3.endpoint), ...more }));
    return file;
  };
  const command =
    (what: string, file: string) =>
    (parallelism: number, batchMb = WHOLE_MB): Command => {
      const name = `line_item_${parallelism}_${batchMb}`;
      const spec = join(folder, 'specs', `${name}.json`);
      const fields = {
        task_name: name,
        table: { name: 'line_item' },
        parallelism,
        batch_threshold_mb: batchMb,
        owner: { email: 'bench@example.com' },
        source: 'mysql',
        sink: 's3',
      };
      writeFileSync(spec, JSON.stringify(fields));
      return [process.execPath, 'dist/main.js', what, '--config', file, '--spec', spec, '--json'];
    };
  const executor = { type: 'bullmq', url: queueUrl };
  const embedded = config('embedded', {});
  return {
    run: command('run', embedded),
    runQueued: command('run', config('queued', { executor })),
    plan: command('plan', embedded),
    workerConfig: config('worker', { executor, log_level: 'info', logs_dir: join(folder, 'worker-logs') }),
  };
}

/** C clients that together read the whole table, each an equal share of its keys, and do nothing with the rows. */
export function clients({ database: url, rows }: ParallelBench, count: number): Command[] {
  const login = [`-h${url.hostname}`, `-P${url.port}`, `-u${url.username}`, `-p${url.password}`];
  return Array.from({ length: count }, (_, nth): Command => {
    const [from, to] = [nth, nth + 1].map((border) => Math.floor((rows * border) / count));
    const where = count === 1 ? '' : ` where l_id >= ${from} and l_id < ${to}`;
    const query = `select * from line_item${where}`;
    return ['mariadb', '--no-defaults', ...login, '--skip-ssl', '--quick', '-B', '-e', query, 'bench'];
  });
}

/** Bytes of the objects of a run, and how many there are. @throws where it has not read the whole table. */
export function written(stdout: string, rows: number): { readonly bytes: number; readonly files: number } {
  const { tables, files } = JSON.parse(stdout) as RunReport;
  const read = tables.reduce((sum, table) => sum + table.rows, 0);
  if (read !== rows) throw new Error(`${read} rows were exported, and the table has ${rows}`);
  return { bytes: tables.reduce((sum, table) => sum + table.bytes, 0), files: files.length };
}
