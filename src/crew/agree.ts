/**
 * Has the lanes of a crew begin their snapshots, and finds out whether all show the same rows: because each says so
 * itself (MariaDB), because nothing was committed meanwhile (MySQL), or because writers were kept out. What that proves,
 * and what not: docs/decisions/0017-one-moment.md.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { WantedConsistency } from '../domain/spec.ts';
import { TidemarkError } from '../errors.ts';
import type { Agreement, Lane, Obstacle, Referee, SnapshotMark, WriteLock } from '../lane-ports.ts';

export interface AgreeOptions {
  /** Which server the run was planned on, as in a mark: others may not have yet what the plan knows of. Null: any. */
  readonly server: string | null;
  /** Snapshots of a busy server are begun anew for so long, in milliseconds. */
  readonly patienceMs: number;
  /** How often a lock is tried. */
  readonly lockTries: number;
  /** Writers are let in again after so long, in milliseconds, whether all lanes have begun or not. */
  readonly holdMs: number;
  readonly now: () => number;
  /** Rejects with the signal's reason. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Lanes on other machines take tens of milliseconds; a server that is never quiet for so long is not waited for. */
export const AGREE_DEFAULTS: Omit<AgreeOptions, 'server'> = {
  patienceMs: 5000,
  lockTries: 3,
  holdMs: 5000,
  now: () => performance.now(),
  sleep: (ms, signal) =>
    sleep(ms, undefined, { signal }).catch(() => {
      throw signal.reason;
    }),
};

/** Who asks for a snapshot and nothing less waits longer for a quiet moment than who would take what there is. */
const INSISTENCE = 6;

const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 250;
const LOCK_PAUSE_MS = 1000;

const ONE = 'One connection read everything in one transaction.';

type Beginner = Pick<Lane, 'begin'>;

/**
 * Afterwards each lane has a snapshot, and writers have been let in again, whatever happens.
 *
 * @param lanes at least one.
 * @param referee of the server that the lanes are connected to; it is the caller's to close.
 * @throws TidemarkError CONSISTENCY_UNPROVEN where less can be proved than is wanted, or where the lanes are on several
 * servers; those of the lanes and of the referee; or the signal's reason.
 */
export async function agree(
  lanes: readonly Beginner[],
  referee: Referee,
  wanted: WantedConsistency,
  options: AgreeOptions,
  signal: AbortSignal,
): Promise<Agreement> {
  signal.throwIfAborted();
  if (wanted === 'locked') return agreeLocked(lanes, referee, options, signal);
  if (lanes.length === 1) {
    const marks = await beginAll(lanes, options, signal);
    return { level: 'snapshot', basis: ONE, position: marks[0]!.position };
  }
  if (wanted === 'per_batch') {
    await beginAll(lanes, options, signal);
    return perBatch(lanes.length, 'the task asks for no more');
  }
  const proof = await prove(lanes, referee, wanted, options, signal);
  if ('level' in proof) return proof;
  if (wanted === 'snapshot') throw unproven(lanes.length, proof);
  return perBatch(lanes.length, `${proof.why}. ${proof.remedy}`);
}

/** The proof that all snapshots are the same, or what is in its way and may pass; each lane has one then, too. */
async function prove(
  lanes: readonly Beginner[],
  referee: Referee,
  wanted: WantedConsistency,
  options: AgreeOptions,
  signal: AbortSignal,
): Promise<Agreement | (Obstacle & { readonly passes: boolean })> {
  const patienceMs = options.patienceMs * (wanted === 'snapshot' ? INSISTENCE : 1);
  const end = options.now() + patienceMs;
  for (let pauseMs = FIRST_PAUSE_MS, tries = 1; ; tries++) {
    const before = await referee.reading(signal);
    const marks = await beginAll(lanes, options, signal);
    checkServers([before, ...marks], options);
    if (before.obstacle !== null) return { ...before.obstacle, passes: false };
    const commits = inCommon(marks, 'commits');
    if (commits !== null) {
      const basis = `${lanes.length} snapshots show the same ${commits} commits since the server was started.`;
      return { level: 'snapshot', basis, position: inCommon(marks, 'position') };
    }
    if (before.position !== null && before.settled) {
      const after = await referee.reading(signal);
      if (after.obstacle !== null) return { ...after.obstacle, passes: false };
      if (after.settled && after.position === before.position && after.server === before.server) {
        const basis = `Nothing was committed while ${lanes.length} snapshots were begun.`;
        return { level: 'snapshot', basis, position: before.position };
      }
    }
    if (options.now() >= end) return tooBusy(tries, patienceMs);
    // At random: who commits at a steady pace is not met at the same point of it each time.
    await options.sleep(pauseMs * (0.5 + Math.random()), signal);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
}

/** What is the same of all snapshots; null: it is not the same, or not known. */
function inCommon(marks: readonly SnapshotMark[], key: 'commits' | 'position'): string | null {
  const [first] = marks;
  return first !== undefined && marks.every((mark) => mark[key] === first[key]) ? first[key] : null;
}

async function agreeLocked(
  lanes: readonly Beginner[],
  referee: Referee,
  options: AgreeOptions,
  signal: AbortSignal,
): Promise<Agreement> {
  for (let tries = 1; ; tries++) {
    try {
      return await beginUnderLock(lanes, referee, options, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof TidemarkError) || error.code !== 'LOCK_TIMEOUT') throw error;
      if (tries === options.lockTries) throw notLocked(tries, error);
      // Those that have queued behind the lock go first.
      await options.sleep(LOCK_PAUSE_MS * tries * (1 + Math.random()), signal);
    }
  }
}

