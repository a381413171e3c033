/**
 * How a state stands to the one in Redis, and what is to be done: what a daemon does before it leads, step by step.
 * Pure.
 */
import type { Position } from '../state/changes.ts';
import type { Head, View } from './shared-state.ts';

/** A state in a folder, as far as it matters here. */
export interface Local {
  /** Null: it is not replicated. */
  readonly position: Position | null;
  /** Nothing has ever been kept in it. */
  readonly blank: boolean;
  /** Of its schema. */
  readonly version: number;
  /** Whether it has come by the point where Redis is; null: that is too long ago to tell, or Redis has no state. */
  readonly passedHead: boolean | null;
}

export type Standing =
  /** It may lead: it has all that Redis has. `anew`: Redis has less, or nothing. */
  | { readonly kind: 'ready'; readonly anew: boolean }
  /** Changes follow on it. */
  | { readonly kind: 'apply' }
  /** It needs a whole copy. `keep`: it has something that the copy may not have. */
  | { readonly kind: 'copy'; readonly keep: boolean }
  /** Redis has lost the state, or never had one: who has the most goes on. */
  | { readonly kind: 'census'; readonly words: string }
  /** Nothing can be done but wait, or have somebody do something. */
  | { readonly kind: 'wait'; readonly words: string }
  /** It has a past of its own. */
  | { readonly kind: 'foreign'; readonly words: string };

/** @param known the newest version of the schema that this Tidemark knows. */
export function standingOf(local: Local, view: View, known: number): Standing {
  const { head } = view;
  if (head === null) return withoutHead(local, view);
  if (head.version > known) {
    const words = `the daemon that leads is newer: its state has version ${head.version}, this Tidemark knows ${known}. Update this one`;
    return { kind: 'wait', words };
  }
  const { position, blank } = local;
  if (position === null) {
    if (blank) return { kind: 'copy', keep: false };
    return foreign('the state in this folder was never one with it');
  }
  if (position.lineage !== head.lineage) return foreign('the state in this folder comes from another one');
  return withinLineage(local, position, head, view);
}

function withoutHead({ position }: Local, { lease, given }: View): Standing {
  if (lease !== null)
    return { kind: 'wait', words: 'the daemon that leads has not written its state to Redis yet' };
  // It may be new, and Redis too; or others have all that was lost.
  if (position === null) return { kind: 'census', words: 'Redis has no state' };
  // Its leader has begun and not come so far: nobody can have led with more.
  if (given > 0 && position.leads === given) return { kind: 'ready', anew: true };
  return { kind: 'census', words: 'Redis has lost the state' };
}

function withinLineage(local: Local, position: Position, head: Head, view: View): Standing {
  const { passedHead, version } = local;
  // It has led, and may not have told all.
  const keep = position.leads !== null;
  if (position.seq > head.seq) {
    if (passedHead === false) return { kind: 'copy', keep: true };
    // Nobody has led since: what it did not tell, it tells now.
    if (position.leads !== null && position.leads === view.lastToken) return { kind: 'ready', anew: false };
    // Another one has, without it.
    if (view.lastToken > Math.max(position.token, position.leads ?? 0)) return { kind: 'copy', keep: true };
    const words = `Redis has lost changes of the state: it has ${head.seq} of them, this daemon ${position.seq}`;
    return { kind: 'census', words };
  }
  if (version !== head.version) return { kind: 'copy', keep };
  if (position.seq === head.seq) {
    if (passedHead === true) return { kind: 'ready', anew: false };
    return { kind: 'copy', keep: true };
  }
  return view.changes[0]?.seq === position.seq + 1 ? { kind: 'apply' } : { kind: 'copy', keep };
}

function foreign(why: string): Standing {
  return { kind: 'foreign', words: `Redis has the state of another daemon, and ${why}.` };
}

/** With what a daemon would lead: the state that it led with last; that of another; or one that it would begin. */
export type Claim = 'own' | 'copy' | 'first';

/**
 * Whether who waits may take the lease once it is free. A lease that was there and has ended, or was given back, is
 * free. After Redis itself was away, who led comes first: its lease may have ended only because nobody could renew it.
 * Who would begin a state leaves those who have one the time to say so, in any case.
 */
export interface Patience {
  /** @param now of a clock that is never set, in milliseconds. */
  mayLead(view: View, claim: Claim, now: number): boolean;
}

export function patience(leaseMs: number): Patience {
  let connection = -1;
  let since = 0;
  let seen = false;
  return {
    mayLead(view, claim, now) {
      if (view.connection !== connection) {
        [connection, since, seen] = [view.connection, now, false];
      }
      if (view.lease !== null) {
        seen = true;
        return false;
      }
      if (now - since >= leaseMs) return true;
      return claim !== 'first' && (seen || claim === 'own' || view.released);
    },
  };
}
