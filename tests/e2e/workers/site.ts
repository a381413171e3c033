/**
 * What the tests of workers run in: a redis-server, a database with several tables, and for each test a place whose
 * daemon and workers share one config. Workers are processes of their own, as on machines of their own.
 */
import type { RunReport } from '../../../src/domain/run.ts';
import type { RunningCli } from '../../support/cli.ts';
import { startRedis, type RedisOptions, type TestRedis } from '../../support/redis.ts';
import { openSite, type Place, type PlaceChanges, type Site } from '../site.ts';

export interface WorkerSite {
  readonly site: Site;
  readonly redis: TestRedis;
  /** A place whose runs are read by workers. Each has queues of its own. */
  place(changes?: PlaceChanges & { readonly executor?: Readonly<Record<string, unknown>> }): Promise<Place>;
  /** Workers of a place, all of which take what there is. */
  workers(place: Place, count: number, ...args: string[]): Promise<RunningCli[]>;
  stop(): Promise<void>;
}

export const TABLES = 8;
export const ROWS = 4000;

/** So soon is a worker missed: tests should not wait for long, and a busy machine is not taken for a dead one. */
const LOST_AFTER = '4 seconds';

let places = 0;

export async function openWorkerSite(options: RedisOptions = {}): Promise<WorkerSite> {
  const [site, redis] = await Promise.all([openSite(), startRedis(options)]);
  for (let table = 0; table < TABLES; table++) await fill(site, `part_${table}`, ROWS);
  return {
    site,
    redis,
    place: ({ executor, ...changes } = {}) =>
      site.place({
        ...changes,
        config: {
          executor: {
            type: 'bullmq',
            url: redis.url,
            prefix: `test-${++places}`,
            lost_after: LOST_AFTER,
            ...executor,
          },
          ...changes.config,
        },
      }),
    async workers(place, count, ...args) {
      const started = Array.from({ length: count }, () => place.start('worker', ...args));
      await Promise.all(started.map((worker) => worker.waitForLine(/worker runs/)));
      return started;
    },
    async stop() {
      await site.stop();
      await redis.stop();
    },
  };
}

/** A table of `id` from 1 on, and a text that is not the same in any two rows. */
export async function fill({ database }: Pick<Site, 'database'>, table: string, rows: number): Promise<void> {
  await database.connection.query(
    `CREATE TABLE ${table} (id INT PRIMARY KEY, note VARCHAR(200) NOT NULL, size DECIMAL(12,2) NULL)`,
  );
  const digits =
    '(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)';
  const id = '1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d';
  await database.connection.query(
    `INSERT INTO ${table} SELECT ${id}, CONCAT('${table}-', ${id}, REPEAT('x', 100)), (${id}) / 7
     FROM ${digits} a, ${digits} b, ${digits} c, ${digits} e, ${digits} f WHERE ${id} <= ${rows}`,
  );
}

/** All tables of the site in one run. */
export function partsSpec(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    task_name: 'parts',
    table: Array.from({ length: TABLES }, (_, index) => ({ name: `part_${index}` })),
    parallelism: 4,
    source: 'mysql',
    sink: 's3',
    owner: { name: 'A. Owner', email: 'owner@example.com' },
    output_file_format: 'csv',
    retries: 0,
    ...changes,
  };
}

/** What `tidemark run --json` has printed. */
export function reportOf(stdout: string): RunReport {
  return JSON.parse(stdout) as RunReport;
}

/** Ids of the rows of a table as published, in the order of its objects. */
export async function publishedIds(place: Place, manifestKey: string, table: string): Promise<number[]> {
  const manifest = JSON.parse(await place.text(manifestKey)) as {
    readonly entries: readonly { readonly key: string; readonly table: string }[];
  };
  const ids: number[] = [];
  for (const { key } of manifest.entries.filter((entry) => entry.table === table)) {
    const lines = (await place.text(key)).trimEnd().split('\n').slice(1);
    ids.push(...lines.map((line) => Number(line.slice(0, line.indexOf(',')))));
  }
  return ids;
}
