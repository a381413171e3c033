/** The formats that are measured, and what is asked of each. */

export interface FormatGoal {
  /** Name of the task, and of its spec. */
  readonly task: string;
  readonly what: string;
  /** Fields of the spec. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** At most so many times the bare read. */
  readonly times: number;
  readonly peakMb: number;
  /** The program whose default is held against the object's size; null: none. */
  readonly program: 'gzip' | 'zstd' | null;
  /** ClickHouse's names of the same. */
  readonly clickHouse: { readonly format: string; readonly compression: string };
}

/** What the main figures are taken of. */
export const PLAIN_CSV = { what: 'CSV', clickHouse: { format: 'CSV', compression: 'none' } };

/** A format more is a line more. */
export const FORMATS: readonly FormatGoal[] = [
  { task: 'csv_zstd', what: 'CSV, zstd', fields: { compression: 'zstd' }, times: 1.6, peakMb: 250, program: 'zstd', clickHouse: { format: 'CSV', compression: 'zstd' } },
  { task: 'csv_gzip', what: 'CSV, gzip', fields: { compression: 'gzip' }, times: 2, peakMb: 250, program: 'gzip', clickHouse: { format: 'CSV', compression: 'gzip' } },
  { task: 'parquet', what: 'Parquet, snappy', fields: { output_file_format: 'parquet' }, times: 2, peakMb: 400, program: null, clickHouse: { format: 'Parquet', compression: 'none' } },
  { task: 'jsonl', what: 'JSON Lines', fields: { output_file_format: 'jsonl' }, times: 1.6, peakMb: 250, program: null, clickHouse: { format: 'JSONEachRow', compression: 'none' } },
]; // prettier-ignore
