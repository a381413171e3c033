/**
 * What the end-to-end tests of one file run in: a database with people in it, a mailbox, and for each test a folder
 * with a config and a bucket of its own.
 */
import { startTidemark, type CliResult, type RunningCli } from '../support/cli.ts';
import { loadHr } from '../support/hr.ts';
import { freshDatabase, type TestDatabase } from '../support/mysql.ts';
import { startS3, type TestS3 } from '../support/s3.ts';
import { startMailbox, type Mailbox } from '../support/smtp.ts';
import { workspace, type Workspace } from '../support/workspace.ts';

export interface Site {
  readonly database: TestDatabase;
  readonly s3: TestS3;
  readonly mailbox: Mailbox;
  /** A new folder and a new bucket; both go with the site. */
  place(changes?: PlaceChanges): Promise<Place>;
  stop(): Promise<void>;
}

export interface PlaceChanges {
  /** Settings laid over those of the source `mysql`, such as the port of a proxy. */
  readonly source?: Readonly<Record<string, unknown>>;
  /** The same for the sink `s3`. */
  readonly sink?: Readonly<Record<string, unknown>>;
  readonly smtp?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Environment of the commands. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Place extends Workspace {
  readonly bucket: string;
  /** Starts `tidemark ARGS --config …` and lets it run. */
  start(...args: string[]): RunningCli;
  /** Runs `tidemark ARGS --config …` to its end. */
  tidemark(...args: string[]): Promise<CliResult>;
  keys(): Promise<string[]>;
  text(key: string): Promise<string>;
  /** Whether the bucket is as if nothing had ever run: no object and no open upload. */
  remains(): Promise<{ keys: string[]; uploads: string[] }>;
}

/** What a bucket looks like in which nothing is left. */
export const NOTHING = { keys: [], uploads: [] };

export async function openSite(): Promise<Site> {
  const [database, s3, mailbox] = await Promise.all([freshDatabase(), startS3(), startMailbox()]);
  await loadHr(database.connection);
  const places: Place[] = [];
  const running = new Set<RunningCli>();
  return {
    database,
    s3,
    mailbox,
    async place(changes = {}) {
      const place = await openPlace({ database, s3, mailbox }, changes, running);
      places.push(place);
      return place;
    },
    async stop() {
      // A test that failed half-way has left its daemon; it must not outlive the servers.
      for (const child of running) child.kill('SIGKILL');
      await Promise.all([...running].map((child) => child.exit));
      for (const place of places) place.remove();
      await Promise.all([database.drop(), s3.stop(), mailbox.stop()]);
    },
  };
}

async function openPlace(
  { database, s3, mailbox }: Pick<Site, 'database' | 's3' | 'mailbox'>,
  changes: PlaceChanges,
  running: Set<RunningCli>,
): Promise<Place> {
  const bucket = await s3.bucket();
  const { sources, sinks, smtp } = baseConfig(database, s3, mailbox, bucket);
  const space = await workspace({
    database,
    s3,
    bucket,
    mailbox,
    config: {
      sources: { mysql: { ...sources, ...changes.source } },
      sinks: { s3: { ...sinks, ...changes.sink } },
      smtp: { ...smtp, ...changes.smtp },
      ...changes.config,
    },
  });
  const start = (...args: string[]): RunningCli => {
    const options = { cwd: space.folder, env: changes.env ?? {} };
    const child = startTidemark([...args, '--config', space.configFile], options);
    running.add(child);
    void child.exit.then(() => running.delete(child));
    return child;
  };
  return {
    ...space,
    bucket,
    start,
    tidemark: (...args) => start(...args).exit,
    keys: () => s3.list(bucket),
    text: async (key) => (await s3.get(bucket, key)).toString(),
    async remains() {
      const uploads = await s3.openUploads(bucket);
      return { keys: await s3.list(bucket), uploads: uploads.map(({ key }) => key) };
    },
  };
}

function baseConfig(database: TestDatabase, s3: TestS3, mailbox: Mailbox, bucket: string) {
  const { host, port, user, password, name } = database;
  return {
    sources: { type: 'mysql', host, port, user, password, database: name },
    sinks: {
      type: 's3',
      bucket,
      region: s3.region,
      endpoint: s3.endpoint,
      force_path_style: true,
      access_key_id: s3.credentials.accessKeyId,
      secret_access_key: s3.credentials.secretAccessKey,
    },
    smtp: {
      host: mailbox.host,
      port: mailbox.port,
      from: 'tidemark@example.com',
      admin: 'data-platform@example.com',
    },
  };
}
