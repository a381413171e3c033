/** What a crew and its lanes say to each other. Plain data without secrets: errors are redacted where they were thrown. */
import type { BatchJob, Begun, CrewRequest, LaneSetup, SnapshotMark } from '../lane-ports.ts';
import type { PlainError } from '../plain-error.ts';

/** The data of a request for a lane; its id is the lane's. */
export interface LaneRequest {
  /** Of the program that asks. See `releaseOf`. */
  readonly release: string;
  readonly crew: string;
  readonly setup: LaneSetup;
  /** See CrewRequest. */
  readonly output: CrewRequest['output'];
  /** What the sink's name stands for where the run is led. */
  readonly place: string;
  /** Shows that the key of the mask `hmac` is the same; null: the lane needs none. */
  readonly hmacProof: string | null;
  /** How long a silent lane is waited for, in milliseconds. */
  readonly lostAfterMs: number;
}

/** A question has a number; it is asked again until it is answered, and answered once. */
export type Order =
  | { readonly type: 'ask'; readonly call: number; readonly question: Question }
  /** The answer to a `ledger` of this lane. */
  | { readonly type: 'answer'; readonly call: number; readonly error: PlainError | null }
  /** Take batches. */
  | { readonly type: 'start' }
  /** Take none, end the one in hand, and say that you have. */
  | { readonly type: 'stop'; readonly stop: number }
  /** The crew is no more, or goes on without you. */
  | { readonly type: 'close' };

export type Question = { readonly method: 'begin' } | { readonly method: 'scalar'; readonly sql: string };

export type Answer =
  { readonly mark: SnapshotMark } | { readonly value: string | null } | { readonly error: PlainError };

export type Report =
  /** `worker`: where the lane is, for people. */
  | { readonly type: 'joined'; readonly worker: string }
  /** The lane was not opened, and others may be asked. */
  | { readonly type: 'refused'; readonly worker: string; readonly why: string }
  /** The lane could not be opened, for a reason that holds for others, too. */
  | { readonly type: 'failed to join'; readonly worker: string; readonly error: PlainError }
  | { readonly type: 'answer'; readonly call: number; readonly answer: Answer }
  | { readonly type: 'taken'; readonly job: string }
  | { readonly type: 'ledger'; readonly call: number; readonly job: string; readonly entry: LedgerEntry }
  | { readonly type: 'said'; readonly job: string; readonly message: string }
  | { readonly type: 'waits'; readonly job: string; readonly reason: string | null }
  | { readonly type: 'done'; readonly job: string; readonly total: JobProgress }
  | { readonly type: 'failed'; readonly job: string; readonly error: PlainError }
  | { readonly type: 'stopped'; readonly stop: number }
  /** The lane is no more. What it had in hand is nobody's. */
  | { readonly type: 'gone'; readonly error: PlainError };

/** Since the job began. */
export interface JobProgress {
  readonly rows: number;
  readonly bytes: number;
  readonly files: number;
}

export type LedgerEntry = { readonly key: string } | { readonly key: string; readonly outcome: Begun };

/** A sign of life: counts up. */
export interface Beat {
  readonly count: number;
  /** The batch in hand. */
  readonly job: string | null;
}

/** The data of a batch: what the jobs of a table have in common is kept once, in the crew's record. */
export interface BatchData extends Pick<BatchJob, 'id' | 'numbers' | 'range'> {
  /** Name of the rest. */
  readonly common: string;
  readonly sql: string;
}
