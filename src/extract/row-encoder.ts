/** What a text format needs to be: rows as the server sends them become bytes, one after the other. */
import type { OutputColumn } from '../domain/plan.ts';

export interface RowEncoder {
  /** What every object begins with. */
  readonly header: Buffer;
  /** An upper bound of a row's encoded size, in bytes. */
  maxRowBytes(packet: Buffer, start: number, end: number): number;
  /**
   * Writes one row, its line ending included.
   *
   * @param packet holds the row's payload from `start` on; trusted to be well-formed, as the parser saw its length.
   *   The payload is used up: bytes of it are overwritten.
   * @param out has room for `maxRowBytes` from `at` on.
   * @returns the index after the last byte written.
   */
  encodeRow(packet: Buffer, start: number, out: Buffer, at: number): number;
  /** Per column name, how many zero or partial dates have been read so far. */
  zeroDates(): ReadonlyMap<string, number>;
  /** Per column name, how many texts were not valid UTF-8. */
  invalidTexts(): ReadonlyMap<string, number>;
  /** Per column name, how many values of a JSON column are no JSON. */
  brokenJson(): ReadonlyMap<string, number>;
}

/** The columns of which there is something to count, and how much. */
export function countsByName(
  columns: readonly OutputColumn[],
  counts: Float64Array,
): ReadonlyMap<string, number> {
  return new Map(columns.flatMap(({ name }, index) => (counts[index]! > 0 ? [[name, counts[index]!]] : [])));
}
