/** Which rows of a column chunk have a value: Parquet's definition levels of a flat, optional column. */
import { grown } from './grown.ts';
import { maxHybridBytes, writeHybrid } from './hybrid.ts';
import { unexpectedNull } from './misfit.ts';
import { BLOCK_ROWS, NULL_LENGTH } from './row-block.ts';
import type { RowBlock } from './row-block.ts';
import type { ParquetColumn } from './schema.ts';

export class Levels {
  rows = 0;
  nulls = 0;
  readonly #column: ParquetColumn;
  #present: Uint8Array;

  constructor(column: ParquetColumn) {
    this.#column = column;
    this.#present = new Uint8Array(column.optional ? BLOCK_ROWS : 0);
  }

  /** Notes which of a block's rows are NULL. @throws TidemarkError VALUE_UNFIT where none may be. */
  append(block: RowBlock, position: number): void {
    const { lengths, rows } = block;
    const first = position * BLOCK_ROWS;
    if (!this.#column.optional) {
      for (let slot = first; slot < first + rows; slot++)
        if (lengths[slot] === NULL_LENGTH) throw unexpectedNull(this.#column);
      this.rows += rows;
      return;
    }
    const present = (this.#present = grown(this.#present, this.rows + rows));
    let at = this.rows;
    for (let slot = first; slot < first + rows; slot++, at++) {
      const isNull = lengths[slot] === NULL_LENGTH;
      present[at] = isNull ? 0 : 1;
      if (isNull) this.nulls++;
    }
    this.rows = at;
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
    return this.#column.optional ? 4 + maxHybridBytes(rows, 1) : 0;
  }

  /** Writes the levels of some rows as a data page of version 1 has them; nothing where no row can be NULL. */
  write(from: number, to: number, out: Buffer, at: number): number {
    if (!this.#column.optional) return at;
    const end = writeHybrid(this.#present, from, to, 1, out, at + 4);
    out.writeUInt32LE(end - at - 4, at);
    return end;
  }

  clear(): void {
    this.rows = 0;
    this.nulls = 0;
  }
}
