/**
 * What a run asks of the outside world: records of functions, given by `sources/`, `sinks/`, `state/` and the
 * logger. `run.ts`, `extract/` and `publish/` know these shapes and nothing of what stands behind them.
 */
import type { OutputColumn, Plan, ServerIdentity } from './domain/plan.ts';
import type { KeyQuestions } from './key-ports.ts';
import type { PreparedObject, PreparedPart, RunRecord } from './domain/run.ts';
import type { Referee, SnapshotMark } from './lane-ports.ts';

/** Receives rows as the server sent them: the payload of one text-protocol row, valid only during the call. */
export type RowHandler = (packet: Buffer, start: number, end: number) => void;

export interface RowStream {
  /** Stops reading from the socket; rows already received still come (64 KiB at most, larger rows excepted). */
  pause(): void;
  resume(): void;
  /** Settles when the server has said that the result is complete; rejects on anything else. */
  readonly done: Promise<void>;
}

/** A column of a table as information_schema describes it. */
export interface TableColumn {
  readonly name: string;
  /** Lower case base type, `bigint`. */
  readonly dataType: string;
  /** Full type, `bigint(20) unsigned`. */
  readonly columnType: string;
  readonly nullable: boolean;
  /** Hidden from `SELECT *`. */
  readonly invisible: boolean;
  /** Character set, `latin1`; null: the type has none. */
  readonly charset?: string | null;
  /** `latin1_swedish_ci`; null: the type has none. */
  readonly collation?: string | null;
}

export interface TableFacts {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly primaryKey: readonly string[];
  /** From the storage engine's statistics; null where it keeps none (views). */
  readonly rows: number | null;
  readonly bytes: number | null;
  /** False where the engine keeps no snapshots (MyISAM, MEMORY …); null where unknown (views). */
  readonly transactional: boolean | null;
}

/**
 * What was known of the server's clock and its open transactions just before a snapshot was opened. What is committed
 * after the snapshot carries times that are not before either of the two.
 */
export interface Horizon {
  /** The server's clock, in microseconds since 1970 UTC. */
  readonly now: bigint;
  /** Not after the start of the oldest transaction that has written or may be writing; null: there is none. */
  readonly oldestWrite: bigint | null;
  /** Why open transactions cannot be seen, and what to grant; null: they can. */
  readonly blind: string | null;
}

/** A consistent, read-only view of the source: all that is read through one snapshot is of the same moment. */
export interface Snapshot {
  readonly server: ServerIdentity;
  /** Null where it was not asked for. */
  readonly horizon: Horizon | null;
  /** HMAC-SHA-256 with the key of the config, in hexadecimal; null where it was not asked for. */
  readonly hmac?: ((value: Uint8Array) => string) | null;
  /** Left out where the snapshot is begun anew, and told apart, by who holds it. */
  readonly mark?: SnapshotMark;
  tableFacts(table: string): Promise<TableFacts>;
  /** Result columns of a SELECT, without running it. */
  describeQuery(sql: string): Promise<readonly OutputColumn[]>;
  /** EXPLAIN's estimate of the rows a SELECT reads and returns, and what it warns of. */
  explain(sql: string): Promise<{ readonly rows: number | null; readonly warnings: readonly string[] }>;
  /**
   * Tables that a SELECT reads, also by way of views, and that keep no snapshots, as names in SQL; null: what it reads
   * cannot be seen.
   */
  unkept(sql: string): Promise<readonly string[] | null>;
  /**
   * The server's own wall clock at an instant, `YYYY-MM-DD HH:MM:SS.ffffff`, as DATETIME values are written in.
   *
   * @param instant in microseconds since 1970 UTC.
   */
  wallClock(instant: bigint): Promise<string>;
  /** The one value of a SELECT, as text; null for NULL. Waits as long as the server works on it. */
  scalar(sql: string, signal: AbortSignal): Promise<string | null>;
  /** What is asked before a table is cut into ranges. */
  readonly keys: KeyQuestions;
  /** Runs a SELECT; rows go to `onRow` as they come. */
  rows(sql: string, expected: readonly OutputColumn[], onRow: RowHandler, signal: AbortSignal): RowStream;
  /** The same as the source's, of the very server that the snapshot is of. */
  load(question: LoadQuestion, signal: AbortSignal): Promise<ServerLoad>;
  close(): Promise<void>;
}

