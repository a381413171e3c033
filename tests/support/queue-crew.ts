/** Crews and workers on one Redis, whose lanes read nothing: what they do with a batch, each test says itself. */
import { slotsFor } from '../../src/crew/budget.ts';
import type { BatchJob, BatchResult, CrewRequest, JobEvents } from '../../src/lane-ports.ts';
import type { Log, Source } from '../../src/ports.ts';
import { connectQueue, type QueueConfig, type QueueConnection } from '../../src/queue/connection.ts';
import { queueCrews, type QueueCrews } from '../../src/queue/crews.ts';
import type { LaneRequest } from '../../src/queue/messages.ts';
import { startWorker, type RunningWorker } from '../../src/queue/worker.ts';
import { RUN_SETUP } from './lane-setup.ts';

export type Read = (job: BatchJob, events: JobEvents, signal: AbortSignal) => Promise<BatchResult>;

export interface WorkerOptions {
  readonly concurrency?: number;
  /** Of memory; Parquet takes two. By default, there are enough. */
  readonly slots?: number;
  readonly objection?: (request: LaneRequest) => string | null;
}

export interface QueuePlace {
  readonly config: QueueConfig;
  /** What leaders and workers have logged, one line each. */
  readonly said: readonly string[];
  connect(url?: string): QueueConnection;
  worker(name: string, read: Read, options?: WorkerOptions & { readonly url?: string }): RunningWorker;
  crews(options?: { readonly detach?: AbortSignal; readonly connection?: QueueConnection }): QueueCrews;
  /** Ends all connections: what still waits for Redis is rejected. */
  close(): void;
}

export const NEVER = new AbortController().signal;

export const BATCH_RESULT: BatchResult = {
  objects: [],
  rows: 1,
  rowsRead: 1,
  bytes: 1,
  zeroDates: {},
  invalidTexts: {},
  brokenJson: {},
  notes: [],
};

const UNPROVEN: Source['referee'] = () => ({
  reading: async () => ({ server: 'server', position: null, settled: false, obstacle: null }),
  lock: () => Promise.reject(new Error('nobody should ask for it')),
  close: async () => {},
});

/** The run of `crewRequest`, where nobody leads it. */
export const LEFT = { runId: 'r', task: 't', source: 'source' } as const;

export function crewRequest(lanes: number, runId = 'r'): CrewRequest {
  return {
    setup: { ...RUN_SETUP, runId },
    lanes,
    consistency: 'per_batch',
    tables: ['a'],
    output: { format: 'csv' },
    server: null,
    onWait: () => {},
  };
}

/** Only what the queue looks at: nothing else is read of it. */
export function batchJob(id: string): BatchJob {
  const job = {
    id,
    task: 't',
    runId: 'r',
    export: { name: 'a', sql: `SELECT ${id}` },
    numbers: { first: 0, step: 1 },
  };
  return job as unknown as BatchJob;
}

export function jobEvents(own: Partial<JobEvents> = {}): JobEvents {
  const nothing = async (): Promise<void> => {};
  return { beginning: nothing, begun: nothing, progress: () => {}, said: () => {}, waits: () => {}, ...own };
}

export function queuePlace(url: string, prefix: string, own: Partial<QueueConfig> = {}): QueuePlace {
  const config: QueueConfig = {
    type: 'bullmq',
    url,
    tls_ca: null,
    prefix,
    lost_after_ms: 5000,
    worker_wait_ms: 60_000,
    concurrency: 1,
    ...own,
  };
  const said: string[] = [];
  const say = (message: string, fields: object = {}): void =>
    void said.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: say, info: say, warn: say, error: say };
  const redact = (text: string): string => text;
  const connections: QueueConnection[] = [];
  const connect = (to = url): QueueConnection => {
    const connection = connectQueue({ ...config, url: to }, 'test');
    connections.push(connection);
    return connection;
  };
  return {
    config,
    said,
    connect,
    worker: (name, read, { url: to, concurrency = 1, slots = 100, objection = () => null } = {}) =>
      startWorker({
        connection: connect(to),
        config,
        worker: name,
        program: '0.1.0',
        concurrency,
        slots,
        slotsFor: ({ output }) => slotsFor(output),
        objection,
        open: async () => ({
          begin: async () => ({ server: 'server', commits: null, position: null }),
          run: read,
          scalar: async () => null,
          loss: () => null,
          close: async () => {},
        }),
        abortUpload: async () => {},
        redact,
        log,
      }),
    crews: ({ detach = NEVER, connection = connect() } = {}) =>
      queueCrews(
        {
          connection,
          config,
          program: '0.1.0',
          source: () => ({ referee: UNPROVEN }) as unknown as Source,
          place: () => 's3://a/',
          hmacProof: () => null,
          detach,
          redact,
          log,
        },
        false,
      ),
    close: () => {
      for (const connection of connections) connection.close();
    },
  };
}
