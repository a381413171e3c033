/**
 * Two daemons with one state, as on two machines: each with a config, specs and a state folder of its own, one Redis, one
 * bucket, and a worker. Applications write to the tables of their incremental task meanwhile.
 */
import { readFileSync, rmSync } from 'node:fs';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { startTidemark, type RunningCli } from '../../support/cli.ts';
import { grantReader } from '../../support/mysql.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { waitFor } from '../../support/wait-for.ts';
import { expectAllDelivered } from '../kill/delivered.ts';
import { expectInOrder, expectNoPartOfARun, manifestReader, type Manifest } from '../kill/published.ts';
import { createTables, startWriters } from '../kill/writers.ts';
import { openSite, type Place, type Site } from '../site.ts';

export const TASK = 'ledger';
/** Seconds between two slots. */
export const EVERY = 5;

const SPEC = {
  task_name: TASK,
  schedule: `*/${EVERY} * * * * *`,
  // Each slot is run, so that one that is missed or doubled is seen.
  catch_up: 'all',
  table: [
    { name: 'entries', cdc: { created_at: { mode: 'watermark', lag: 0 } } },
    { name: 'accounts', cdc: { updated_at: { mode: 'watermark', lag: 0 } } },
  ],
  batch_threshold_mb: 0.01,
  // A worker that is slow to answer is taken for lost; what fails for that is tried again.
  retries: { count: 5, first_delay: '1 second' },
  owner: { name: 'A. Owner', email: 'owner@example.com' },
  source: 'mysql',
  sink: 's3',
};

export interface Daemon {
  readonly name: string;
  readonly place: Place;
  /** Starts it where it does not run. */
  start(): RunningCli;
  /** The process, if it runs. */
  process(): RunningCli | null;
  /** What `/readyz` says; null: it does not answer. */
  ready(): Promise<{ readonly status: string; readonly role: string; readonly leader: string | null } | null>;
  leads(): Promise<boolean>;
  metric(name: string): Promise<number | null>;
  /** SIGKILL, also of a process that is stopped. */
  kill(): Promise<void>;
}

export interface Pair {
  readonly site: Site;
  readonly redis: TestRedis;
  readonly daemons: readonly [Daemon, Daemon];
  /** Waits until one of them leads. */
  leader(besides?: Daemon): Promise<Daemon>;
  /** In the order in which they were published. */
  manifests(): Promise<readonly (Manifest & { readonly scheduled_for: string })[]>;
  /** Waits for so many more. */
  published(more: number): Promise<void>;
  expectNoPartOfARun(): Promise<void>;
  /** Lets the one that leads come to the end of a run, stops both, and holds the bucket against the state and itself. */
  expectAllInOrder(): Promise<void>;
  stop(): Promise<void>;
}

