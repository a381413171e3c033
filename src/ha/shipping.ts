/** Brings the changes of a state to Redis, in their order, whoever on this machine has made them. */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { asTidemarkError, type TidemarkError } from '../errors.ts';
import { NO_DIGEST, positionOf } from '../state/changes.ts';
import { changesAfter, hasPassed } from '../state/replica.ts';
import type { Appended, SharedState } from './shared-state.ts';
import { LOOK_MS } from './timing.ts';

export interface ShippingOptions {
  readonly shared: Pick<SharedState, 'append'>;
  readonly db: DatabaseSync;
  readonly token: number;
  /** Called where the daemon turns out not to lead. @returns the error that says so. */
  readonly lose: (why: string) => TidemarkError;
  /** Takes the lease again, which has ended. Rejects where another leads, or where it cannot be had just now. */
  readonly hold: () => Promise<void>;
  /** Brings a whole copy to Redis, which has lost what it had. @returns number of the last change in it. */
  readonly reseed: () => Promise<number>;
  /** Redis has confirmed that the daemon led at some time after this one, of a clock that is never set. */
  readonly proven: (at: number) => void;
  /** Aborted where the daemon leads no more, or stops to: asking Redis would take the lease again. */
  readonly ended?: AbortSignal;
}

export interface Shipping {
  /**
   * Settles when Redis has every change that was made before the call, and has confirmed since that this daemon leads.
   * While Redis does not answer, it waits; where it was told not to, it has asked once.
   *
   * @throws TidemarkError LEADERSHIP_LOST, or the reason of `ended`, of the signal or of `giveUp`.
   */
  settled(signal?: AbortSignal): Promise<void>;
  /** Once; rejects with REDIS_UNREACHABLE where there is no answer. */
  ship(): Promise<void>;
  /** Who waits for an answer, and who will, waits no more. */
  giveUp(reason: TidemarkError): void;
  /** Redis has all up to this change. */
  begin(seq: number): void;
  /** Number of the last change that Redis is known to have. */
  told(): number;
}

/** Bytes of changes that are sent at once. */
const MOST = 4 * 1024 * 1024;

export function openShipping(options: ShippingOptions): Shipping {
  const { shared, db, token, lose, hold, reseed, proven, ended } = options;
  // What Redis has of it, its first answer tells.
  let told = { seq: 0, digest: NO_DIGEST };
  const given = new AbortController();
  let under: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  const digestAt = (seq: number): string => {
    const position = positionOf(db)!;
    if (position.seq === seq) return position.digest;
    return changesAfter(db, seq - 1, 1)[0]?.digest ?? NO_DIGEST;
  };
  const begin = (seq: number): void => {
    told = { seq, digest: digestAt(seq) };
  };

  /** @param sent number of the last change that Redis should have now. @returns what it has. */
  const heeding = async (
    answer: Exclude<Appended, string>,
    sent: number,
  ): Promise<Exclude<Appended, string>> => {
    if (answer.seq > positionOf(db)!.seq) throw lose('Redis has changes that the state here has not');
    const passed = hasPassed(db, answer);
    if (answer.seq >= sent && passed !== false) return answer;
    // Redis has lost some, as nobody else can have written under this daemon's token. What it has is of this state: they
    // are sent again from there; or of one that this daemon had replaced, or of long ago.
    if (passed === true && answer.seq !== told.seq) return answer;
    begin(await reseed());
    return told;
  };

  const once = async (): Promise<void> => {
    for (;;) {
      const changes = changesAfter(db, told.seq, MOST);
      const at = performance.now();
      const answer = await shared.append(token, told.digest, changes);
      if (answer === 'lost') throw lose('another one has taken over');
      if (answer === 'free') {
        ended?.throwIfAborted();
        await hold();
        continue;
      }
      proven(at);
      if (answer === 'empty') begin(await reseed());
      else told = await heeding(answer, changes.at(-1)?.seq ?? told.seq);
      if (told.seq >= positionOf(db)!.seq) return;
    }
  };

  /** One at a time. Whoever asks while one is under way gets the next, which sees what was changed until then. */
  const ship = (): Promise<void> => {
    if (under === null) {
      under = once().finally(() => (under = null));
      return under;
    }
    next ??= under
      .catch(() => {})
      .then(() => {
        next = null;
        return ship();
      });
    return next;
  };

  return {
    ship,
    begin,
    told: () => told.seq,
    giveUp: (reason) => given.abort(reason),
    async settled(signal) {
      const ends = AbortSignal.any([ended, given.signal, signal].filter((one) => one !== undefined));
      for (;;) {
        ended?.throwIfAborted();
        try {
          await ship();
          return;
        } catch (thrown) {
          if (asTidemarkError(thrown).code !== 'REDIS_UNREACHABLE') throw thrown;
        }
        // Only now: a run that is told to stop has to be undone or finished, which Redis may well allow.
        ends.throwIfAborted();
        await sleep(LOOK_MS, undefined, { signal: ends }).catch(() => {});
      }
    },
  };
}
