/**
 * Row packets laid end to end, taken apart column by column: where each value begins and how long it is. Columns are
 * then read one after the other, each in a loop of its own, while the bytes are still in the processor's cache.
 */
import { lengthAt, lengthBytes, NULL_MARK } from '../row-packet.ts';

/** Rows of a block at most, and the bytes after which it is full: both fit into a core's own cache. */
export const BLOCK_ROWS = 1024;
const BLOCK_BYTES = 256 * 1024;

export const NULL_LENGTH = -1;

export interface RowBlock {
  bytes: Buffer;
  rows: number;
  /** Of the value of column c in row r, at c * BLOCK_ROWS + r. */
  readonly starts: Int32Array;
  /** The same; NULL_LENGTH for NULL. */
  readonly lengths: Int32Array;
}

export function rowBlock(columns: number): RowBlock {
  return {
    bytes: Buffer.alloc(0),
    rows: 0,
    starts: new Int32Array(columns * BLOCK_ROWS),
    lengths: new Int32Array(columns * BLOCK_ROWS),
  };
}

/**
 * Fills the block with the next rows.
 *
 * @param bytes payloads of text-protocol rows without anything in between.
 * @returns the index after the last row of the block.
 */
export function scanRows(
  block: RowBlock,
  columns: number,
  bytes: Buffer,
  start: number,
  end: number,
): number {
  const { starts, lengths } = block;
  const full = Math.min(end, start + BLOCK_BYTES);
  let at = start;
  let row = 0;
  for (; row < BLOCK_ROWS && at < full; row++) {
    for (let column = 0, slot = row; column < columns; column++, slot += BLOCK_ROWS) {
      let length = bytes[at++]!;
      if (length >= NULL_MARK) {
        if (length === NULL_MARK) {
          lengths[slot] = NULL_LENGTH;
          continue;
        }
        const size = lengthBytes(length);
        length = lengthAt(bytes, at, size);
        at += size;
      }
      starts[slot] = at;
      lengths[slot] = length;
      at += length;
    }
  }
  block.bytes = bytes;
  block.rows = row;
  return at;
}