export async function openPair(seed: number, changes: { readonly durable?: boolean } = {}): Promise<Pair> {
  const site = await openSite();
  const { database, s3 } = site;
  await createTables(database.connection);
  const { user, password } = await grantReader(database);
  await database.connection.query(`GRANT PROCESS ON *.* TO '${user}'@'%'`);
  const redis = await startRedis({ durable: changes.durable ?? true });
  const config = {
    ha: true,
    executor: { type: 'bullmq', url: redis.url, lost_after: '3 seconds' },
    shutdown_grace: '2 seconds',
  };
  const first = await site.place({ source: { user, password }, config });
  const second = await site.place({ source: { user, password }, sink: { bucket: first.bucket }, config });
  for (const place of [first, second]) place.writeSpec(TASK, SPEC);
  const worker = first.start('worker', '--concurrency', '16');
  const writers = startWriters(database, { seed });
  const daemons = [daemonAt('a', first), daemonAt('b', second)] as const;
  const bucket = { s3, bucket: first.bucket };
  const read = manifestReader(bucket);

  const manifests: Pair['manifests'] = async () =>
    (await read()).manifests as readonly (Manifest & { readonly scheduled_for: string })[];
  const leader: Pair['leader'] = (besides) =>
    waitFor('a leader', async () => {
      for (const one of daemons) if (one !== besides && (await one.leads())) return one;
      return null;
    });
  const published: Pair['published'] = async (more) => {
    const before = (await manifests()).length;
    await waitFor(`${more} more manifests`, async () => (await manifests()).length >= before + more || null);
  };

  const logs = (): string => daemons.map((one) => `${one.name}:\n${logOf(one)}`).join('\n');

  return {
    site,
    redis,
    daemons,
    leader,
    manifests,
    published,
    expectNoPartOfARun: async () => void (await expectNoPartOfARun(read)),
    async expectAllInOrder() {
      await writers.stop();
      const newest = await newestRows(database.connection);
      const readsAll = async (): Promise<boolean> => {
        const windows = (await manifests()).at(-1)?.windows ?? [];
        return windows.length > 0 && windows.every(({ table, to }) => (to ?? '') >= newest.get(table)!);
      };
      // Slots that were missed are made up for one by one; and whoever writes elsewhere on the server holds windows back.
      while (!(await readsAll())) await published(1);
      const leads = await leader();
      // A run in progress would be left to the workers.
      for (const { place } of daemons) rmSync(place.path('specs', `${TASK}.json`));
      const running = `tidemark_running{task="${TASK}"}`;
      await waitFor('the last run', async () => ((await leads.metric(running)) === null ? true : null));
      for (const one of daemons) if (one !== leads) await one.process()?.stop();
      const { code } = await leads.process()!.stop();
      expect(code).toBe(0);
      const slots = (await manifests()).map(({ scheduled_for }) => Date.parse(scheduled_for));
      // No slot is missing, none is there twice.
      const wanted = slots.map((_, index) => slots[0]! + index * EVERY * 1000);
      if (JSON.stringify(slots) !== JSON.stringify(wanted)) throw new Error(`${slotsOf(slots)}\n${logs()}`);
      await expectInOrder({ ...bucket, stateDir: leads.place.path('state'), task: TASK }, read);
      await expectAllDelivered(bucket, read, database.connection);
    },
    async stop() {
      for (const one of daemons) await one.kill();
      worker.kill('SIGKILL');
      await worker.exit;
      await writers.stop().catch(() => {});
      await site.stop();
      await redis.stop();
    },
  };
}

/** The time of the last row of each table. */
async function newestRows(connection: Connection): Promise<Map<string, string>> {
  await connection.query("SET time_zone = '+00:00'");
  const [rows] = await connection.query<RowDataPacket[]>(
    "SELECT 'entries' AS name, CAST(MAX(created_at) AS CHAR) AS at FROM entries UNION ALL " +
      "SELECT 'accounts', CAST(MAX(updated_at) AS CHAR) FROM accounts",
  );
  return new Map(rows.map((row) => [row['name'] as string, row['at'] as string]));
}

function slotsOf(slots: readonly number[]): string {
  return `slots that were published:\n${slots.map((slot) => new Date(slot).toISOString()).join('\n')}`;
}

function daemonAt(name: string, place: Place): Daemon {
  let process: RunningCli | null = null;
  const ask = async (path: string): Promise<string | null> => {
    try {
      const answer = await fetch(`http://127.0.0.1:${place.httpPort}${path}`, {
        signal: AbortSignal.timeout(2000),
      });
      return await answer.text();
    } catch {
      return null;
    }
  };
  const ready: Daemon['ready'] = async () => {
    const text = await ask('/readyz');
    return text === null ? null : (JSON.parse(text) as Awaited<ReturnType<Daemon['ready']>>);
  };
  return {
    name,
    place,
    start() {
      if (process !== null) return process;
      const started = startTidemark(['daemon', '--config', place.configFile], { cwd: place.folder });
      process = started;
      void started.exit.then(() => (process = process === started ? null : process));
      return started;
    },
    process: () => process,
    ready,
    async leads() {
      const said = await ready();
      return said?.role === 'leader' && said.status === 'ready';
    },
    async metric(metric) {
      const line = (await ask('/metrics'))?.split('\n').find((one) => one.startsWith(`${metric} `));
      return line === undefined ? null : Number(line.split(' ')[1]);
    },
    async kill() {
      const running = process;
      if (running === null) return;
      running.kill('SIGCONT');
      running.kill('SIGKILL');
      await running.exit;
    },
  };
}

/** For whoever has to find out what went wrong. */
export function logOf({ place }: Daemon): string {
  return readFileSync(place.path('logs', 'tidemark.log'), 'utf8');
}