/** What to look at; the other is not asked for. */
export interface LoadQuestion {
  readonly threads: boolean;
  readonly replication: boolean;
  /** Connections of the run in all processes: not counted either, where they are more than those of this one. */
  readonly lanes?: number;
}

/** How busy a server is. */
export interface ServerLoad {
  /** Connections that work on something, without those of this source in this process; 0 where not asked for. */
  readonly threadsRunning: number;
  /** Null where not asked for, where the server is no replica, and where its replication stands still. */
  readonly replicaLagS: number | null;
}

/** What a snapshot is opened with. */
export interface SnapshotNeeds {
  /** Clock and open transactions are looked at first. */
  readonly horizon: boolean;
  /** The session gets the key. */
  readonly hmac?: boolean;
  /** After so many milliseconds, and a little, the server itself ends a statement; null or left out: never. */
  readonly timeLeftMs?: number | null;
  /** Hears that a connection has to be waited for, and why; null: it has come. */
  readonly onWait?: (reason: string | null) => void;
}

/** A session that is connected and made ready, with no snapshot yet. */
export interface PendingSnapshot {
  readonly server: ServerIdentity;
  /**
   * Begins the snapshot, or a new one in its place. Not while something is read through it.
   *
   * @throws TidemarkError, or the signal's reason; the session is unusable then.
   */
  begin(signal: AbortSignal): Promise<SnapshotMark>;
  /** What is read through it is as of the last `begin`. Its clock and open transactions were looked at before the first. */
  readonly snapshot: Snapshot;
  close(): Promise<void>;
}

export interface Source {
  /** @param signal also of all that is done through the session later. */
  connect(signal: AbortSignal, needs?: SnapshotNeeds): Promise<PendingSnapshot>;
  /** Connects, and begins the snapshot. */
  open(signal: AbortSignal, needs?: SnapshotNeeds): Promise<Snapshot>;
  /** @param tables whose writers a lock has to keep out; null: not known, all. */
  referee(tables: readonly string[] | null): Referee;
  /**
   * How busy the server is, asked over a connection of its own.
   *
   * @throws TidemarkError PRIVILEGE_MISSING, where the state of its replication may not be seen, and those of `open`.
   */
  load(question: LoadQuestion, signal: AbortSignal): Promise<ServerLoad>;
}

/** An object on its way: parts may be sent in any order; nothing is visible before `complete`. */
export interface PendingUpload {
  readonly key: string;
  readonly uploadId: string;
  /**
   * @param partNumber from 1.
   * @param body is the caller's again once this settles.
   * @param crc32 of the body.
   */
  sendPart(partNumber: number, body: Buffer, crc32: number): Promise<PreparedPart>;
}

export interface ObjectMeta {
  readonly contentType: string;
  /** Kept with the object, so that it can be told whose it is. */
  readonly runId: string;
}

export interface Sink {
  /** How the sink's configuration names the place of a key, `s3://bucket/key`. */
  url(key: string): string;
  /** Size of a part and how many may be on their way at once. */
  readonly partBytes: number;
  readonly concurrency: number;
  begin(key: string, meta: ObjectMeta, signal: AbortSignal): Promise<PendingUpload>;
  /**
   * Makes a prepared object visible. Doing it twice is harmless.
   *
   * @throws TidemarkError UPLOAD_GONE where there is neither the upload nor the object of this run.
   */
  complete(prepared: PreparedObject, runId: string): Promise<void>;
  /** Which run wrote the object that stands under a key; null: there is none, or it is nobody's. */
  runOf(key: string): Promise<string | null>;
  /** Ends an upload without a trace; a missing upload is already what was wanted. */
  abort(upload: { readonly key: string; readonly uploadId: string }): Promise<void>;
  /** Ids of the open uploads of exactly this key. */
  openUploads(key: string): Promise<string[]>;
  put(key: string, body: Buffer, meta: ObjectMeta): Promise<void>;
  /** Removes an object. Only for undoing a commit that failed half-way, and only after `runOf`. */
  remove(key: string): Promise<void>;
}

