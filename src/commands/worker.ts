/**
 * `tidemark worker`: reads batches for daemons on other machines, with the sources and sinks of its own config. Runs
 * until SIGTERM or SIGINT: then it takes no more, and ends what it has in hand or hands it back.
 */
import { hostname } from 'node:os';
import { secretsOf, type Config } from '../config/config.ts';
import { loadProcessConfig } from '../config/load.ts';
import { processSupervision } from '../config/supervision.ts';
import { slotsFor } from '../crew/budget.ts';
import { fairSlots } from '../crew/slots.ts';
import { startSupervisor } from '../daemon/supervisor.ts';
import { TidemarkError } from '../errors.ts';
import { createLog, type ProcessLog } from '../log.ts';
import { connectQueue } from '../queue/connection.ts';
import { hmacProof } from '../queue/hmac-proof.ts';
import type { LaneRequest } from '../queue/messages.ts';
import { startWorker, type RunningWorker } from '../queue/worker.ts';
import { createRedactor } from '../redact.ts';
import { s3Sink, type S3Sink } from '../sinks/s3/sink.ts';
import { openLanePool, wantedLanes, type LanePool } from './crews.ts';
import { entryOf, sinkOptions } from './endpoints.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { logSettings } from './log-settings.ts';
import type { CommonOptions } from './options.ts';
import { openSourceCaps } from './source-caps.ts';
import { openSourceReadings } from './source-readings.ts';
import { version } from './version.ts';

export interface WorkerOptions extends CommonOptions {
  readonly concurrency?: string;
}

/** How often the log says how the worker is, in milliseconds. */
const HEALTH_MS = 5 * 60_000;

export async function workerCommand(options: WorkerOptions): Promise<ExitCode> {
  const overrides = options.concurrency === undefined ? {} : { 'executor.concurrency': options.concurrency };
  const config = loadProcessConfig({ file: options.config, overrides });
  const { executor } = config;
  if (executor.type !== 'bullmq') throw noQueue(config.file);
  const redact = createRedactor(secretsOf(config));
  const log = createLog({
    logsDir: config.logs_dir,
    ...logSettings(config),
    redact,
    onWriteFailure: () => {},
  });
  const connection = connectQueue(executor, 'worker');
  const readings = openSourceReadings();
  const pool = openLanePool({
    config,
    cap: openSourceCaps().adopt(config.sources),
    reading: (source) => readings.of(source, entryOf(config.sources, source, 'source')),
    slots: fairSlots(1),
    meter: null,
  });
  const sinks = new Map<string, S3Sink>();
  const sinkNamed = (name: string): S3Sink => {
    const sink = sinks.get(name) ?? s3Sink(sinkOptions(entryOf(config.sinks, name, 'sink')));
    sinks.set(name, sink);
    return sink;
  };
  const name = `${hostname()}:${process.pid}`;
  // Lanes beyond that would wait for memory, with a connection and buffers of their own meanwhile.
  const concurrency = Math.min(wantedLanes(config), pool.slots.count);
  const sayAway = (reason: string | null): void => {
    if (reason === null) log.info('the queue can be used', {});
    else log.warn('the queue cannot be used; the worker waits for it', { reason });
  };
  connection.onAway(sayAway);
  const worker = startWorker({
    connection,
    config: executor,
    worker: name,
    program: version(),
    concurrency,
    slots: pool.slots.count,
    slotsFor: ({ output }) => slotsFor(output),
    objection: (request) => objection(config, request, (sink) => sinkNamed(sink).url('')),
    open: (request, signal) => openLane(pool, request, signal),
    abortUpload: (sink, upload) => sinkNamed(sink).abort(upload),
    redact,
    log,
  });
  const state = () => ({
    tasks: 0,
    running: worker.lanes().length,
    waiting: 0,
    problem: connection.away(),
    lateMs: 0,
  });
  const supervisor = startSupervisor({ ...processSupervision(), state, log });
  log.info('worker runs', { pid: process.pid, worker: name, concurrency, version: version() });
  supervisor.ready();
  const health = setInterval(() => sayHealth(worker, connection.away(), log), HEALTH_MS);

  const signal = await stopSignal();
  supervisor.stopping();
  log.info('worker stops', { reason: signal, lanes: worker.lanes().length });
  const secondSignal = new AbortController();
  process.once('SIGTERM', () => secondSignal.abort()).once('SIGINT', () => secondSignal.abort());
  await worker.stop(config.shutdown_grace_ms, secondSignal.signal);
  clearInterval(health);
  connection.close();
  await pool.close();
  for (const sink of sinks.values()) sink.close();
  log.info('worker has stopped');
  await supervisor.close();
  return EXIT.done;
}

function noQueue(file: string): TidemarkError {
  return new TidemarkError(
    'CONFIG_INVALID',
    `${file} names no queue that a worker could take batches from.`,
    {
      hint: 'Give it the executor of the daemon: "executor": {"type": "bullmq", "url": "redis://…"}.',
    },
  );
}

/** What the run would have otherwise than it thinks. */
function objection(
  config: Config,
  { crew, setup, place, hmacProof: proof }: LaneRequest,
  placeOf: (sink: string) => string,
): string | null {
  const { source, sink } = setup;
  if (!Object.hasOwn(config.sources, source)) return `Its config has no source "${source}".`;
  if (!Object.hasOwn(config.sinks, sink)) return `Its config has no sink "${sink}".`;
  const own = placeOf(sink);
  if (own !== place) return `Its sink "${sink}" is ${own}, and that of the run is ${place}.`;
  if (setup.hmac && hmacProof(config.masking.hmac_key, crew) !== proof)
    return 'Its masking.hmac_key is not that of the run.';
  return null;
}

/** The daemon has counted its connection: `max_connections` holds over all machines. */
async function openLane(pool: LanePool, { setup }: LaneRequest, signal: AbortSignal) {
  const partsAtOnce = pool.partsAtOnce(setup.sink);
  const [lane] = await pool.lanes.open({ ...setup, partsAtOnce }, 1, signal);
  return lane!;
}

function sayHealth(worker: RunningWorker, away: string | null, log: ProcessLog): void {
  const lanes = worker.lanes();
  log.info('worker is well', {
    lanes: lanes.length,
    tasks: [...new Set(lanes.map(({ task }) => task))],
    ...(away === null ? {} : { waits_for_queue: away }),
    rss_mb: Math.round(process.memoryUsage.rss() / 1e6),
  });
}

function stopSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  process.once('SIGTERM', resolve).once('SIGINT', resolve);
  return promise;
}
