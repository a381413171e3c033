/**
 * Where a crew is led from: hears what its lanes report, tells them what to do, gives and misses signs of life. What
 * becomes of batches is decided in flow.ts, who joins in assembling.ts.
 */
import { TidemarkError } from '../errors.ts';
import { fromPlain } from '../plain-error.ts';
import type { Log } from '../ports.ts';
import { watchBeats } from './beats.ts';
import type { QueueConfig, QueueConnection } from './connection.ts';
import { farLane, type FarLane } from './far-lane.ts';
import type { Beat, Order, Report } from './messages.ts';
import { crewNames, type CrewNames } from './names.ts';
import { crewRecord, type CrewRecord } from './record.ts';
import { follow, post } from './stream.ts';

export interface RoomPorts {
  readonly connection: QueueConnection;
  readonly config: QueueConfig;
  readonly log: Log;
  /** Takes the secrets out of what goes to Redis. */
  readonly redact: (text: string) => string;
}

/** Everybody who may take part, from the moment they were asked for. */
export interface Member {
  readonly lane: FarLane;
  /** `asked`: nobody has taken the request yet. `opening`: somebody has. */
  readonly state: 'asked' | 'opening' | 'joined' | 'gone';
  /** Where it is, for people; null: not known yet. */
  readonly worker: string | null;
  /** Why it is gone. */
  readonly error: TidemarkError | null;
  readonly beat: Beat | null;
}

export type JobReport = Extract<Report, { readonly job: string }>;

export interface CrewRoom extends RoomPorts {
  readonly crew: string;
  readonly names: CrewNames;
  readonly record: CrewRecord;
  members(): readonly Member[];
  /** Lanes that have joined and are there. */
  present(): readonly Member[];
  /** @param seen orders that the lane has been given by whoever led the crew before. */
  add(id: string, state: 'asked' | 'joined', firstCall?: number): void;
  /** A lane that is no more: its questions are answered so, and it is told to close. */
  dismiss(id: string, error: TidemarkError): void;
  /** Tells one lane, or all (`*`). Settles when Redis has it: that may be long. */
  tell(lane: string, order: Order): Promise<void>;
  onReport(listener: (lane: string, report: Exclude<Report, JobReport>) => void): () => void;
  /** The one who hears of jobs; what has come while there was none is heard first. */
  onJobReport(listener: (lane: string, report: JobReport) => void): () => void;
  /** Called at each look at Redis, and whenever something has changed. It must not reject. */
  onLook(look: () => Promise<void>): () => void;
  /** Looks soon. */
  nudge(): void;
  /** Leads no more; the lanes are not told. */
  leave(): void;
}

/** Signs of life in the time after which somebody is lost. */
const BEATS = 5;
const SLOWEST_BEAT_MS = 2000;

/** How often signs of life are given and looked for, in milliseconds. */
export function beatMs(lostAfterMs: number): number {
  return Math.min(lostAfterMs / BEATS, SLOWEST_BEAT_MS);
}

