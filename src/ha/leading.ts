/**
 * What a daemon does while it leads: it renews its lease, and brings every change of its state to Redis. An effect on the
 * world waits until the change that explains it is there, which also proves that the daemon still leads.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { positionOf } from '../state/changes.ts';
import type { StateDatabase } from '../state/database.ts';
import { follow, forgetOld, lead, leaveLineage, OWN_VERSION } from '../state/replica.ts';
import { publishCopy } from './copies.ts';
import type { Won } from './following.ts';
import { keepMembers } from './members.ts';
import type { SharedState } from './shared-state.ts';
import { openShipping, type Shipping } from './shipping.ts';
import { LEASE_MS, LOOK_MS, RENEW_MS } from './timing.ts';

export interface LeadOptions {
  readonly shared: SharedState;
  readonly state: StateDatabase;
  readonly stateDir: string;
  readonly log: Log;
}

export interface Leadership extends Pick<Shipping, 'settled' | 'giveUp'> {
  readonly token: number;
  /** Why it cannot prove just now that it leads; null: it can. */
  doubt(): string | null;
  readonly isLost: () => boolean;
  /** Settles when it leads no more: the state can then be changed by nobody here. */
  readonly lost: Promise<TidemarkError>;
  /** Brings the last changes to Redis, and lets another lead at once. */
  stop(): Promise<void>;
}

/** Bytes of changes after which Redis gets a new copy, at least; a copy that is larger waits for as much as it has. */
const LOGGED = 8 * 1024 * 1024;

/**
 * Makes the state the leader's. Settles when Redis has all of it.
 *
 * @param signal until then, its reason ends it, and another may lead at once.
 * @throws TidemarkError LEADERSHIP_LOST, STATE_UNUSABLE.
 */
export async function beginLeading(
  { token, anew, seeds }: Won,
  options: LeadOptions,
  signal = new AbortController().signal,
): Promise<Leadership> {
  const { shared, state, stateDir, log } = options;
  const ended = new AbortController();
  const lost = Promise.withResolvers<TidemarkError>();
  let isLost = false;
  let renewedAt = performance.now();
  const lose = (why: string): TidemarkError => {
    const error = new TidemarkError('LEADERSHIP_LOST', `This daemon no longer leads: ${why}.`);
    if (isLost) return error;
    isLost = true;
    ended.abort(error);
    try {
      follow(state.db);
    } catch (thrown) {
      log.error('the state could not be closed to changes', { error: asTidemarkError(thrown) });
    }
    lost.resolve(error);
    return error;
  };

  const proven = (at: number): void => void (renewedAt = Math.max(renewedAt, at));
  let copied: Promise<unknown> = Promise.resolve();
  /** One after the other: they use one file. */
  const copy = (begins: boolean): Promise<number> => {
    const next = copied
      .catch(() => {})
      .then(async () => {
        const seq = await publishCopy(shared, stateDir, token, begins, renewOnce);
        if (seq === null) throw lose('another one leads');
        return seq;
      });
    copied = next;
    return next;
  };
  const join = (): Promise<void> => shared.join(positionOf(state.db)!.lineage);
  const renewOnce = async (): Promise<void> => {
    const at = performance.now();
    const answer = await shared.renew(token, at - renewedAt < LEASE_MS);
    if (answer === 'lost') throw lose('another one has taken over');
    if (answer === 'forgotten') {
      // Who has no copy must not begin before this daemon says how much of the state it has.
      await join();
      throw lose('Redis has lost what it knew while this daemon could not prove that it leads');
    }
    if (answer === 'reclaimed') log.warn('the lease had ended and was taken again: nobody had led meanwhile');
    proven(at);
  };
  const shipping = openShipping({
    shared,
    db: state.db,
    token,
    lose,
    hold: renewOnce,
    reseed: () => copy(true),
    proven,
    ended: ended.signal,
  });

  /** As long as it leads; what Redis cannot answer is asked again. */
  const again = async (everyMs: number, act: () => Promise<void>, say = (_error: unknown): void => {}) => {
    for (; !ended.signal.aborted; await pause(everyMs)) {
      try {
        await act();
        say(null);
      } catch (thrown) {
        const error = asTidemarkError(thrown);
        if (error.code === 'LEADERSHIP_LOST') return;
        say(error);
      }
    }
  };
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: ended.signal }).catch(() => {});
  const renewing = again(RENEW_MS, renewOnce, sayOnce(shared, log));

  /**
   * The first copy, or one of a newer schema, comes before all changes, as does one for a Redis that has lost the state;
   * later ones keep the log from growing, or replace one that Redis has no longer as a whole.
   */
  const keepCopies = async (): Promise<void> => {
    const view = await shared.look(positionOf(state.db)!.seq);
    keepMembers(state.db, view);
    await join();
    const { head } = view;
    if (head === null) return;
    const whole = (await shared.countPieces(head.copy.id)) === head.copy.pieces;
    if (!whole || head.logged > Math.max(LOGGED, head.copy.bytes)) await copy(false);
    forgetOld(state.db, shipping.told());
  };
  if (seeds) leaveLineage(state.db);
  const begin = async (): Promise<void> => {
    const { lineage, seq } = lead(state.db, token, randomUUID);
    const { head } = await shared.look(seq);
    const other = head === null || head.lineage !== lineage || head.version !== OWN_VERSION;
    if (anew || other) shipping.begin(await copy(anew || head === null || head.lineage !== lineage));
    await shipping.settled(signal);
  };
  let working: readonly Promise<void>[] = [renewing];
  const end = async (): Promise<void> => {
    ended.abort(new TidemarkError('INTERRUPTED', 'Tidemark was asked to stop'));
    await Promise.all(working);
  };
  try {
    await untilAnswered(begin, AbortSignal.any([ended.signal, signal]));
  } catch (error) {
    await end();
    if (isLost) throw await lost.promise;
    if (signal.aborted) await shared.release(token).catch(() => {});
    throw error;
  }
  working = [renewing, again(LOOK_MS, shipping.ship), again(COPY_MS, keepCopies)];
  return {
    token,
    settled: shipping.settled,
    giveUp: shipping.giveUp,
    doubt: () => {
      if (isLost) return 'this daemon no longer leads';
      return performance.now() - renewedAt < LEASE_MS
        ? null
        : `Redis at ${shared.server} does not answer: it cannot be proved that this daemon leads`;
    },
    isLost: () => isLost,
    lost: lost.promise,
    async stop() {
      if (!isLost) await shipping.ship().catch(() => {});
      await end();
      if (isLost) return;
      await shared.release(token).catch(() => {});
    },
  };
}

/** A silence of Redis is told once, and so is its end. */
function sayOnce({ server }: SharedState, log: Log): (error: unknown) => void {
  let silent = false;
  return (error) => {
    if (error !== null && !silent)
      log.warn('Redis does not answer: runs begin, commit and are undone only when it does again', { error });
    if (error === null && silent) log.info('Redis answers again', { server });
    silent = error !== null;
  };
}

/** How often it is looked whether Redis needs a new copy. */
const COPY_MS = 5_000;

async function untilAnswered(act: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      await act();
      return;
    } catch (thrown) {
      if (asTidemarkError(thrown).code !== 'REDIS_UNREACHABLE') throw thrown;
      await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
    }
  }
}
