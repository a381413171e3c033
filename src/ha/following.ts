/** What a daemon does while another leads: it keeps its state the same, and takes over when the lease ends. */
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { positionOf } from '../state/changes.ts';
import type { StateDatabase } from '../state/database.ts';
import {
  applyChanges,
  follow,
  forgetOld,
  hasPassed,
  installState,
  isBlank,
  knownMembers,
  OWN_VERSION,
  versionOf,
  type Member,
} from '../state/replica.ts';
import { census } from './census.ts';
import { fetchCopy } from './copies.ts';
import { keepMembers } from './members.ts';
import type { Holder, SharedState, View } from './shared-state.ts';
import { patience, standingOf, type Local, type Standing } from './standing.ts';
import { LEASE_MS, LOOK_MS } from './timing.ts';

export interface FollowOptions {
  readonly shared: SharedState;
  /** Opened by `openFollower`. */
  readonly state: StateDatabase;
  readonly stateDir: string;
  readonly me: Member;
  /** Begin a new lineage with this state, whatever others have. */
  readonly seed: boolean;
  /** Hears of each look. */
  readonly onStatus: (status: FollowerStatus) => void;
  readonly log: Log;
}

export interface FollowerStatus {
  /** Who leads; null: nobody, or nobody knows. */
  readonly leader: Holder | null;
  /** Why it could not take over just now; null: it could. */
  readonly problem: string | null;
}

/** The right to lead, with a state that has all there is. */
export interface Won {
  readonly token: number;
  /** What Redis has is less than the state: it is to be written anew. */
  readonly anew: boolean;
  /** It is to become another state than all others have a copy of. */
  readonly seeds: boolean;
}

export const KEPT_COPY = 'superseded.db';

/**
 * Follows until this daemon is to lead.
 *
 * @returns null: it was told to stop.
 * @throws TidemarkError STATE_DIVERGED where its state has a past of its own; STATE_UNUSABLE.
 */
