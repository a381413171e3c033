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

/** Which runs of a task read the rows whose watermark column is NULL. */
export type NullWatermark = 'first_run' | 'always' | 'never';

/** How a task remembers how far it has read. */
export interface WatermarkSpec {
  /** Where the first run begins, exclusive; null: at the beginning. */
  readonly initial: Literal | null;
  /** How far behind the server's clock the window ends, so that rows committed late are still ahead of it. */
  readonly lagMs: number;
  /** IANA zone in which DATETIME and DATE values are written; null: the server's own. */
  readonly timezone: string | null;
  readonly nulls: NullWatermark;
}

export interface Cdc {
  readonly column: string;
  readonly bound:
    | { readonly kind: 'literal'; readonly value: Literal }
    | { readonly kind: 'span'; readonly span: Span }
    | { readonly kind: 'watermark'; readonly watermark: WatermarkSpec };
}

export interface TableSpec {
  readonly name: string;
  readonly columns: '*' | readonly string[];
  /** ANDed, in the order of the spec. */
  readonly filters: readonly Filter[];
  /** ANDed, each a window on its column; at most one of them is a watermark. */
  readonly cdc: readonly Cdc[];
  /** Empty: the primary key. */
  readonly splitOrder: readonly string[];
}

/** What a JSON field becomes. `integer` is a BIGINT, `datetime` has six digits of fraction, `boolean` is 1 or 0. */
export type FieldType =
  | { readonly is: 'text' | 'integer' | 'double' | 'date' | 'datetime' | 'boolean' | 'json' }
  | { readonly is: 'decimal'; readonly precision: number; readonly scale: number };

/** A value inside a JSON document as a column of its own. */
export interface JsonField {
  /** Name of the output column. */
  readonly name: string;
  /** Keys and array indexes, from the outermost value on; empty: the document itself. */
  readonly path: readonly (string | number)[];
  readonly type: FieldType;
}

export interface Cast {
  /** As in `CAST(x AS …)`; null: DOUBLE, which older servers cannot be asked for in that way. */
  readonly target: string | null;
  /** Type and kind of what comes out. */
  readonly mysqlType: string;
  readonly kind: ValueKind;
}

export type Mask = 'sha256' | 'hmac' | 'last4' | 'null' | 'redact';

