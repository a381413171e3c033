/** What a column of a row group is, between rows and pages. */
import type { Levels } from './levels.ts';
import type { RowBlock } from './row-block.ts';

/** The values of a column chunk in Parquet's PLAIN encoding, NULLs left out. */
export interface PlainValues {
  /** Of all values, in bytes. */
  readonly size: number;
  /** The index after the last value of a page that begins with this one. */
  pageEnd(from: number): number;
  /** Values of one page, all of them where there is no dictionary. Valid until the next call. */
  bytes(from: number, to: number): Uint8Array;
}

export interface Dictionary {
  readonly entries: number;
  /** All entries in PLAIN encoding. */
  readonly bytes: Uint8Array;
  /** Which entry each value is. */
  readonly indices: Int32Array;
}

/** The smallest and the largest value, in PLAIN encoding without a length. */
export interface Range {
  readonly min: Uint8Array;
  readonly max: Uint8Array;
}

export interface ColumnValues {
  /** Values that are not NULL. */
  readonly count: number;
  readonly plain: PlainValues;
  /** Null where there are too many different values. */
  readonly dictionary: Dictionary | null;
  /** Null where there is no value, or none that can be told exactly. */
  readonly range: Range | null;
}

export interface ColumnBuilder {
  readonly levels: Levels;
  /** Reads the values of this column in a block. @throws TidemarkError */
  append(block: RowBlock): void;
  /** What the values take in PLAIN encoding so far, about. */
  size(): number;
  /** The values of all blocks since the last `clear`; valid until then. */
  values(): ColumnValues;
  clear(): void;
}

/** What is counted over the whole file, per column. */
export interface ColumnCounts {
  zeroDates: number;
  invalidTexts: number;
}

/** A data page's bytes before compression: small enough to read one without the rest. */
export const PAGE_BYTES = 1024 * 1024;
