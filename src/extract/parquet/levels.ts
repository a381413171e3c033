/** Which rows of a column chunk have a value: Parquet's definition levels of a flat, optional column. */
import { grown } from './grown.ts';
import { maxHybridBytes, writeHybrid } from './hybrid.ts';
import { BLOCK_ROWS, NULL_LENGTH } from './row-block.ts';
import type { RowBlock } from './row-block.ts';

export class Levels {
  rows = 0;
  nulls = 0;
  readonly optional: boolean;
  #present: Uint8Array;

  constructor(optional: boolean) {
    this.optional = optional;
    this.#present = new Uint8Array(optional ? BLOCK_ROWS : 0);
  }

  /** Notes which of a block's rows are NULL. @returns whether one is. */
  append(block: RowBlock, column: number): boolean {
    const { lengths, rows } = block;
    const first = column * BLOCK_ROWS;
    const before = this.nulls;
    if (!this.optional) {
      for (let slot = first; slot < first + rows; slot++) if (lengths[slot] === NULL_LENGTH) this.nulls++;
      this.rows += rows;
      return this.nulls > before;
    }
    const present = (this.#present = grown(this.#present, this.rows + rows));
    let at = this.rows;
    for (let slot = first; slot < first + rows; slot++, at++) {
      const isNull = lengths[slot] === NULL_LENGTH;
      present[at] = isNull ? 0 : 1;
      if (isNull) this.nulls++;
    }
    this.rows = at;
    return this.nulls > before;
  }

  /** Makes a NULL of a value of the block appended last, by its row there. */
  drop(block: RowBlock, row: number): void {
    this.#present[this.rows - block.rows + row] = 0;
    this.nulls++;
  }

  /** The row after those that hold the next values: nulls behind the last of them belong to them. */
  rowAfter(from: number, values: number): number {
    if (this.nulls === 0) return from + values;
    let left = values;
    let row = from;
    for (; row < this.rows; row++) if (this.#present[row] === 1 && left-- === 0) break;
    return row;
  }

  maxBytes(rows: number): number {
    return this.optional ? 4 + maxHybridBytes(rows, 1) : 0;
  }

  /** Writes the levels of some rows as a data page of version 1 has them; nothing where no row can be NULL. */
  write(from: number, to: number, out: Buffer, at: number): number {
    if (!this.optional) return at;
    const end = writeHybrid(this.#present, from, to, 1, out, at + 4);
    out.writeUInt32LE(end - at - 4, at);
    return end;
  }

  clear(): void {
    this.rows = 0;
    this.nulls = 0;
  }
}
