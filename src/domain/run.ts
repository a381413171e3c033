/** The nouns of a run: which one it is, what it has prepared, how it ended and what is remembered of it. Plain data. */
import type { ErrorCode } from '../error-codes.ts';
import type { KeyRange, SchemaChange, TableSchema, Window } from './plan.ts';

/** How far a task has read one of its tables: exact text, as the server writes the value. */
export interface Watermark {
  readonly table: string;
  readonly column: string;
  readonly value: string;
}

/** What a task remembers of its earlier runs. */
export interface TaskMemory {
  readonly watermarks: readonly Watermark[];
  /** What the last run that wrote each table has written, backfills aside. */
  readonly schemas: readonly TableSchema[];
  /** For which time the last run that succeeded was scheduled, backfills aside; null: none has. */
  readonly lastSuccess: Date | null;
  /** The same, where a slot of the schedule has passed since without a success; null where none has. */
  readonly missedSince: Date | null;
  /** Null: not asked for. */
  readonly usual: UsualSize | null;
}

/** The rows of earlier runs that a run can be compared with: one for each of the last weeks that has one. */
export interface UsualSize {
  /** `Monday` */
  readonly weekday: string;
  readonly rows: readonly number[];
}

/** A run that has not the size that its spec expects. */
export interface UnexpectedSize {
  readonly expectation: 'min_rows' | 'max_change';
  /** Of the run, all tables together. */
  readonly rows: number;
  /** What it was compared with, a median; null of `min_rows`. */
  readonly usual_rows: number | null;
  /** From the spec: `1000`, `50%`. */
  readonly allowed: string;
  /** A sentence. */
  readonly message: string;
}

/** What made a run begin: its slot has come, its slot was missed, somebody asked for it, or for a past window. */
export type RunKind = 'scheduled' | 'catch_up' | 'manual' | 'backfill';

/** What a run is asked to be, before it is known as one. */
export interface Trigger {
  readonly kind: RunKind;
  readonly scheduledFor: Date;
  /** See `RunIdentity`. */
  readonly until: Date | null;
  readonly backfill: RunIdentity['backfill'];
}

/** Which run this is: the same for all its attempts. */
export interface RunIdentity {
  readonly runId: string;
  readonly kind: RunKind;
  /** Whole seconds. */
  readonly scheduledFor: Date;
  /** Names the run in object keys: the scheduled time, `YYYYMMDDHHmmss` in UTC; of a backfill, more. */
  readonly stamp: string;
  /** Of a run that makes up for one slot among several missed: rows beyond this time are left to the next. */
  readonly until: Date | null;
  /** Of a backfill: which one, and the window in place of the spec's own, as text; exclusive and inclusive. */
  readonly backfill: { readonly id: string; readonly from: string; readonly to: string } | null;
}

/** Up to which slot of its schedule a task has been dealt with, as it is kept from one process to the next. */
export interface SettledSlot {
  readonly task: string;
  /** Slots up to this time have been dealt with. */
  readonly settled: Date;
  /** By this schedule, in this zone; null: a run has been recorded of a task that no daemon schedules any more. */
  readonly schedule: string | null;
  readonly timezone: string | null;
}

/** An object whose parts are all uploaded and which nobody can see yet. Plain data: any process can complete it. */
export interface PreparedObject {
  readonly table: string;
  /** Batch number; null where the table is one object. */
  readonly batch: number | null;
  readonly key: string;
  readonly uploadId: string;
  readonly parts: readonly PreparedPart[];
  readonly rows: number;
  readonly bytes: number;
  /** CRC-32 (IEEE) of the whole object, 8 hex digits. */
  readonly crc32: string;
  /** No row of the object has a key outside of it; left out where the table was not cut into ranges. */
  readonly keyRange?: KeyRange;
}

export interface PreparedPart {
  readonly partNumber: number;
  readonly etag: string;
  /** Base64 CRC-32 as S3 keeps it; null where the sink has checksums off. */
  readonly checksumCrc32: string | null;
}

export interface RunFile {
  readonly key: string;
  readonly table: string;
  readonly batch: number | null;
  readonly rows: number;
  readonly bytes: number;
}

export interface RunError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly retryable: boolean;
}

/** What `tidemark run --json` prints. Field names are the contract's. Times are ISO 8601 UTC. */
export interface RunReport {
  readonly task: string;
  readonly run_id: string;
  readonly kind: RunKind;
  readonly status: 'succeeded' | 'failed' | 'skipped';
  readonly scheduled_for: string;
  readonly started_at: string;
  readonly finished_at: string;
  readonly duration_ms: number;
  /** How often the run was tried; the report is that of the last attempt. */
  readonly attempts: number;
  readonly tables: readonly {
    readonly name: string;
    readonly rows: number;
    readonly bytes: number;
    readonly files: number;
    readonly sql: readonly string[];
  }[];
  readonly files: readonly RunFile[];
  /** Key of the manifest; null where nothing was published. */
  readonly manifest: string | null;
  readonly windows: readonly Window[];
  /** How the columns differ from what the last success has written. */
  readonly schema_changes: readonly SchemaChange[];
  /** Of a run that is not as large as is expected. Its messages are among the warnings, too. */
  readonly unexpected_sizes: readonly UnexpectedSize[];
  readonly warnings: readonly string[];
  readonly error: RunError | null;
}

/** A run that is marked as running. */
export interface UnendedRun {
  readonly task: string;
  readonly runId: string;
}

/** A run that has failed, in short. */
export interface FailedRun {
  readonly runId: string;
  readonly code: string;
}

/** A run as status, history and `/api/runs` show it, also one that has not ended. Times are ISO 8601 UTC. */
export interface PastRun {
  readonly run_id: string;
  readonly task: string;
  readonly kind: RunKind;
  readonly status: RunReport['status'] | 'running';
  readonly scheduled_for: string;
  readonly started_at: string;
  /** These three are null while it is running. */
  readonly finished_at: string | null;
  /** Null also where its process died. */
  readonly duration_ms: number | null;
  readonly attempts: number | null;
  readonly rows: number;
  readonly bytes: number;
  readonly files: number;
  readonly manifest: string | null;
  readonly windows: readonly Window[];
  readonly warnings: readonly string[];
  readonly error: RunError | null;
}

/** What a run that has ended leaves in the state. */
export interface RunRecord {
  readonly report: RunReport;
  readonly stamp: string;
  /** Name of the sink in the config. */
  readonly sink: string;
  /** What is remembered from now on, all of it or nothing; empty where the run did not succeed. */
  readonly watermarks: readonly Watermark[];
  /** Of the tables that it has written; empty also of a backfill, which changes no memory. */
  readonly schemas: readonly TableSchema[];
  /** The backfill whose window this was, and the end of that window; null for every other run. */
  readonly backfill: { readonly id: string; readonly to: string } | null;
}

/** That a task is paused: since when, ISO 8601 UTC, and by whom, `user@host`. */
export interface Pause {
  readonly since: string;
  readonly actor: string;
}

/** A run as a point of a chart: how it ended, how long it took and what it wrote. Times are ISO 8601 UTC. */
export interface RunPoint {
  readonly run_id: string;
  readonly kind: RunKind;
  readonly status: PastRun['status'];
  readonly started_at: string;
  /** Null while it is running, and where its process died. */
  readonly duration_ms: number | null;
  readonly rows: number;
  readonly bytes: number;
  readonly error_code: ErrorCode | null;
}