async function beginUnderLock(
  lanes: readonly Beginner[],
  referee: Referee,
  options: AgreeOptions,
  signal: AbortSignal,
): Promise<Agreement> {
  const lock = await referee.lock(signal);
  const since = options.now();
  const marks = await whileLocked(lock, options, () => beginAll(lanes, options, signal));
  checkServers([lock, ...marks], options);
  const heldMs = Math.ceil(options.now() - since);
  const many = lanes.length === 1 ? 'the snapshot was' : `${lanes.length} snapshots were`;
  const basis = `Writers ${lock.how}, for ${heldMs} ms, while ${many} begun.`;
  return { level: 'locked', basis, position: inCommon(marks, 'position') };
}

/**
 * Does something while writers are kept out, and lets them in again, whatever happens.
 *
 * @throws TidemarkError LOCK_TIMEOUT where they had to be let in, or came in, before it was done.
 */
async function whileLocked<T>(lock: WriteLock, { holdMs }: AgreeOptions, work: () => Promise<T>): Promise<T> {
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    lock.release().catch(() => {});
  }, holdMs);
  let done: T;
  try {
    done = await work();
  } catch (error) {
    // What the work failed with is what is to be told.
    await lock.release().catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
  const released = await lock.release().then(
    () => true,
    () => false,
  );
  if (isOver || !released) {
    const message = 'Writers were let in again before all snapshots had been begun.';
    throw new TidemarkError('LOCK_TIMEOUT', message);
  }
  return done;
}

/** Has all begin at the same time, and waits for all, also where one fails. */
async function beginAll(
  lanes: readonly Beginner[],
  options: AgreeOptions,
  signal: AbortSignal,
): Promise<readonly SnapshotMark[]> {
  const outcomes = await Promise.allSettled(lanes.map((lane) => lane.begin(signal)));
  signal.throwIfAborted();
  const marks = outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
  checkServers(marks, options);
  return marks;
}

/** Servers that stand behind one name, or one proxy, are seldom at the same moment. */
function checkServers(found: readonly { readonly server: string }[], { server }: AgreeOptions): void {
  const servers = [...new Set([...(server === null ? [] : [server]), ...found.map((one) => one.server)])];
  if (servers.length === 1) return;
  throw new TidemarkError(
    'CONSISTENCY_UNPROVEN',
    `The connections of the run lead to different servers: ${servers.join(', ')}.`,
    { hint: 'Give the source the address of one server, or set "parallelism" to 1.' },
  );
}

function perBatch(lanes: number, why: string): Agreement {
  return {
    level: 'per_batch',
    basis: `Each of ${lanes} connections reads as of a moment of its own: ${why}${why.endsWith('.') ? '' : '.'}`,
    position: null,
  };
}

function tooBusy(tries: number, patienceMs: number): Obstacle & { readonly passes: boolean } {
  return {
    passes: true,
    why: `in ${tries} tries over ${Math.round(patienceMs / 1000)} s, something was always committed while they were begun`,
    remedy: 'Run when less is written, or set "consistency" to "locked".',
  };
}

function unproven(
  lanes: number,
  { why, remedy, passes }: Obstacle & { readonly passes: boolean },
): TidemarkError {
  return new TidemarkError(
    'CONSISTENCY_UNPROVEN',
    `That ${lanes} connections read as of one moment cannot be proved: ${why}.`,
    { hint: `${remedy} One connection needs no proof: "parallelism": 1.`, retryable: passes },
  );
}

function notLocked(tries: number, cause: TidemarkError): TidemarkError {
  return new TidemarkError(
    'CONSISTENCY_UNPROVEN',
    `Writers could not be kept out, in ${tries} tries: ${cause.message}`,
    {
      hint: 'A transaction that has written is open, or a statement runs, for longer than others may be made to wait: find it with SHOW PROCESSLIST and information_schema.INNODB_TRX, move the schedule away from it, or set "consistency" to "snapshot".',
      retryable: true,
      cause,
    },
  );
}
