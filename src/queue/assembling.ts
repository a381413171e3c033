/** Finds lanes for a crew: asks whichever workers have room, and waits until those who can have joined. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import { TidemarkError } from '../errors.ts';
import { before, CLOSE_MS, within } from './before.ts';
import type { CrewRoom, Member } from './crew-room.ts';
import type { LaneRequest } from './messages.ts';
import { REQUESTS } from './names.ts';

/** How long those who have come wait for others. */
const SETTLE_MS = 1500;
const LOOK_MS = 50;

/**
 * Adds lanes to the room: as many as are asked for, or as there is room for, but one.
 *
 * @throws TidemarkError NO_WORKERS; of the source where no lane could be opened; the signal's reason.
 */
export async function assembleLanes(
  room: CrewRoom,
  request: LaneRequest,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const { connection, config } = room;
  const queue = new Queue<LaneRequest>(REQUESTS, { connection: connection.client, prefix: config.prefix });
  queue.on('error', () => {}); // The connection says so itself.
  const refusals = new Map<string, string>();
  const forget = room.onReport((_lane, report) => {
    if (report.type === 'refused') refusals.set(report.worker, report.why);
  });
  const ids = Array.from({ length: count }, (_, index) => `${room.crew}.${index}`);
  const kept = { removeOnComplete: true, removeOnFail: true };
  try {
    for (const id of ids) room.add(id, 'asked');
    await before([signal], () =>
      queue.addBulk(ids.map((id) => ({ name: 'lane', data: request, opts: { jobId: id, ...kept } }))),
    );
    await gathered(room, refusals, signal);
  } finally {
    forget();
    // What nobody has taken is taken back; who has just taken it is sent away when they report.
    const untaken = room.members().filter(({ state }) => state === 'asked');
    const removed = Promise.allSettled(untaken.map(({ lane }) => queue.remove(lane.id)));
    await within(connection.away() === null ? CLOSE_MS : 0, removed);
    for (const { lane } of untaken) room.dismiss(lane.id, new TidemarkError('LANE_LOST', 'Nobody took it.'));
    void removed.then(() => queue.close()).catch(() => {});
  }
}

async function gathered(
  room: CrewRoom,
  refusals: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const since = performance.now();
  let firstJoined: number | null = null;
  for (;;) {
    signal.throwIfAborted();
    const now = performance.now();
    const members = room.members();
    const of = (state: Member['state']): number => members.filter((one) => one.state === state).length;
    if (of('joined') > 0) firstJoined ??= now;
    if (of('asked') + of('opening') === 0) break;
    if (firstJoined !== null && of('opening') === 0 && now - firstJoined >= SETTLE_MS) break;
    if (firstJoined === null && of('opening') === 0 && now - since >= room.config.worker_wait_ms) break;
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
  if (room.present().length > 0) return;
  const failure = room.members().find(({ error }) => error !== null)?.error;
  throw failure ?? nobody(room.config.worker_wait_ms, refusals);
}

function nobody(waitedMs: number, refusals: ReadonlyMap<string, string>): TidemarkError {
  const waited = `${Math.round(waitedMs / 1000)} s`;
  if (refusals.size === 0)
    return new TidemarkError('NO_WORKERS', `No worker had room for the run within ${waited}.`);
  const said = Array.from(refusals, ([worker, why]) => `${worker}: ${why}`).join(' ');
  return new TidemarkError('NO_WORKERS', `No worker took the run on within ${waited}. ${said}`);
}