/** What becomes of one column. The operations apply in the order in which they stand here. */
export interface ColumnTransformation {
  /** Null: of every table that has the column, or of the custom query. */
  readonly table: string | null;
  readonly column: string;
  /** An expression in place of the column, checked to be one; its comments are gone. */
  readonly sql: string | null;
  /** Columns to be read out of the value, in place of it. */
  readonly json: readonly JsonField[] | null;
  /** Whether the value stays beside what is read out of it. */
  readonly keep: boolean;
  readonly cast: Cast | null;
  readonly trim: boolean;
  /** In place of NULL. */
  readonly default: Literal | null;
  readonly mask: Mask | null;
  /** Name of the output column; null: the column's own. */
  readonly rename: string | null;
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
/** What becomes of slots at which no daemon was there to run the task. */
export type CatchUp = 'latest' | 'all' | 'none';

/** What becomes of a run that would write other columns than the last one. */
export type OnSchemaChange = 'warn' | 'fail' | 'ignore';

/** How often and when a run that failed for a reason that can pass is tried again. */
export interface Retries {
  /** Further attempts after the first. */
  readonly count: number;
  /** Before the second attempt; doubled before each one after it, and varied at random. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

export type Format = 'csv' | 'tsv' | 'jsonl' | 'parquet';

export interface Compression {
  /** Of text: none, gzip or zstd; of Parquet: none, snappy or zstd. */
  readonly codec: 'none' | 'gzip' | 'zstd' | 'snappy';
  /** Null: the codec's usual one. */
  readonly level: number | null;
}

/** How the values of a task are written: what the encoder needs besides the columns. */
export interface OutputOptions {
  readonly format: Format;
  readonly compression: Compression;
  readonly csv: CsvDialect;
  readonly zeroDates: ZeroDates;
  readonly binary: BinaryEncoding;
  /** IANA zone in which TIMESTAMP values are written; `UTC` by default. */
  readonly outputTimezone: string;
}

/** A column that a `row_transform` says it returns. The type is one of MySQL's, `decimal(10,2)`. */
export interface DeclaredColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

/** For all tables, or for each by its name. */
export type DeclaredColumns =
  readonly DeclaredColumn[] | { readonly byTable: Readonly<Record<string, readonly DeclaredColumn[]>> };

/** A module that maps rows before they are written. */
export interface RowTransform {
  /** Path inside `transforms_dir`. */
  readonly module: string;
  /** Names of the tables whose rows it maps; null: all of the task. */
  readonly tables: readonly string[] | null;
  /** What it returns, as the spec says; null: what the module says, or else the columns it is given. */
  readonly columns: DeclaredColumns | null;
  /** Longest time for one batch of rows. */
  readonly timeoutMs: number;
  /** Memory of its thread. */
  readonly memoryMb: number;
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
  /** Given exactly where the custom query uses `:from` and `:to`. */
  readonly queryWatermark: WatermarkSpec | null;
  readonly rowTransform: RowTransform | null;
  readonly transformations: readonly ColumnTransformation[];
  readonly owner: { readonly name: string | null; readonly email: string };
  /** Names of entries in the config's `sources` and `sinks`. */
  readonly source: string;
  readonly sink: string;
  readonly output: OutputOptions;
  readonly onEmpty: OnEmpty;
  readonly keyTemplate: string | null;
  /** Megabytes (10^6 bytes) of output; null: the config's. */
  readonly batchThresholdMb: number | null;
  readonly retries: Retries;
  /** Longest time a run may take, all its attempts together; null: as long as it takes. */
  readonly timeoutMs: number | null;
  readonly catchUp: CatchUp;
  readonly onSchemaChange: OnSchemaChange;
}

/** How a column's wire value becomes output bytes. */
export type ValueKind =
  | 'number' // text that never needs quoting: integers, DECIMAL, DOUBLE, YEAR
  | 'float32' // FLOAT, read as the double it is, written as the shortest text that reads back as that FLOAT
  | 'date' // DATE: may be zero or partial
  | 'datetime' // DATETIME: may be zero or partial
  | 'timestamp' // TIMESTAMP, read in UTC, written in the output zone
  | 'text' // UTF-8: CHAR, TEXT, ENUM, SET, TIME, WKT
  | 'json' // UTF-8: a JSON document
  | 'bit' // big-endian bytes, written as an unsigned integer
  | 'binary'; // bytes, written as base64 or hex

export interface OutputColumn {
  /** Name in the header. */
  readonly name: string;
  /** Type as the server says it, `decimal(10,2) unsigned`; of a custom query: the result's type, `decimal`. */
  readonly mysqlType: string;
  readonly nullable: boolean;
  readonly kind: ValueKind;
  /** Character set of the column in MySQL; null: it has none, or it is not known. In a file, texts are UTF-8. */
  readonly charset?: string | null;
}

/** How one output column is made of a row that the server sent. */
export interface CellMapping {
  /** Index of the column in that row. */
  readonly from: number;
  /** What is read out of the JSON document that stands there; null: the cell as it is. */
  readonly field: (JsonField & Pick<ColumnTransformation, 'trim' | 'default' | 'mask'>) | null;
}

/** What is done to rows here because the server cannot do it exactly: plain data, like all of the plan. */
export interface RowMapping {
  /** What the SELECT returns. */
  readonly columns: readonly OutputColumn[];
  /** One for each output column. */
  readonly cells: readonly CellMapping[];
}

export interface Estimate {
  readonly rows: number | null;
  readonly bytes: number | null;
  /** Where the figures come from, in words. */
  readonly basis: string;
}

/** A row window of one table: `column > from AND column <= to`. Bounds are exact text as they stand in the SQL. */
export interface Window {
  readonly table: string;
  /** Of a custom query: `:from`. */
  readonly column: string;
  readonly mode: 'literal' | 'span' | 'watermark' | 'backfill';
  /** Exclusive; null: from the beginning. */
  readonly from: string | null;
  /** Inclusive; null: without an end. */
  readonly to: string | null;
  /** Whether rows with NULL in the column are read too. */
  readonly nulls: boolean;
}

/** How far a task has read one of its tables: exact text, as the server writes the value. */
export interface Watermark {
  readonly table: string;
  readonly column: string;
  readonly value: string;
}

/** The columns of a table as a run has written them, in their order. Types are normalised: see plan/schema-change.ts. */
export interface TableSchema {
  readonly table: string;
  readonly columns: readonly Pick<OutputColumn, 'name' | 'mysqlType' | 'nullable'>[];
}

/** How the columns of a table differ from what was written last. Field names are those of the manifest. */
export interface SchemaChange {
  readonly table: string;
  /** Null where the order as a whole has changed. */
  readonly column: string | null;
  readonly change: 'added' | 'removed' | 'type' | 'nullability' | 'order';
  /** A type, `NULL` or `NOT NULL`, or the names of all columns; null where there was none. */
  readonly before: string | null;
  readonly after: string | null;
  /** A sentence. */
  readonly message: string;
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

/** How the rows of one export are mapped on their way. */
export interface RowTransformPlan {
  /** Path inside `transforms_dir`. */
  readonly module: string;
  /** What the module is given. */
  readonly input: readonly OutputColumn[];
  /** Which of them tell a row from all others; empty where that is not known. */
  readonly key: readonly string[];
  readonly timeoutMs: number;
  readonly memoryMb: number;
}

/** One SELECT and the object or objects it becomes. */
export interface ExportPlan {
  /** The table's name; of a custom query: the task's. */
  readonly name: string;
  readonly sql: string;
  /** Counts the rows that `sql` returns. */
  readonly countSql: string;
  readonly columns: readonly OutputColumn[];
  /** From the rows of `sql` to `columns`, or to what the module is given; null: they are the same. */
  readonly mapping?: RowMapping | null;
  /** From there to `columns`, in a module; left out where rows go through none. */
  readonly rowTransform?: RowTransformPlan;
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
  /** Against what was written last; empty where nobody wants to know. */
  readonly schemaChanges: readonly SchemaChange[];
  readonly warnings: readonly string[];
  /** What cannot be promised, whatever the rows are: the same on every run, and therefore said once. */
  readonly cautions: readonly string[];
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
  readonly warnings: readonly string[];
  readonly error: RunError | null;
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
