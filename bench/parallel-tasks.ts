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
  /** Files of a config, with a state of its own, and of a spec. */
  config(name: string, more: object): string;
  spec(parallelism: number, batchMb: number, more?: object): string;
  /** By threads of the run's own process; each range becomes one object. */
  run(parallelism: number): Command;
}

/** Above every table. */
const WHOLE_MB = 100_000;

export function parallelTasks({ home, database, s3 }: ParallelBench): ParallelTasks {
  const specs = join(home, 'parallel');
  mkdirSync(specs, { recursive: true });
  const config: ParallelTasks['config'] = (name, more) => {
    const folder = join(home, 'parallel', name);
    mkdirSync(join(folder, 'specs'), { recursive: true });
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ ...benchConfig(folder, database, s3.endpoint), ...more }));
    return file;
  };
  const spec: ParallelTasks['spec'] = (parallelism, batchMb, more = {}) => {
    const name = ['line_item', parallelism, batchMb, ...Object.keys(more)].join('_');
    const file = join(specs, `${name}.json`);
    const fields = {
      task_name: name,
      table: { name: 'line_item' },
      parallelism,
      batch_threshold_mb: batchMb,
      owner: { email: 'bench@example.com' },
      source: 'mysql',
      sink: 's3',
      ...more,
    };
    writeFileSync(file, JSON.stringify(fields));
    return file;
  };
  const embedded = config('embedded', {});
  return {
    config,
    spec,
    run: (parallelism) => tidemarkRun(embedded, spec(parallelism, WHOLE_MB)),
  };
}

export function tidemarkRun(config: string, spec: string): Command {
  return [process.execPath, 'dist/main.js', 'run', '--config', config, '--spec', spec, '--json'];
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
