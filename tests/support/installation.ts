/**
 * An installation in this process, on a database, a bucket and a state folder of its own: integration tests run specs
 * with it and read back what was published.
 */
import { writeFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { loadConfig } from '../../src/config/load.ts';
import type { Spec } from '../../src/domain/spec.ts';
import type { PastRun, RunReport, Trigger } from '../../src/domain/run.ts';
import { executeRun, type Installation } from '../../src/execute.ts';
import type { RunOutcome } from '../../src/report.ts';
import { sinkOptions, sourceOptions } from '../../src/commands/endpoints.ts';
import { openInstallation, type LiveInstallation } from '../../src/commands/installation.ts';
import type { S3SinkOptions } from '../../src/sinks/s3/options.ts';
import type { MysqlSourceOptions } from '../../src/sources/mysql/connect.ts';
import { parseSpec } from '../../src/spec/parse.ts';
import { readState, type StateDatabase } from '../../src/state/database.ts';
import { listRuns } from '../../src/state/history.ts';
import { listWatermarks } from '../../src/state/watermarks.ts';
import { freshDatabase, type TestDatabase } from './mysql.ts';
import { parseCsv, type ParsedCsv } from './parse-csv.ts';
import { byHand } from './runs.ts';
import { startS3, type TestS3 } from './s3.ts';
import { workspace } from './workspace.ts';

export const NO_OBSERVER = { planned: () => {}, progress: () => {} };
export const NEVER = new AbortController().signal;

export interface Manifest {
  readonly entries: readonly {
    readonly url: string;
    readonly key: string;
    readonly batch: number | null;
    readonly crc32: string;
    readonly mandatory: boolean;
    readonly meta: { readonly content_length: number; readonly record_count: number };
  }[];
  readonly rows: number;
  readonly bytes: number;
  readonly warnings: readonly string[];
  readonly tables: readonly {
    readonly name: string;
    readonly sql: string;
    readonly rows: number;
    readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable: boolean }[];
  }[];
  readonly [name: string]: unknown;
}

/** A run that succeeded, and what it published. */
export interface Exported {
  readonly report: RunReport;
  readonly manifest: Manifest;
  /** Bytes of each object, in the order of the report's files. */
  readonly objects: readonly Buffer[];
  /** The object of a table that was exported as one, in the default dialect. */
  csv(table: string): ParsedCsv;
}

export interface TestInstallation {
  readonly database: TestDatabase;
  readonly s3: TestS3;
  readonly bucket: string;
  readonly stateDir: string;
  /** Path of the config file, for a process of its own. */
  readonly configFile: string;
  readonly installation: LiveInstallation;
  readonly source: MysqlSourceOptions;
  readonly sink: S3SinkOptions;
  /** A spec from its fields; task name, owner, source and sink are filled in, and that nothing is tried again. */
  spec(fields: Readonly<Record<string, unknown>>): Spec;
  run(fields: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<RunOutcome>;
  /** @param changes parts of the installation that are replaced. */
  runSpec(
    spec: Spec,
    trigger?: Trigger,
    changes?: Partial<Installation>,
    signal?: AbortSignal,
  ): Promise<RunOutcome>;
  /** Runs a spec that is meant to succeed. */
  export(fields: Readonly<Record<string, unknown>>): Promise<Exported>;
  /** Runs of a task as the state remembers them, newest first. */
  past(task: string): readonly PastRun[];
  /** What a task remembers, by table. */
  watermarks(task: string): Readonly<Record<string, string>>;
  /** All that is in the bucket or on its way into it. */
  traces(): Promise<{ readonly keys: readonly string[]; readonly uploads: readonly string[] }>;
  close(): Promise<void>;
}

export interface TestInstallationOptions {
  /** Settings of the config's source and sink that replace the usual ones. */
  readonly source?: Readonly<Record<string, unknown>>;
  readonly sink?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  /** A server other than the one of the test run. */
  readonly serverUrl?: string;
  /** Whether also what one connection reads is read in a thread, as the daemon does. */
  readonly threads?: boolean;
}

let tasks = 0;

export async function testInstallation(options: TestInstallationOptions = {}): Promise<TestInstallation> {
  const database = await freshDatabase(options.serverUrl);
  const s3 = await startS3();
  const bucket = await s3.bucket();
  const place = await workspace({ database, s3, bucket });
  const { sources, sinks } = place.config as { sources: { mysql: object }; sinks: { s3: object } };
  const document = {
    ...place.config,
    sources: { mysql: { ...sources.mysql, ...options.source } },
    sinks: { s3: { ...sinks.s3, ...options.sink } },
    ...options.config,
  };
  writeFileSync(place.configFile, JSON.stringify(document));
  const config = loadConfig({ file: place.configFile, env: {} });
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const installation = openInstallation(config, { stderr: silent, sparesOne: options.threads !== true });

  const spec = (fields: Readonly<Record<string, unknown>>): Spec => {
    const common = { task_name: `task-${tasks++}`, owner: { email: 'owner@example.com' }, retries: 0 };
    return parseSpec(JSON.stringify({ ...common, source: 'mysql', sink: 's3', ...fields }), 'test.json');
  };
  const runSpec: TestInstallation['runSpec'] = (one, trigger = byHand(), changes = {}, signal = NEVER) =>
    executeRun({ ...installation, ...changes }, one, trigger, NO_OBSERVER, signal);
  const run: TestInstallation['run'] = (fields, signal) => runSpec(spec(fields), byHand(), {}, signal);

  const fromState = <T>(read: (db: StateDatabase['db']) => T): T => {
    const state = readState(config.state_dir);
    try {
      return read(state.db);
    } finally {
      state.close();
    }
  };

  return {
    database,
    s3,
    bucket,
    installation,
    spec,
    run,
    runSpec,
    configFile: place.configFile,
    stateDir: config.state_dir,
    source: sourceOptions(config.sources['mysql']!),
    sink: sinkOptions(config.sinks['s3']!),
    async export(fields) {
      const { report, error } = await run(fields);
      if (error !== null) throw error;
      return readExport(s3, bucket, report);
    },
    past: (task) => fromState((db) => listRuns(db, { task, since: null, limit: 1000 })),
    watermarks: (task) =>
      fromState((db) =>
        Object.fromEntries(listWatermarks(db, task).map(({ table, value }) => [table, value])),
      ),
    async traces() {
      const uploads = await s3.openUploads(bucket);
      return { keys: await s3.list(bucket), uploads: uploads.map(({ key }) => key) };
    },
    async close() {
      await installation.close();
      await s3.stop();
      await database.drop();
      place.remove();
    },
  };
}

/** What a run that succeeded has left in the bucket. */
export async function readExport(s3: TestS3, bucket: string, report: RunReport): Promise<Exported> {
  const objects: Buffer[] = [];
  for (const { key } of report.files) objects.push(await s3.get(bucket, key));
  const manifest = JSON.parse((await s3.get(bucket, report.manifest!)).toString()) as Manifest;
  return {
    report,
    manifest,
    objects,
    csv(table) {
      const index = report.files.findIndex((file) => file.table === table);
      if (index === -1) throw new Error(`no object of ${table} was published`);
      return parseCsv(objects[index]!);
    },
  };
}
