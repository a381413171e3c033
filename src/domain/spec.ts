/** The nouns of a task spec, as it is once it has been parsed: plain data that nothing downstream checks again. */
import type { Consistency, ValueKind } from './plan.ts';

/** What a spec asks for; `best`: the most that can be proved. */
export type WantedConsistency = 'best' | Consistency;

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

/** How busy a server may be while a run reads; null: no limit. */
export interface MaxLoad {
  /** Connections that work on something at the same time. */
  readonly threadsRunning: number | null;
  readonly replicaLagMs: number | null;
}

/** An exact percentage. */
export interface Percent {
  /** As it is written, `12.5%`. */
  readonly text: string;
  /** Millionths of a percent: 12,500,000. */
  readonly millionths: number;
}

/** How many rows a run is expected to have; at least one of the two is given. */
export interface Expectation {
  /** Of all tables together; null: any number. */
  readonly minRows: number | null;
  /** From what is usual, in either direction; null: any. */
  readonly maxChange: Percent | null;
  readonly onViolation: 'warn' | 'fail';
}

/** Minutes of the day, `from` included, `to` not: at most 1440. Over midnight where `to` is not after `from`. */
export interface DayWindow {
  readonly from: number;
  readonly to: number;
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
  /** Connections that read at the same time, 1 to 64; null: the config's. */
  readonly parallelism: number | null;
  readonly consistency: WantedConsistency;
  readonly retries: Retries;
  /** Longest time a run may take, all its attempts together; null: as long as it takes. */
  readonly timeoutMs: number | null;
  /** Null: the source's. */
  readonly maxLoad: MaxLoad | null;
  /** Megabytes (10^6 bytes) a second; 0: no limit; null: the source's. */
  readonly rateLimitMbPerS: number | null;
  /** In the zone of the schedule; null: the source's. */
  readonly blackout: readonly DayWindow[] | null;
  readonly catchUp: CatchUp;
  readonly onSchemaChange: OnSchemaChange;
  /** Null: nothing is expected of the size of a run. */
  readonly expect: Expectation | null;
  /** How long the last success may lie back; null: as long as it likes. */
  readonly freshnessMs: number | null;
}
