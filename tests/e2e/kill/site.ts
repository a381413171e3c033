/**
 * The site of the kill tests: two tables that applications write to, read by one incremental task into several objects.
 * `entries` is only inserted into, rows of `accounts` are updated.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { startTidemark, type CliResult, type RunningCli } from '../../support/cli.ts';
import { grantReader } from '../../support/mysql.ts';
import { startGate, type Gate } from '../gate.ts';
import { openSite, type Place, type Site } from '../site.ts';
import { expectAllDelivered } from './delivered.ts';
import { expectInOrder, expectNoPartOfARun, manifestReader, type ReadManifests } from './published.ts';
import { createTables, startWriters, type WriterOptions, type Writers } from './writers.ts';

const TASK = 'ledger';
const HOOK = path.join(import.meta.dirname, 'hook.ts');

const specOf = (lag: string | number, retries: unknown): object => ({
  task_name: TASK,
  // Used by the daemon. `tidemark run` takes no notice of it.
  schedule: '* * * * * *',
  table: [
    { name: 'entries', cdc: { created_at: { mode: 'watermark', lag } } },
    { name: 'accounts', cdc: { updated_at: { mode: 'watermark', lag } } },
  ],
  batch_threshold_mb: 0.01,
  retries,
  owner: { name: 'A. Owner', email: 'owner@example.com' },
  source: 'mysql',
  sink: 's3',
});

export interface KillSite {
  readonly place: Place;
  readonly gate: Gate;
  readonly site: Site;
  readonly writers: Writers;
  /** User that the task reads as. */
  readonly reader: string;
  /** The task in the foreground. `environment` is for the hook; without it there is none. */
  run(environment?: Readonly<Record<string, string>>): RunningCli;
  daemon(): RunningCli;
  expectNoPartOfARun(): Promise<string[]>;
  expectInOrder(): Promise<void>;
  /**
   * Ends the writers, runs the task until it has read everything, and holds what was delivered against what was
   * committed.
   */
  expectAllDelivered(): ReturnType<typeof expectAllDelivered>;
  stop(): Promise<void>;
}

export interface KillSiteChanges {
  /** Endpoint of what stands between the task and its bucket, such as a proxy. */
  readonly between?: (endpoint: string) => Promise<string>;
  readonly retries?: unknown;
  /** Nothing by default: what is open at the time of a run is then all that keeps late rows from being lost. */
  readonly lag?: string;
  /** Laid over the spec. */
  readonly spec?: object;
  /** Laid over the config. */
  readonly config?: Readonly<Record<string, unknown>>;
}

export async function openKillSite(writing: WriterOptions, changes: KillSiteChanges = {}): Promise<KillSite> {
  const {
    between = (endpoint) => Promise.resolve(endpoint),
    retries = 0,
    lag = 0,
    spec: specChanges,
    config = {},
  } = changes;
  const site = await openSite();
  const { database, s3 } = site;
  await createTables(database.connection);
  const { user, password } = await grantReader(database);
  await database.connection.query(`GRANT PROCESS ON *.* TO '${user}'@'%'`);
  const gate = await startGate(await between(s3.endpoint));
  const place = await site.place({ source: { user, password }, sink: { endpoint: gate.endpoint }, config });
  const spec = place.writeSpec(TASK, { ...specOf(lag, retries), ...specChanges });
  const writers = startWriters(database, writing);
  const read: ReadManifests = manifestReader({ s3, bucket: place.bucket });

  const children = new Set<RunningCli>();
  const start = (args: readonly string[], environment: Readonly<Record<string, string>>): RunningCli => {
    const hook = Object.keys(environment).length === 0 ? {} : { NODE_OPTIONS: `--import=${HOOK}` };
    const child = startTidemark([...args, '--config', place.configFile], {
      cwd: place.folder,
      env: { ...environment, ...hook },
    });
    children.add(child);
    void child.exit.then(() => children.delete(child));
    return child;
  };
  const run: KillSite['run'] = (environment = {}) => start(['run', '-s', spec, '--json'], environment);

  return {
    place,
    gate,
    site,
    writers,
    reader: user,
    run,
    daemon: () => start(['daemon'], {}),
    expectNoPartOfARun: () => expectNoPartOfARun(read),
    expectInOrder: () =>
      expectInOrder({ s3, bucket: place.bucket, stateDir: place.path('state'), task: TASK }, read),
    async expectAllDelivered() {
      await writers.stop();
      await readAll(run, read, database.connection);
      return expectAllDelivered({ s3, bucket: place.bucket }, read, database.connection);
    },
    async stop() {
      for (const child of children) child.kill('SIGKILL');
      try {
        await writers.stop();
      } finally {
        await Promise.all([...children].map((child) => child.exit));
        await gate.stop();
        await site.stop();
      }
    },
  };
}

const LOOK_MS = 500;
const PATIENCE_MS = 60_000;

/**
 * Runs the task until its windows have gone beyond the last row: what stays unread at first is of the lag, of the
 * second in progress, and of whatever else is open on the server.
 */
async function readAll(run: () => RunningCli, read: ReadManifests, connection: Connection): Promise<void> {
  await connection.query("SET time_zone = '+00:00'");
  const [rows] = await connection.query<RowDataPacket[]>(
    "SELECT 'entries' AS name, CAST(MAX(created_at) AS CHAR) AS at FROM entries UNION ALL " +
      "SELECT 'accounts', CAST(MAX(updated_at) AS CHAR) FROM accounts",
  );
  const newest = new Map(rows.map((row) => [row['name'] as string, row['at'] as string]));
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    await sleep(LOOK_MS);
    expectDone(await run().exit);
    const windows = (await read()).manifests.at(-1)?.windows ?? [];
    if (windows.length > 0 && windows.every(({ table, to }) => (to ?? '') >= newest.get(table)!)) return;
    if (performance.now() > end) throw new Error(`nothing was read beyond ${JSON.stringify(windows)}`);
  }
}

/** A run that nobody disturbs succeeds, whatever was left to it. */
export function expectDone({ code, stderr }: CliResult): void {
  if (code !== 0) throw new Error(`an undisturbed run ended with ${code}:\n${stderr}`);
}
