/** A lane of this process in a crew that is led from elsewhere: does what it is told, and says what becomes of it. */
import { Worker, type Job } from 'bullmq';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import type { BatchResult, Lane } from '../lane-ports.ts';
import { toPlain } from '../plain-error.ts';
import type { Log } from '../ports.ts';
import { unpackJob } from './batch-data.ts';
import { before } from './before.ts';
import { watchBeats } from './beats.ts';
import type { QueueConfig, QueueConnection } from './connection.ts';
import { beatMs } from './crew-room.ts';
import { ledgerOf } from './host-ledger.ts';
import type { Answer, BatchData, Beat, LaneRequest, Order, Question, Report } from './messages.ts';
import { crewNames, FORGOTTEN_S } from './names.ts';
import { follow, post } from './stream.ts';

export interface HostPorts {
  readonly connection: QueueConnection;
  readonly config: QueueConfig;
  /** Where this is, for people. */
  readonly worker: string;
  /** @throws TidemarkError of the source or the config. */
  open(request: LaneRequest, signal: AbortSignal): Promise<Lane>;
  /** Ends an upload that the run will not hear of any more. */
  abortUpload(sink: string, upload: { readonly key: string; readonly uploadId: string }): Promise<void>;
  readonly redact: (text: string) => string;
  readonly log: Log;
}

export interface HostedLane {
  readonly task: string;
  /** Settles when the lane is closed. Never rejects. */
  readonly ended: Promise<void>;
  /** Ends the batch in hand, takes no other, and closes. */
  leave(): void;
  /** Closes at once; a batch in hand is put back. */
  abort(): void;
}

interface HostState {
  mayTake: boolean;
  /** After the batch in hand, the lane goes. */
  leaves: boolean;
  inHand: { readonly id: string; readonly abort: AbortController } | null;
}

/** What whoever leads has said need not be said to them. */
const DISMISSED = new TidemarkError('LANE_LOST', 'The run needs the lane no more.');

/** How long a lane that nobody leads keeps its snapshot, in milliseconds: a daemon that restarts is back by then. */
const LEADERLESS_MS = 10 * 60_000;
/** The same of a crew that nobody could lead on, in times of `lost_after`. */
const LEADERLESS_TIMES = 2;
/** How long a batch that nobody finishes is held in BullMQ's name: who is gone is seen by signs of life instead. */
const LOCK_MS = 20 * 86_400_000;
const DRAIN_DELAY_S = 2;

