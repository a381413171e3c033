/**
 * Some jobs of a run as a BullMQ flow: a batch for each, and a commit that becomes due when all are done. Lanes take the
 * batches as they have room; one whose lane is gone is put back for another. See docs/decisions/0019-queue.md.
 */
import { FlowProducer, Job, Queue } from 'bullmq';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import type { BatchJob, BatchResult, JobEvents } from '../lane-ports.ts';
import { fromPlain, type PlainError } from '../plain-error.ts';
import { packJobs } from './batch-data.ts';
import { before, CLOSE_MS, within } from './before.ts';
import type { CrewRoom, JobReport } from './crew-room.ts';
import { openDesk } from './ledger-desk.ts';
import type { BatchData, JobProgress } from './messages.ts';
import { orRefusal } from './refusal.ts';

export interface FlowJobs {
  /** Counts the flows of a crew: makes names distinct. */
  readonly flow: number;
  readonly jobs: readonly BatchJob[];
  readonly events: (job: BatchJob) => JobEvents;
  /** Questions of lanes that whoever led the crew before has answered. */
  readonly answered: ReadonlySet<string>;
  /** Calls on whoever leads: everything is left as it is. */
  readonly detach: AbortSignal;
}

/** How long lanes have to end what they do when the run is given up, in milliseconds; the rest is recovery's. */
const REST_MS = 15_000;
const STOP_AGAIN_MS = 3000;

/**
 * Has the jobs done, or those of them that have not been yet.
 *
 * @returns results in the order of the jobs.
 * @throws TidemarkError of the first job that failed; LANE_LOST, QUEUE_LOST; a signal's reason.
 */
export async function runFlow(
  room: CrewRoom,
  { flow, jobs, events, answered, detach }: FlowJobs,
  signal: AbortSignal,
): Promise<BatchResult[]> {
  if (jobs.length === 0) return [];
  const { connection, config, names, record } = room;
  const at = { connection: connection.client, prefix: config.prefix };
  const batches = new Queue<BatchData, BatchResult>(names.batches, at);
  const commits = new Queue(names.commits, at);
  for (const queue of [batches, commits]) queue.on('error', () => {}); // The connection says so itself.
  const ids = jobs.map((_, index) => `${flow}-${index}`);
  const byId = new Map(ids.map((id, index) => [id, jobs[index]!]));
  const commit = `${flow}-commit`;

  const { promise: over, resolve, reject } = Promise.withResolvers<BatchResult[]>();
  over.catch(() => {}); // It is waited for below, when the flow has been added.
  const eventsOf = new Map<string, JobEvents>();
  const current = (id: string): JobEvents => {
    const known = eventsOf.get(id) ?? events(byId.get(id)!);
    eventsOf.set(id, known);
    return known;
  };
  const isPresent = (lane: string): boolean => room.present().some((member) => member.lane.id === lane);
  /** Redis knows it, also of lanes that an earlier leader has given up, and of batches that it gave out a second time. */
  const holds = async (lane: string, job: string): Promise<boolean> => {
    const holder = await connection.client.get(`${batches.toKey(job)}:lock`);
    return isPresent(lane) && holder === lane;
  };
  const desk = openDesk(room, { eventsOf: current, holds, answered, detach });
  const fail = async (lane: string, job: string, error: PlainError): Promise<void> => {
    if (await holds(lane, job)) reject(fromPlain(error));
  };

  const hear = (lane: string, report: JobReport): void => {
    // Of an earlier flow.
    if (!byId.has(report.job)) return;
    // Its questions are answered: with that.
    if (report.type !== 'ledger' && !isPresent(lane)) return;
    switch (report.type) {
      case 'taken':
        eventsOf.set(report.job, events(byId.get(report.job)!));
        break;
      case 'ledger':
        desk.enter(lane, report);
        break;
      case 'said':
        current(report.job).said(report.message);
        break;
      case 'waits':
        current(report.job).waits(report.reason);
        break;
      case 'done':
        current(report.job).progress(report.total);
        break;
      case 'failed':
        // Where Redis cannot say who has it, the batch is seen to be in nobody's hand, and is read again.
        fail(lane, report.job, report.error).catch(() => {});
        break;
    }
  };

  const look = async (): Promise<void> => {
    try {
      const state = await commits.getJobState(commit);
      if (state === 'unknown') reject(lost());
      else if (state !== 'waiting-children') resolve(await resultsOf(commits, commit, batches, ids));
      else if (room.present().length === 0) reject(deserted(room));
      else await putBack(room, batches, idle);
      for (const [id, now] of Object.entries(await connection.client.hgetall(names.progress)))
        if (byId.has(id)) current(id).progress(JSON.parse(now) as JobProgress);
    } catch (error) {
      // Redis may have gone away in between. Anything else will not pass by itself.
      if (connection.away() === null && connection.client.status === 'ready')
        reject(asTidemarkError(orRefusal(error)));
    }
  };
  const idle: IdleSince = new Map();

  const onAbort = (): void => reject(signal.reason);
  const onDetach = (): void => reject(detach.reason);
  const stopHearing = room.onJobReport(hear);
  let stopLooking = (): void => {};
  /** Or may be. */
  let isThere = true;
  try {
    // In this order: a run that is left and told to end at once is left.
    await before([detach, signal], async () => {
      if ((await commits.getJobState(commit)) === 'unknown')
        await add().catch((error: unknown) => {
          isThere = orRefusal(error) === error;
          throw error;
        });
      await room.tell('*', { type: 'start' });
    });
    stopLooking = room.onLook(look);
    signal.addEventListener('abort', onAbort);
    detach.addEventListener('abort', onDetach);
    return await over;
  } catch (error) {
    desk.close();
    if (isThere && !detach.aborted) await atRest(room, batches);
    throw error;
  } finally {
    stopHearing();
    stopLooking();
    signal.removeEventListener('abort', onAbort);
    detach.removeEventListener('abort', onDetach);
    void Promise.allSettled([batches.close(), commits.close()]);
  }

  /** In one transaction; adding twice adds once. */
  async function add(): Promise<void> {
    const { batches: packed, commons } = packJobs(jobs, flow);
    await record.keepCommons(commons);
    const producer = new FlowProducer(at);
    producer.on('error', () => {});
    await producer.add({
      name: 'commit',
      queueName: names.commits,
      data: {},
      opts: { jobId: commit },
      children: packed.map((data, index) => ({
        name: 'batch',
        queueName: names.batches,
        data,
        opts: { jobId: ids[index]! },
      })),
    });
    await producer.close();
  }
}