export function openRoom(ports: RoomPorts, crew: string, task: string): CrewRoom {
  const { connection, config, log } = ports;
  const { client } = connection;
  const names = crewNames(config.prefix, crew);
  const record = crewRecord(client, config.prefix, names, crew);
  const members = new Map<string, Member>();
  const everyMs = beatMs(config.lost_after_ms);
  const beats = watchBeats(config.lost_after_ms, everyMs);
  const looks = new Set<() => Promise<void>>();
  const listeners = new Set<(lane: string, report: Exclude<Report, JobReport>) => void>();
  let jobListener: ((lane: string, report: JobReport) => void) | null = null;
  let unheard: [lane: string, report: JobReport][] = [];
  const leaving = new AbortController();
  const hasLeft = (): boolean => leaving.signal.aborted;

  const change = (id: string, next: Partial<Member>): void => {
    const member = members.get(id);
    if (member !== undefined) members.set(id, { ...member, ...next });
  };
  const tell = (lane: string, order: Order): Promise<void> => post(client, names.orders, lane, order);
  const tellNow = (lane: string, order: Order): void => {
    // Who asks, asks again; what would wait for Redis, waits in thousands.
    if (connection.away() === null) tell(lane, order).catch(() => {});
  };
  const dismiss = (id: string, error: TidemarkError): void => {
    const member = members.get(id);
    if (member === undefined || member.state === 'gone') return;
    change(id, { state: 'gone', error });
    beats.forget(id);
    member.lane.end(error);
    tell(id, { type: 'close' }).catch(() => {});
    nudge();
  };

  const hear = (id: string, report: Report): void => {
    if ('job' in report) {
      if (jobListener === null) unheard.push([id, report]);
      else jobListener(id, report);
      nudge();
      return;
    }
    const member = members.get(id);
    switch (report.type) {
      case 'joined':
        // Who comes when the crew has begun without them, or was missed for too long, is not needed.
        if (member === undefined || member.state === 'gone') tell(id, { type: 'close' }).catch(() => {});
        else change(id, { state: 'joined', worker: report.worker });
        break;
      case 'gone':
        if (member !== undefined && member.state !== 'gone') {
          log.warn('a lane has left the run', {
            task,
            lane: id,
            worker: member.worker,
            code: report.error.code,
          });
          dismiss(id, fromPlain(report.error));
        }
        break;
      case 'failed to join':
        dismiss(id, fromPlain(report.error));
        break;
      case 'answer':
        member?.lane.answered(report.call, report.answer);
        break;
      default: // For those who listen.
    }
    for (const listener of listeners) listener(id, report);
    nudge();
  };

  const readBeats = async (): Promise<void> => {
    const read = await client.hgetall(names.beats);
    const found = new Map(Object.entries(read).map(([id, text]) => [id, JSON.parse(text) as Beat]));
    for (const [id, beat] of found) {
      if (members.get(id)?.state === 'asked') change(id, { state: 'opening' });
      change(id, { beat });
    }
    for (const { lane, state } of members.values())
      if (state === 'opening' || state === 'joined') beats.watch(lane.id);
    beats.read(new Map(Array.from(found, ([id, { count }]) => [id, count])), performance.now());
    for (const id of beats.silent()) {
      const { worker = null } = members.get(id) ?? {};
      log.warn('a lane is lost: nothing has been heard of it', { task, lane: id, worker });
      dismiss(id, silent(worker, config.lost_after_ms));
    }
  };

  /** One at a time; what is asked for meanwhile is done once more. */
  let looking = false;
  let again = false;
  const look = async (): Promise<void> => {
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    do {
      again = false;
      for (const one of looks) await one();
    } while (again && !hasLeft());
    looking = false;
  };
  const nudge = (): void => {
    if (!hasLeft()) void look();
  };
  const tick = async (): Promise<void> => {
    if (hasLeft() || connection.away() !== null) return;
    try {
      await record.beat();
      await readBeats();
    } catch {
      // Redis went away in between: the next look is when it is back.
      return;
    }
    await look();
  };
  let ticking: Promise<void> | null = null;
  const timer = setInterval(() => {
    ticking ??= tick().finally(() => (ticking = null));
  }, everyMs);

  const follower = follow(connection.blocking(), names.reports, ({ lane, body }) =>
    hear(lane, JSON.parse(body) as Report),
  );

  return {
    crew,
    ...ports,
    names,
    record,
    members: () => [...members.values()],
    present: () => [...members.values()].filter(({ state }) => state === 'joined'),
    add(id, state, firstCall = 0) {
      const lane = farLane(id, firstCall, (order) => tellNow(id, order));
      members.set(id, { lane, state, worker: null, error: null, beat: null });
    },
    dismiss,
    tell,
    onReport(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onJobReport(listener) {
      jobListener = listener;
      const before = unheard;
      unheard = [];
      for (const [lane, report] of before) listener(lane, report);
      return () => void (jobListener = null);
    },
    onLook(one) {
      looks.add(one);
      nudge();
      return () => void looks.delete(one);
    },
    nudge,
    leave() {
      leaving.abort();
      clearInterval(timer);
      follower.stop();
    },
  };
}

function silent(worker: string | null, ms: number): TidemarkError {
  const who = worker === null ? 'A worker' : `The worker ${worker}`;
  return new TidemarkError('LANE_LOST', `${who} has not been heard of for ${Math.round(ms / 1000)} s.`);
}
