/**
 * What is kept of a crew in Redis, for its lanes and for whoever leads its run on: which release made it, that it is
 * still led, and what the run is.
 */
import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Agreement } from '../lane-ports.ts';
import { crewNames, FORGOTTEN_S, runsName, type CrewNames } from './names.ts';

/** What somebody else needs to lead a run on. */
export interface RunRecordInQueue<Memo = unknown> {
  readonly crew: string;
  readonly release: string;
  /** The lanes of the crew when it was agreed on. */
  readonly lanes: readonly string[];
  readonly agreement: Agreement;
  /** What the run itself keeps. */
  readonly memo: Memo;
}

export interface CrewRecord {
  /** Begins it. */
  create(run: { readonly runId: string; readonly task: string; readonly release: string }): Promise<void>;
  /** From here on, the crew is led by whoever has called this. */
  claim(): Promise<void>;
  /** Whether nobody else has claimed it since: one who was paused may not know. */
  isOurs(): Promise<boolean>;
  /** A sign of life of whoever leads. @returns false: the record is gone. */
  beat(): Promise<boolean>;
  /** From here on, the run can be led on by others. */
  keep(runId: string, kept: Omit<RunRecordInQueue, 'crew' | 'release'>): Promise<void>;
  /** Keeps what batches refer to. */
  keepCommons(commons: Readonly<Record<string, string>>): Promise<void>;
  common(name: string): Promise<string | null>;
  /** Removes the record, and the run from those that can be led on. */
  remove(runId: string): Promise<void>;
}

export function crewRecord(client: Redis, prefix: string, names: CrewNames, crew: string): CrewRecord {
  const { record } = names;
  const leader = randomBytes(8).toString('hex');
  return {
    async create({ runId, task, release }) {
      await client.hset(record, { release, run: runId, task, leader, beat: 0 });
      await client.expire(record, FORGOTTEN_S);
    },
    async claim() {
      await client.hset(record, { leader });
    },
    async isOurs() {
      const found = await client.hget(record, 'leader');
      // Without a record, nobody leads it.
      return found === null || found === leader;
    },
    async beat() {
      // Without the check, a beat would make a record of its own where Redis has lost the crew's.
      if ((await client.hexists(record, 'release')) === 0) return false;
      const beat = client.multi().hincrby(record, 'beat', 1);
      // What was said is what the next leader goes by, also where nothing has been said for long.
      for (const key of [record, names.orders, names.reports, names.progress]) beat.expire(key, FORGOTTEN_S);
      await beat.exec();
      return true;
    },
    async keep(runId, { lanes, agreement, memo }) {
      await client.hset(record, { kept: JSON.stringify({ lanes, agreement, memo }), isKept: 1 });
      await client.hset(runsName(prefix), runId, crew);
    },
    async keepCommons(commons) {
      if (Object.keys(commons).length > 0) await client.hset(record, commons);
    },
    common: (name) => client.hget(record, name),
    async remove(runId) {
      if ((await client.hget(runsName(prefix), runId)) === crew) await client.hdel(runsName(prefix), runId);
      await client.del(record, names.orders, names.reports, names.beats, names.progress);
    },
  };
}

/** What is kept of a run; null: there is nothing, or not enough to lead it on. */
export async function keptRun(
  client: Redis,
  prefix: string,
  runId: string,
): Promise<RunRecordInQueue | null> {
  const crew = await client.hget(runsName(prefix), runId);
  if (crew === null) return null;
  const [release, kept] = await client.hmget(crewNames(prefix, crew).record, 'release', 'kept');
  if (release === undefined || release === null || kept === undefined || kept === null) return null;
  return { crew, release, ...(JSON.parse(kept) as Omit<RunRecordInQueue, 'crew' | 'release'>) };
}

/** Runs that can be led on, or could be when they were kept. */
export async function keptRuns(client: Redis, prefix: string): Promise<string[]> {
  return client.hkeys(runsName(prefix));
}

/** Those of a task, with their crews, and those of which there is no telling: their record has been forgotten. */
export async function keptRunsOf(
  client: Redis,
  prefix: string,
  task: string,
): Promise<readonly { readonly runId: string; readonly crew: string }[]> {
  const all = Object.entries(await client.hgetall(runsName(prefix)));
  const found: { runId: string; crew: string }[] = [];
  for (const [runId, crew] of all) {
    const of = await client.hget(crewNames(prefix, crew).record, 'task');
    if (of === null || of === task) found.push({ runId, crew });
  }
  return found;
}