/** Joins a crew, with a lane that is opened for it. @param id of the request, and of the lane. */
export function hostLane(id: string, request: LaneRequest, ports: HostPorts): HostedLane {
  const { connection, config, worker, log, redact } = ports;
  const { client } = connection;
  const { task, runId, sink } = request.setup;
  const names = crewNames(config.prefix, request.crew);
  /** The lane is to be closed, for this reason. */
  const closing = new AbortController();
  const close = (why: TidemarkError | null): void => closing.abort(why ?? DISMISSED);
  let lane: Lane | null = null;
  const state: HostState = { mayTake: false, leaves: false, inHand: null };
  const report = (what: Report): Promise<void> => post(client, names.reports, id, what);
  const say = (what: Report): void => void report(what).catch(() => {});
  const ledger = ledgerOf({
    say,
    isAway: () => connection.away() !== null,
    abortUpload: (upload) => ports.abortUpload(sink, upload),
    closing: closing.signal,
  });

  let taking: Promise<void> | null = null;
  /** For Redis, which may be away for longer than the worker is there. */
  const waiting = <T>(work: () => Promise<T>): Promise<T> => before([connection.closed], work);

  const takeAll = async (): Promise<void> => {
    const taker = new Worker<BatchData, BatchResult>(names.batches, null, {
      connection: client,
      prefix: config.prefix,
      name: id,
      autorun: false,
      lockDuration: LOCK_MS,
      drainDelay: DRAIN_DELAY_S,
    });
    taker.on('error', () => {}); // The connection says so itself.
    const unblock = (): void => void taker.close(true).catch(() => {});
    closing.signal.addEventListener('abort', unblock);
    try {
      while (state.mayTake && !state.leaves && !closing.signal.aborted) {
        const job = await waiting(() => taker.getNextJob(id)).catch(() => undefined);
        if (job !== undefined) await doOne(job);
      }
    } finally {
      closing.signal.removeEventListener('abort', unblock);
      unblock();
      taking = null;
      if (state.leaves) close(new TidemarkError('LANE_LOST', `The worker ${worker} stops.`));
    }
  };

  const doOne = async (job: Job<BatchData, BatchResult>): Promise<void> => {
    const jobId = job.id!;
    const abort = new AbortController();
    state.inHand = { id: jobId, abort };
    const signal = AbortSignal.any([abort.signal, closing.signal]);
    try {
      if (!state.mayTake) throw new TidemarkError('LANE_LOST', 'It came too late.');
      const common = await waiting(() => client.hget(names.record, job.data.common));
      if (common === null)
        throw new TidemarkError('QUEUE_LOST', 'What a batch refers to is gone from Redis.');
      say({ type: 'taken', job: jobId });
      const events = ledger.eventsOf(jobId, tellProgress(jobId));
      const result = await lane!.run(unpackJob(job.data, common), events, signal);
      await completed(job, result);
      const { rows, bytes, objects } = result;
      await waiting(() => client.hdel(names.progress, jobId));
      log.info('batch read', { task, run_id: runId, lane: id, rows, bytes, files: objects.length });
      say({ type: 'done', job: jobId, total: { rows, bytes, files: objects.length } });
    } catch (thrown) {
      const error = asTidemarkError(thrown);
      if (signal.aborted || !state.mayTake) {
        // Told to end it, or to go: what was begun is the run's to end.
        await waiting(() => job.moveToWait(id)).catch(() => {});
      } else if (error.code === 'LANE_LOST') {
        await waiting(() => job.moveToWait(id)).catch(() => {});
        close(error);
      } else {
        log.warn('a batch failed', { task, lane: id, code: error.code, error });
        say({ type: 'failed', job: jobId, error: toPlain(error, redact) });
      }
    } finally {
      state.inHand = null;
    }
  };

  const completed = async (job: Job<BatchData, BatchResult>, result: BatchResult): Promise<void> => {
    try {
      await waiting(() => job.moveToCompleted(result, id, false));
    } catch (error) {
      // Sent again because the answer was lost, it is done already; otherwise the batch was given to somebody else.
      if (await waiting(() => job.isCompleted()).catch(() => false)) return;
      throw new TidemarkError('LANE_LOST', 'The batch was given to another lane.', { cause: error });
    }
  };

  const tellProgress = (jobId: string) => {
    let told = 0;
    return (progress: { readonly rows: number; readonly bytes: number; readonly files: number }): void => {
      const now = performance.now();
      if (connection.away() !== null || now - told < 1000) return;
      told = now;
      client.hset(names.progress, { [jobId]: JSON.stringify(progress) }).catch(() => {});
    };
  };

  // ---- orders ----
  let last: { readonly call: number; readonly answer: Promise<Answer> } | null = null;
  const answerTo = async (question: Question): Promise<Answer> => {
    try {
      if (question.method === 'begin') return { mark: await lane!.begin(closing.signal) };
      return { value: await lane!.scalar(question.sql, closing.signal) };
    } catch (error) {
      return { error: toPlain(error, redact) };
    }
  };
  const obey = (order: Order): void => {
    switch (order.type) {
      case 'ask': {
        if (lane === null || (last !== null && order.call < last.call)) return;
        if (last?.call !== order.call) last = { call: order.call, answer: answerTo(order.question) };
        const { call } = order;
        void last.answer.then((answer) => say({ type: 'answer', call, answer }));
        return;
      }
      case 'answer':
        ledger.answered(order.call, order.error);
        return;
      case 'start':
        state.mayTake = true;
        taking ??= takeAll();
        return;
      case 'stop':
        state.mayTake = false;
        state.inHand?.abort.abort(new TidemarkError('LANE_LOST', 'The run has been given up.'));
        void whenIdle().then(() => say({ type: 'stopped', stop: order.stop }));
        return;
      case 'close':
        close(null);
        return;
    }
  };
  const whenIdle = async (): Promise<void> => {
    // A batch that is just being handed over is put back by `doOne`.
    while (state.inHand !== null) await new Promise((resolve) => setTimeout(resolve, 20));
  };

  // ---- signs of life ----
  const everyMs = beatMs(request.lostAfterMs);
  const leader = watchBeats(LEADERLESS_MS, everyMs);
  const founder = watchBeats(LEADERLESS_TIMES * request.lostAfterMs, everyMs);
  for (const one of [leader, founder]) one.watch('leader');
  let count = 0;
  const beat = async (): Promise<void> => {
    if (connection.away() !== null) return;
    const [release, led, canBeLedOn] = await client.hmget(names.record, 'release', 'beat', 'isKept');
    if (release === null || release === undefined) return close(null);
    for (const one of [leader, founder]) one.read(new Map([['leader', Number(led)]]), performance.now());
    const watched = canBeLedOn === '1' ? leader : founder;
    if (watched.silent().length > 0)
      return close(new TidemarkError('LANE_LOST', 'Nobody leads the run any more.'));
    count += 1;
    const sign: Beat = { count, job: state.inHand?.id ?? null };
    await client
      .multi()
      .hset(names.beats, { [id]: JSON.stringify(sign) })
      .expire(names.beats, FORGOTTEN_S)
      .exec();
  };
  const beating = setInterval(() => void beat().catch(() => {}), everyMs);

  const live = async (): Promise<void> => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    closing.signal.addEventListener('abort', () => resolve());
    let follower: { stop(): void } | null = null;
    try {
      await beat().catch(() => {});
      lane = await ports.open(request, closing.signal);
      log.info('lane opened', { task, run_id: runId, lane: id });
      follower = follow(connection.blocking(), names.orders, ({ lane: to, body }) => {
        if (to === id || to === '*') obey(JSON.parse(body) as Order);
      });
      say({ type: 'joined', worker });
      await closed;
      await taking;
      if (closing.signal.reason !== DISMISSED)
        say({ type: 'gone', error: toPlain(closing.signal.reason, redact) });
    } catch (thrown) {
      const error = asTidemarkError(thrown);
      if (!closing.signal.aborted) {
        log.warn('a lane could not be opened', { task, run_id: runId, code: error.code, error });
        say({ type: 'failed to join', worker, error: toPlain(error, redact) });
      }
    } finally {
      clearInterval(beating);
      follower?.stop();
      await lane?.close().catch(() => {});
      log.info('lane closed', { task, run_id: runId, lane: id });
    }
  };

  return {
    task,
    ended: live(),
    leave() {
      state.leaves = true;
      if (state.inHand === null) close(new TidemarkError('LANE_LOST', `The worker ${worker} stops.`));
    },
    abort: () => close(new TidemarkError('LANE_LOST', `The worker ${worker} stops.`)),
  };
}
