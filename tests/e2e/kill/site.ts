/**
 * The site of the kill tests: two tables that applications write to, read by one incremental task into several objects.
 * `entries` is only inserted into, rows of `accounts` are updated.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import path from 'node:path';
import { startTidemark, type CliResult, type RunningCli } from '../../support/cli.ts';
import { grantReader } from '../../support/mysql.ts';
import { startGate, type Gate } from '../gate.ts';
import { openSite, type Place, type Site } from '../site.ts';
import { expectAllDelivered } from './delivered.ts';
import { expectInOrder, expectNoPartOfARun, manifestReader, type ReadManifests } from './published.ts';
import { createTables, startWriters, type Writers } from './writers.ts';

const TASK = 'ledger';
const HOOK = path.join(import.meta.dirname, 'hook.ts');

/** Nothing is held back by a lag: what is open at the time of a run is all that keeps late rows from being lost. */
const SPEC = {
  task_name: TASK,
  // Used by the daemon. `tidemark run` takes no notice of it.
  schedule: '* * * * * *',
  table: [
    { name: 'entries', cdc: { created_at: { mode: 'watermark', lag: 0 } } },
    { name: 'accounts', cdc: { updated_at: { mode: 'watermark', lag: 0 } } },
  ],
  batch_threshold_mb: 0.01,
  retries: 0,
  owner: { name: 'A. Owner', email: 'owner@example.com' },
  source: 'mysql',
  sink: 's3',
};

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
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** @param seed of what the applications write. */
export async function openKillSite(seed: number, changes: KillSiteChanges = {}): Promise<KillSite> {
  const { between = (endpoint) => Promise.resolve(endpoint) } = changes;
  const site = await openSite();
  const { database, s3 } = site;
  await createTables(database.connection);
  const { user, password } = await grantReader(database);
  await database.connection.query(`GRANT PROCESS ON *.* TO '${user}'@'%'`);
  const gate = await startGate(await between(s3.endpoint));
  const place = await site.place({ source: { user, password }, sink: { endpoint: gate.endpoint } });
  const spec = place.writeSpec(TASK, { ...SPEC, ...changes.spec });
  const writers = startWriters(database, seed);
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
      await readAll(run);
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

/** What stays unread is of the second in progress, and of a second of margin before it. */
const READ_AFTER_MS = 2500;

async function readAll(run: () => RunningCli): Promise<void> {
  await sleep(READ_AFTER_MS);
  expectDone(await run().exit);
}

/** A run that nobody disturbs succeeds, whatever was left to it. */
export function expectDone({ code, stderr }: CliResult): void {
  if (code !== 0) throw new Error(`an undisturbed run ended with ${code}:\n${stderr}`);
}