/** An upload that was aborted and may yet come back. */
export interface AbortedUpload {
  /** Name of the sink in the config. */
  readonly sink: string;
  readonly key: string;
  readonly uploadId: string;
  /** The last time. */
  readonly abortedAt: Date;
}

/**
 * What one run has begun in the bucket, written down before it is done, so that whoever comes after a crash can finish
 * it or clear it away. All calls return when the entry is durable.
 */
export interface Journal {
  /** An upload of this key is about to be begun. */
  beginning(key: string): void;
  begun(key: string, uploadId: string): void;
  /** Everything is uploaded: from here on the run is finished, not undone. `record` is what it will have been. */
  committing(prepared: readonly PreparedObject[], manifest: ManifestObject, record: RunRecord): void;
  /** The commit failed and is being undone. */
  undoing(): void;
  /** All is undone: forgets the run's uploads. */
  closed(): void;
  /**
   * All is in the bucket: in one transaction, the run is recorded, its watermarks move, and its uploads are forgotten.
   *
   * @throws TidemarkError STATE_UNUSABLE; recovery then does it later.
   */
  recorded(): void;
  /** Records a run that has succeeded and has nothing to publish. */
  recordEmpty(record: RunRecord): void;
  /** Effects on the bucket wait for it: see `Settled`. */
  readonly settled: Settled;
}

/**
 * Settles when no failure of this machine can undo what has been written down before the call, and this process may still
 * act on it: at once, unless two daemons have one state.
 *
 * @throws TidemarkError LEADERSHIP_LOST: another process may act on it now; or the signal's reason.
 */
export type Settled = (signal?: AbortSignal) => Promise<void>;

/** What the journal knows of a run that did not come to its end. */
export interface JournalEntry {
  readonly runId: string;
  readonly task: string;
  /** Name of the sink in the config. */
  readonly sink: string;
  /** What that name stood for, as `Sink.url('')` says it; null: it was not kept. */
  readonly place: string | null;
  readonly phase: 'preparing' | 'committing' | 'undoing';
  /** An upload without an id may or may not have been begun. */
  readonly uploads: readonly { readonly key: string; readonly uploadId: string | null }[];
  readonly prepared: readonly PreparedObject[];
  /** Null while preparing. */
  readonly manifest: ManifestObject | null;
}

/** The last object of a run. */
export interface ManifestObject {
  readonly key: string;
  readonly body: string;
}

/** What a run tells as it goes: the progress bar, the run's log file, live pages. */
export interface RunObserver {
  planned(plan: Plan): void;
  progress(progress: { readonly rows: number; readonly bytes: number; readonly files: number }): void;
  /** What a module that maps the rows of a table has to say. */
  said?(table: string, message: string): void;
  /** The run waits, and why; null: it goes on. */
  waits?(reason: string | null): void;
  /** An attempt has failed, and there will be another. */
  retries?(): void;
}

/** What is told beside a log message. `task` names the task the line belongs to; an Error becomes its message. */
export interface LogFields {
  readonly task?: string | undefined;
  readonly [name: string]: unknown;
}

/** Writes log lines. Nothing that goes wrong in writing reaches the caller. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** The log of one run: what is written here also goes to the run's own file. */
export interface RunLog extends Log {
  /** Path of the run's file. */
  readonly file: string;
  /** The last lines, oldest first, redacted: what a failure mail ends with. */
  tail(count: number): string[];
  /** Settles when every line is written and the file is closed. */
  close(): Promise<void>;
}
