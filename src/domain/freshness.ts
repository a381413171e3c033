/** The nouns of freshness: what a spec promises, and what is known of a task that does not keep it. Plain data. */
import type { RunError } from './run.ts';
import type { Spec } from './spec.ts';

/** That the last success of a task is never older than this; as the last good version of its spec says it. */
export interface FreshnessPromise {
  readonly task: string;
  /** Path of the spec. */
  readonly file: string;
  readonly freshnessMs: number;
  /** Null: the config's. */
  readonly timezone: string | null;
  readonly owner: Spec['owner'];
  /** When the promise was first seen: it counts from then where no run has succeeded. */
  readonly firstSeen: Date;
}

/** A run that succeeded. */
export interface Success {
  readonly runId: string;
  readonly finishedAt: Date;
}

/** What the state knows of a task's runs, backfills aside. */
export interface FreshnessPast {
  /** Null: no run has succeeded. */
  readonly success: Success | null;
  /** The last run that failed after it; null: none has. */
  readonly failure: { readonly finishedAt: Date; readonly error: RunError } | null;
  /** How many have failed since. */
  readonly failures: number;
  /** When the run began that is in progress; null: none is. */
  readonly runningSince: Date | null;
}

/** What keeps the task from succeeding, as far as the daemon knows. */
export interface Circumstances {
  readonly past: FreshnessPast;
  /** Null: it runs by hand only, or cannot be scheduled. */
  readonly schedule: string | null;
  readonly nextFire: Date | null;
  /** Since when; null: it is not paused. */
  readonly pausedSince: Date | null;
  /** Why the spec as it stands is not used; null: it is. */
  readonly problem: string | null;
  /** Whether an older version of it is in force. */
  readonly inForce: boolean;
  /** Since when this daemon runs. */
  readonly daemonSince: Date;
}
