/** A worker: takes what crews ask for, as long as it has room, and holds their lanes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DelayedError, Worker, type Job } from 'bullmq';
import { before } from './before.ts';
import { post } from './stream.ts';
import { hostLane, type HostedLane, type HostPorts } from './lane-host.ts';
import type { LaneRequest, Report } from './messages.ts';
import { crewNames, releaseOf, REQUESTS } from './names.ts';

export interface WorkerPorts extends HostPorts {
  /** Version of this program. */
  readonly program: string;
  /** Lanes at a time. */
  readonly concurrency: number;
  /** What there is memory for, over all lanes; one lane is always taken. */
  readonly slots: number;
  slotsFor(request: LaneRequest): number;
  /** What speaks against reading for a crew, as a sentence; null: nothing. */
  objection(request: LaneRequest): string | null;
}

export interface RunningWorker {
  /** Lanes that are open, and what they are at. */
  lanes(): readonly HostedLane[];
  /**
   * Takes no more; batches in hand are ended, or after the grace put back. Settles when every lane is closed. Where
   * Redis is away, it is not waited for longer than that: the connection is closed.
   *
   * @param atOnce ends the grace.
   */
  stop(graceMs: number, atOnce: AbortSignal): Promise<void>;
}

/** Who has lanes lets others go first, so that each worker gets its share. */
const POLITE_MS = 150;
/** Who has refused a request, or has too little room for it, lets others have a look at it. */
const REFUSED_MS = 3000;
const DRAIN_DELAY_S = 5;

export function startWorker(ports: WorkerPorts): RunningWorker {
  const { connection, config, worker, program, concurrency, log } = ports;
  const lanes = new Set<HostedLane>();
  /** Slots in use. */
  let used = 0;
  const stopping = new AbortController();
  const { signal } = stopping;
  const taker = new Worker<LaneRequest>(REQUESTS, null, {
    connection: connection.client,
    prefix: config.prefix,
    name: worker,
    autorun: false,
    drainDelay: DRAIN_DELAY_S,
    // What a worker had taken that died before it joined, others find again.
    lockDuration: config.lost_after_ms,
    stalledInterval: config.lost_after_ms,
    maxStalledCount: 1000,
  });
  taker.on('error', () => {}); // The connection says so itself.

  /** For Redis, which may be away for longer than the worker is there. */
  const waiting = <T>(work: () => Promise<T>): Promise<T> => before([connection.closed], work);

  const refuse = async (job: Job<LaneRequest>, why: string): Promise<void> => {
    const { crew, setup } = job.data;
    log.warn('a lane is refused', { task: setup.task, run_id: setup.runId, why });
    const report: Report = { type: 'refused', worker, why };
    await waiting(() => post(connection.client, crewNames(config.prefix, crew).reports, job.id!, report));
    await leaveToOthers(job);
  };
  const leaveToOthers = async (job: Job<LaneRequest>): Promise<void> => {
    const until = Date.now() + REFUSED_MS / 2;
    await waiting(() => job.moveToDelayed(until, job.token)).catch((error: unknown) => {
      if (!(error instanceof DelayedError)) throw error;
    });
    await pause(REFUSED_MS);
  };

  const take = async (job: Job<LaneRequest>): Promise<void> => {
    const { record } = crewNames(config.prefix, job.data.crew);
    // Whoever asked was killed, and nobody takes it back.
    if ((await waiting(() => connection.client.hexists(record, 'release'))) === 0) {
      await waiting(() => job.moveToCompleted(null, job.token!, false));
      return;
    }
    const own = releaseOf(program);
    const { release } = job.data;
    const why =
      release === own
        ? ports.objection(job.data)
        : `It is of release ${own}, and the run of release ${release}. Run the same release everywhere.`;
    if (why !== null) return refuse(job, why);
    const needed = ports.slotsFor(job.data);
    if (lanes.size > 0 && used + needed > ports.slots) return leaveToOthers(job);
    // First: two workers that hold one lane would be worse than none that does.
    await waiting(() => job.moveToCompleted(null, job.token!, false));
    const lane = hostLane(job.id!, job.data, ports);
    lanes.add(lane);
    used += needed;
    void lane.ended.then(() => {
      lanes.delete(lane);
      used -= needed;
      wake();
    });
  };

  /** Ends the wait for room. */
  let wake = (): void => {};
  signal.addEventListener('abort', () => wake());
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => {});
  const takeAll = async (): Promise<void> => {
    await taker.startStalledCheckTimer();
    for (let tokens = 0; !signal.aborted; tokens++) {
      if (lanes.size >= concurrency || used >= ports.slots) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      await pause(POLITE_MS * lanes.size);
      if (signal.aborted) return;
      const job = await waiting(() => taker.getNextJob(`${worker}:${tokens}`)).catch(() => undefined);
      // Redis may go away in between: what was not completed, others take.
      if (job !== undefined) await take(job).catch(() => {});
    }
  };
  const taking = takeAll();
  const stopTaking = async (graceMs: number, atOnce: AbortSignal): Promise<void> => {
    let isOver = false;
    /** What waits for a Redis that is away is rejected: whoever leads misses the lanes, and others read their batches. */
    const letGo = (): void => {
      if ((isOver || lanes.size === 0) && connection.away() !== null) connection.close();
    };
    const endGrace = (): void => {
      isOver = true;
      for (const lane of lanes) lane.abort();
      letGo();
    };
    const leave = (): void => {
      for (const lane of lanes) {
        lane.leave();
        if (isOver) lane.abort();
        void lane.ended.then(letGo);
      }
    };
    stopping.abort();
    void taker.close(true).catch(() => {});
    const stopHearing = connection.onAway(letGo);
    const grace = setTimeout(endGrace, graceMs);
    atOnce.addEventListener('abort', endGrace);
    leave();
    if (atOnce.aborted) endGrace();
    else letGo();
    await taking;
    // One that was just being taken.
    leave();
    await Promise.all([...lanes].map(({ ended }) => ended));
    clearTimeout(grace);
    atOnce.removeEventListener('abort', endGrace);
    stopHearing();
  };

  return {
    lanes: () => [...lanes],
    stop: stopTaking,
  };
}