async function resultsOf(
  commits: Queue,
  commit: string,
  batches: Queue,
  ids: readonly string[],
): Promise<BatchResult[]> {
  const job = await Job.fromId(commits, commit);
  const values: Record<string, unknown> = (await job?.getChildrenValues()) ?? {};
  return ids.map((id) => {
    const value = values[batches.toKey(id)];
    if (value === undefined) throw lost();
    return value as BatchResult;
  });
}

/** By batch: at which beat of its lane it was seen not to be in the lane's hand. */
type IdleSince = Map<string, number>;

/**
 * Puts back batches that nobody has in hand: their lane is gone, or Redis has forgotten, when it was killed, that they
 * were done or put back.
 */
async function putBack(room: CrewRoom, batches: Queue, idle: IdleSince): Promise<void> {
  const { client } = room.connection;
  const members = new Map(room.members().map((member) => [member.lane.id, member]));
  const active = await client.lrange(batches.toKey('active'), 0, -1);
  for (const id of active) {
    const lane = (await client.hget(batches.toKey(id), 'pb')) ?? '';
    const member = members.get(lane);
    const beat = member?.beat ?? null;
    if (member?.state === 'joined') {
      const isInHand = beat === null || beat.job === id;
      const since = idle.get(id);
      if (isInHand) idle.delete(id);
      else idle.set(id, since ?? beat.count);
      if (isInHand || since === undefined || beat.count < since + 2) continue;
    }
    idle.delete(id);
    const job = await Job.fromId(batches, id);
    // It may have been done at this very moment.
    const isBack = await job?.moveToWait(lane).then(
      () => true,
      () => false,
    );
    if (isBack === true)
      room.log.warn('a batch is read again by another lane', { lane, worker: member?.worker, batch: id });
  }
  for (const id of idle.keys()) if (!active.includes(id)) idle.delete(id);
}

/** Nothing is taken any more, and nobody has anything on its way; waits for that, but not for ever. */
async function atRest(room: CrewRoom, batches: Queue): Promise<void> {
  const stop = Date.now();
  const moving = new Set(room.present().map(({ lane }) => lane.id));
  const { promise: rested, resolve } = Promise.withResolvers<void>();
  const check = (): void => {
    for (const { lane, state } of room.members()) if (state !== 'joined') moving.delete(lane.id);
    if (moving.size === 0) resolve();
  };
  const stopHearing = room.onReport((lane, report) => {
    if (report.type === 'stopped' && report.stop === stop) moving.delete(lane);
    check();
  });
  const stopLooking = room.onLook(async () => check());
  const say = (): void => {
    if (room.connection.away() === null) room.tell('*', { type: 'stop', stop }).catch(() => {});
  };
  say();
  const again = setInterval(say, STOP_AGAIN_MS);
  const late = setTimeout(resolve, REST_MS);
  check();
  await rested;
  clearInterval(again);
  clearTimeout(late);
  stopHearing();
  stopLooking();
  if (room.connection.away() === null) await within(CLOSE_MS, batches.obliterate({ force: true }));
}

function lost(): TidemarkError {
  return new TidemarkError('QUEUE_LOST', 'What Redis knew of the run is gone.');
}

function deserted(room: CrewRoom): TidemarkError {
  const reasons = room
    .members()
    .flatMap(({ worker, error }) => (worker === null || error === null ? [] : error.message));
  return new TidemarkError(
    'LANE_LOST',
    `No worker is left that reads the run's snapshot. ${[...new Set(reasons)].join(' ')}`.trim(),
    {
      hint: 'See the logs of the workers. The run is tried again as its spec says, with those that are there then.',
    },
  );
}
