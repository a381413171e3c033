/**
 * The nouns of Tidemark. Everything here is plain data, free of I/O and of any driver, so that a `Plan` or a
 * `RunReport` can be printed, stored or sent to another process as it is.
 */
import type { ErrorCode } from './errors.ts';

/** A value from a spec, kept as its exact text: no number passes through a floating-point value on its way to SQL. */
export type Literal =
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'boolean'; readonly text: 'TRUE' | 'FALSE' };

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'like' | 'not like' | 'regexp';

export type Filter = { readonly column: string } & (
  | { readonly condition: Comparison; readonly value: Literal }
  | { readonly condition: 'in' | 'not in'; readonly values: readonly Literal[] }
  | { readonly condition: 'between'; readonly low: Literal; readonly high: Literal }
  | { readonly condition: 'is null' | 'is not null' }
);

/** A length of time as written in a spec: calendar months and exact milliseconds are different things. */
export interface Span {
  readonly text: string;
  readonly months: number;
  readonly milliseconds: number;
}

export interface Cdc {
  readonly column: string;
  readonly bound:
    { readonly kind: 'literal'; readonly value: Literal } | { readonly kind: 'span'; readonly span: Span };
}

export interface TableSpec {
  readonly name: string;
  readonly columns: '*' | readonly string[];
  /** ANDed, in the order of the spec. */
  readonly filters: readonly Filter[];
  /** ANDed as `column > bound`. */
  readonly cdc: readonly Cdc[];
  /** Empty: the primary key. */
  readonly splitOrder: readonly string[];
}

export interface CsvDialect {
  /** One ASCII character. */
  readonly delimiter: string;
  /** One ASCII character. */
  readonly quote: string;
  /** How NULL is written, unquoted. `''` by default: an empty string is then written as `""`. */
  readonly null: string;
  readonly header: boolean;
  readonly lineEnding: '\n' | '\r\n';
  readonly quoteAll: boolean;
}

export type ZeroDates = 'null' | 'string' | 'fail';
export type BinaryEncoding = 'base64' | 'hex';
export type OnEmpty = 'header' | 'skip' | 'fail';

/** How the values of a task are written: what the encoder needs besides the columns. */
export interface OutputOptions {
  readonly format: 'csv';
  readonly csv: CsvDialect;
  readonly zeroDates: ZeroDates;
  readonly binary: BinaryEncoding;
  /** IANA zone in which TIMESTAMP values are written; `UTC` by default. */
  readonly outputTimezone: string;
}

/** A task spec that has been parsed: nothing downstream checks it again. */
export interface Spec {
  /** Path of the file it was read from, as given. */
  readonly file: string;
  readonly taskName: string;
  /** Cron expression of 5 or 6 fields; null: runs by hand only. */
  readonly schedule: string | null;
  /** IANA zone of the schedule; null: the config's. */
  readonly timezone: string | null;
  /** Empty exactly when `customQuery` is given. */
  readonly tables: readonly TableSpec[];
  readonly customQuery: string | null;
  readonly owner: { readonly name: string | null; readonly email: string };
  /** Names of entries in the config's `sources` and `sinks`. */
  readonly source: string;
  readonly sink: string;
  readonly output: OutputOptions;
  readonly onEmpty: OnEmpty;
  readonly keyTemplate: string | null;
  /** Megabytes (10^6 bytes) of output; null: the config's. */
  readonly batchThresholdMb: number | null;
}

/** How a column's wire value becomes output bytes. */
export type ValueKind =
  | 'number' // text that never needs quoting: integers, DECIMAL, DOUBLE, YEAR
  | 'float32' // FLOAT, read as the double it is, written as the shortest text that reads back as that FLOAT
  | 'date' // DATE: may be zero or partial
  | 'datetime' // DATETIME: may be zero or partial
  | 'timestamp' // TIMESTAMP, read in UTC, written in the output zone
  | 'text' // UTF-8: CHAR, TEXT, ENUM, SET, TIME, JSON, WKT
  | 'bit' // big-endian bytes, written as an unsigned integer
  | 'binary'; // bytes, written as base64 or hex

export interface OutputColumn {
  /** Name in the header. */
  readonly name: string;
  /** Type as the server says it, `decimal(10,2) unsigned`; of a custom query: the result's type, `decimal`. */
  readonly mysqlType: string;
  readonly nullable: boolean;
  readonly kind: ValueKind;
}

export interface Estimate {
  readonly rows: number | null;
  readonly bytes: number | null;
  /** Where the figures come from, in words. */
  readonly basis: string;
}

/** A row window of one table: `column > from`. Bounds are exact text as they stand in the SQL. */
export interface Window {
  readonly table: string;
  readonly column: string;
  readonly from: string;
}

/** One SELECT and the object or objects it becomes. */
export interface ExportPlan {
  /** The table's name; of a custom query: the task's. */
  readonly name: string;
  readonly sql: string;
  readonly columns: readonly OutputColumn[];
  readonly estimate: Estimate;
  /** Whether rows roll over to a next object at `thresholdBytes`. */
  readonly batched: boolean;
  readonly thresholdBytes: number;
  /** Object key; `{batch}` in it stands for the batch number where `batched`. */
  readonly keyPattern: string;
}

export interface ServerIdentity {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly version: string;
  readonly flavor: 'mysql' | 'mariadb';
}

/** What a run will do, as plain data: computed before a row is read, printed by `tidemark plan`. */
export interface Plan {
  readonly task: string;
  readonly runId: string;
  /** ISO 8601 UTC. */
  readonly scheduledFor: string;
  /** `YYYYMMDDHHmmss`, UTC, of `scheduledFor`. */
  readonly stamp: string;
  readonly source: string;
  readonly sink: string;
  readonly server: ServerIdentity;
  /** `snapshot`: all rows are of one moment. `per_batch`: claimed of each result alone, as an engine keeps no snapshots. */
  readonly consistency: 'snapshot' | 'per_batch';
  readonly output: OutputOptions;
  readonly onEmpty: OnEmpty;
  readonly exports: readonly ExportPlan[];
  readonly manifestKey: string;
  readonly windows: readonly Window[];
  readonly warnings: readonly string[];
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
  readonly status: 'succeeded' | 'failed' | 'skipped';
  readonly scheduled_for: string;
  readonly started_at: string;
  readonly finished_at: string;
  readonly duration_ms: number;
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
  readonly warnings: readonly string[];
  readonly error: RunError | null;
}