export async function followUntilLeading(options: FollowOptions, signal: AbortSignal): Promise<Won | null> {
  const { shared, state, onStatus, log } = options;
  const waiting = patience(LEASE_MS);
  let won: Taken | null = null;
  let joined = -1;
  let said = '';
  const tell = (leader: Holder | null, problem: string | null): void => {
    onStatus({ leader, problem });
    const words =
      problem ?? (leader === null ? 'nobody leads' : `${leader.host} leads (process ${leader.pid})`);
    if (words !== said && problem !== null) log.warn('cannot take over just now', { reason: problem });
    else if (words !== said) log.info('standing by', { leader: leader?.host ?? null });
    said = words;
  };
  while (!signal.aborted) {
    try {
      const found = await shared.look(positionOf(state.db)?.seq ?? 0);
      if (won !== null && found.lease?.token !== won.token) won = null;
      // Its own lease is nobody's yet: what it has to do first is what it had to do before.
      const view = won === null ? found : { ...found, lease: null, lastToken: won.before };
      if (view.connection !== joined) {
        await shared.join();
        joined = view.connection;
      }
      keepMembers(state.db, view);
      if (won !== null) await shared.renew(won.token, true);
      const step = await advance(options, view);
      if (step === 'again') continue;
      if (step.kind === 'ready' && won !== null) {
        return { token: won.token, anew: step.anew || won.anew, seeds: options.seed };
      }
      const led = isOwn(options, view);
      if (step.kind === 'ready' && waiting.mayLead(view, led, performance.now())) {
        won = await take(shared, view, positionOf(state.db)?.token ?? 0, step.anew);
        // What the one before has told last is looked for once more.
        if (won !== null) continue;
      }
      tell(view.lease?.holder ?? null, step.kind === 'wait' ? step.words : null);
    } catch (thrown) {
      const error = asTidemarkError(thrown);
      if (error.code !== 'REDIS_UNREACHABLE') throw error;
      tell(null, error.message);
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
  if (won !== null) await shared.release(won.token).catch(() => {});
  return null;
}

/** A lease that was taken, and what had to be done before it may be used. */
interface Taken {
  readonly token: number;
  readonly anew: boolean;
  /** The last token of the others. */
  readonly before: number;
}

async function take(shared: SharedState, view: View, own: number, anew: boolean): Promise<Taken | null> {
  const floor = Math.max(view.head?.token ?? 0, own, view.lastToken);
  const token = await shared.acquire(floor);
  if (token === null) return null;
  if (token === floor + 1) return { token, anew, before: view.lastToken };
  // Another one has led since the look.
  await shared.release(token);
  return null;
}

/** Whether this state's daemon was the last that led. */
function isOwn({ state }: FollowOptions, { lastToken }: View): boolean {
  const leads = positionOf(state.db)?.leads ?? null;
  return leads !== null && leads === lastToken;
}

type Ready = Extract<Standing, { kind: 'ready' | 'wait' }>;

/** One step towards the state of the leader. */
async function advance(options: FollowOptions, view: View): Promise<Ready | 'again'> {
  const { shared, state, stateDir, log } = options;
  const standing = standingOf(localOf(options, view), view, OWN_VERSION);
  if (options.seed && standing.kind !== 'wait') {
    if (view.lease === null) return { kind: 'ready', anew: true };
    return { kind: 'wait', words: `${view.lease.holder.host} leads: stop it, so that this daemon can begin` };
  }
  switch (standing.kind) {
    case 'ready':
    case 'wait':
      return standing;
    case 'foreign':
      throw new TidemarkError('STATE_DIVERGED', standing.words);
    case 'census':
      return asOthersSay(options, standing.words);
    case 'apply':
      try {
        if (positionOf(state.db)!.leads !== null) follow(state.db);
        applyChanges(state.db, view.changes);
        forgetOld(state.db, positionOf(state.db)!.seq);
        return 'again';
      } catch (thrown) {
        const error = asTidemarkError(thrown);
        if (error.code !== 'STATE_DIVERGED') throw error;
        log.warn('the state differs from the leader’s: a copy is taken', { error });
        return takeCopy(shared, view, stateDir, true, log);
      }
    case 'copy':
      return takeCopy(shared, view, stateDir, standing.keep, log);
  }
}

function localOf({ state: { db } }: FollowOptions, { head }: View): Local {
  const position = positionOf(db);
  return {
    position,
    blank: position === null && isBlank(db),
    version: versionOf(db),
    passedHead: head === null || position?.lineage !== head.lineage ? null : hasPassed(db, head),
  };
}

async function takeCopy(
  shared: SharedState,
  { head }: View,
  stateDir: string,
  keep: boolean,
  log: Log,
): Promise<'again'> {
  const copy = await fetchCopy(shared, head!, stateDir);
  // There is a newer one.
  if (copy === null) return 'again';
  try {
    await installState(copy, stateDir, keep ? KEPT_COPY : null);
  } finally {
    rmSync(copy, { force: true });
  }
  log.info('a copy of the leader’s state was taken', { changes: head!.copy.seq, bytes: head!.copy.bytes });
  if (keep)
    log.warn(
      'what this daemon had recorded last never came to Redis, and counts no more; it is kept in another file',
      { file: `${stateDir}/${KEPT_COPY}` },
    );
  return 'again';
}

/** Redis has lost something: every daemon says how far it is, and the one that has the most goes on. */
async function asOthersSay({ shared, state, me }: FollowOptions, lost: string): Promise<Ready> {
  const { lineage, seq, token } = positionOf(state.db)!;
  const mine = { lineage, seq, token };
  await shared.stand(mine);
  const known = knownMembers(state.db);
  const result = census(me, mine, known, await shared.standpoints(known.map(({ node }) => node)));
  if (result.kind === 'mine') return { kind: 'ready', anew: true };
  const words =
    result.kind === 'theirs'
      ? `${lost}. ${result.host} has the most of it and goes on`
      : `${lost}. Waiting for ${result.hosts.join(', ')} to say how much of it is there; where that is gone for good, start this daemon with --seed`;
  return { kind: 'wait', words };
}
