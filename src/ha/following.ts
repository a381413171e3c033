/** What a daemon does while another leads: it keeps its state the same, and takes over when the lease ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { positionOf, type Position } from '../state/changes.ts';
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
  removeCopy,
  versionOf,
  type Member,
} from '../state/replica.ts';
import { census } from './census.ts';
import { fetchCopy, unwritable } from './copies.ts';
import { keepMembers } from './members.ts';
import type { Holder, Joined, SharedState, View } from './shared-state.ts';
import { patience, standingOf, type Claim, type Local, type Standing } from './standing.ts';
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
  let joined = '';
  const met = new Map<string, Joined>();
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
      if (won !== null && !isHeld(found, won.token, options.me)) won = null;
      // Its own lease is nobody's yet: what it has to do first is what it had to do before.
      const view = won === null ? found : { ...found, lease: null };
      joined = await joinOnce(options, view, joined);
      keepMembers(state.db, view);
      for (const one of view.members) met.set(one.node, one);
      if (won !== null) await shared.renew(won.token, true);
      const step = await advance(options, view, [...met.values()]);
      if (step === 'again') continue;
      if (step === 'later') {
        await pause(signal);
        continue;
      }
      if (step.kind === 'ready' && won !== null) {
        return { token: won.token, anew: step.anew || won.anew, seeds: options.seed };
      }
      if (won !== null) {
        // Who has more does not say so while somebody holds the lease.
        await shared.release(won.token);
        won = null;
      }
      if (step.kind === 'ready' && waiting.mayLead(view, claimOf(options, view), performance.now())) {
        won = await take(shared, view, positionOf(state.db), step.anew);
        // What the one before has told last is looked for once more.
        if (won !== null) continue;
      }
      tell(view.lease?.holder ?? null, step.kind === 'wait' ? step.words : null);
    } catch (thrown) {
      const error = asTidemarkError(thrown);
      if (error.code !== 'REDIS_UNREACHABLE') throw error;
      tell(null, error.message);
    }
    await pause(signal);
  }
  if (won !== null) await shared.release(won.token).catch(() => {});
  return null;
}

function isHeld({ lease }: View, token: number, me: Member): boolean {
  return lease !== null && lease.token === token && lease.holder.node === me.node;
}

async function pause(signal: AbortSignal): Promise<void> {
  await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
}

/** A lease that was taken, and what had to be done before it may be used. */
interface Taken {
  readonly token: number;
  readonly anew: boolean;
}

async function take(
  shared: SharedState,
  { head, given }: View,
  own: Position | null,
  anew: boolean,
): Promise<Taken | null> {
  const floor = Math.max(head?.token ?? 0, own?.token ?? 0, own?.leads ?? 0, given);
  const token = await shared.acquire(floor);
  if (token === null) return null;
  if (token === floor + 1) return { token, anew };
  // Another one has led since the look.
  await shared.release(token);
  return null;
}

function claimOf({ state }: FollowOptions, { lastToken }: View): Claim {
  const position = positionOf(state.db);
  if (position === null) return 'first';
  return position.leads !== null && position.leads === lastToken ? 'own' : 'copy';
}

/** Who has no copy of the state has nothing that others would have to wait for. @returns where it has joined by now. */
async function joinOnce({ shared, state }: FollowOptions, view: View, joined: string): Promise<string> {
  const lineage = positionOf(state.db)?.lineage;
  if (lineage === undefined || (view.head !== null && view.head.lineage !== lineage)) return joined;
  const here = `${view.connection} ${lineage}`;
  if (here !== joined) await shared.join(lineage);
  return here;
}

type Ready = Extract<Standing, { kind: 'ready' | 'wait' }>;
/** What is to be done next: a further step, at once or after a moment; or nothing, but to lead or to wait. */
type Step = Ready | 'again' | 'later';

/** One step towards the state of the leader. */
async function advance(options: FollowOptions, view: View, met: readonly Joined[]): Promise<Step> {
  const { state, log } = options;
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
      return asOthersSay(options, met, standing.words);
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
        return takeCopy(options, view, true);
      }
    case 'copy':
      return takeCopy(options, view, standing.keep);
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

/** @param keep what the state holds is kept unless the copy turns out to have all of it. */
async function takeCopy(
  { shared, state, stateDir, log }: FollowOptions,
  { head }: View,
  keep: boolean,
): Promise<Step> {
  const copy = await fetchCopy(shared, head!, stateDir);
  if (copy === 'replaced') return 'later';
  if (copy === 'incomplete') {
    const words = 'Redis has lost a part of the copy of the state. The daemon that leads writes another one';
    return { kind: 'wait', words };
  }
  let kept: string | null;
  try {
    kept = await installState(copy.file, stateDir, positionOf(state.db), keep);
  } catch (error) {
    throw unwritable(stateDir, error);
  } finally {
    removeCopy(copy.file);
  }
  log.info('a copy of the leader’s state was taken', { changes: head!.copy.seq, bytes: head!.copy.bytes });
  if (kept !== null)
    log.warn(
      'the copy is not known to have all that this daemon had recorded last, which counts no more; it is kept in another file',
      { file: kept },
    );
  return 'again';
}

/**
 * Redis has lost something, or has nothing yet: every daemon says how far it is, and the one that has the most goes on.
 * Who has no copy waits for all that have one, of whatever state: beginning another would begin every task anew.
 */
async function asOthersSay(
  { shared, state, me }: FollowOptions,
  met: readonly Joined[],
  lost: string,
): Promise<Ready> {
  const position = positionOf(state.db);
  const mine = position ?? { lineage: null, seq: isBlank(state.db) ? 0 : 1, token: 0 };
  const { lineage, seq, token } = mine;
  await shared.stand({ lineage, seq, token });
  const known = position === null ? met : knownMembers(state.db);
  const result = census(me, mine, known, await shared.standpoints());
  if (result.kind === 'mine') return { kind: 'ready', anew: true };
  const words =
    result.kind === 'theirs'
      ? `${lost}. ${result.host} has the most of it and goes on`
      : `${lost}. Waiting for ${result.hosts.join(', ')} to say how much of it is there; where that is gone for good, start this daemon with --seed`;
  return { kind: 'wait', words };
}
