/** The nouns of a plan: what a run will do, as plain data that can be printed, stored or sent to another process. */
import type { ColumnTransformation, JsonField, OnEmpty, OutputOptions } from './spec.ts';

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

/** A slice of a table in the order of its first split column: `column >= from AND column < to`. */
export interface KeyRange {
  readonly column: string;
  /** Inclusive, as text; null: from the beginning, the rows with NULL in the column among them. */
  readonly from: string | null;
  /** Exclusive, as text; null: to the end. */
  readonly to: string | null;
}

/** The column that an export's ranges are of. */
export interface RangeKey {
  /** Place of the column, as it is, in the rows of the SELECT; null: it is not there. */
  readonly cell: number | null;
  /** Whether no two rows have the same value. */
  readonly unique: boolean;
}

/** One SELECT of an export that several connections read: its ranges follow each other without a gap. */
export interface RangePlan {
  readonly range: KeyRange;
  readonly sql: string;
  /** Estimated; null: unknown. */
  readonly rows: number | null;
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
  /** In key order, together all of `sql`; left out: it is read as a whole. */
  readonly ranges?: readonly RangePlan[];
  /** Of an export with ranges: what can be told of the keys in its rows. */
  readonly rangeKey?: RangeKey;
  /** Why a table whose task asks for parallelism is read as a whole. */
  readonly sequential?: string;
}

export interface ServerIdentity {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly version: string;
  readonly flavor: 'mysql' | 'mariadb';
}

/**
 * What can be proved of the rows of a run. `snapshot`: all are of one moment. `locked`: the same, and writers were kept
 * out while it was taken. `per_batch`: each result is of one moment of its own.
 */
export type Consistency = 'snapshot' | 'locked' | 'per_batch';

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
  /** Before its crew has agreed on a snapshot, what the plan can promise: `per_batch` where an engine keeps none. */
  readonly consistency: Consistency;
  /** How that is known: a sentence; null: nobody has agreed on anything yet. */
  readonly consistencyBasis: string | null;
  /** Where the snapshot stands in the server's log, `mysql-bin.000007:1234` or a GTID set; null: not known. */
  readonly sourcePosition: string | null;
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
