/**
 * One compressed object on its way: rows are encoded into blocks, full blocks are compressed several at once, and what
 * they become is appended to the object in their order.
 */
import type { PreparedObject } from '../domain.ts';
import type { BlockPool } from './block-pool.ts';
import type { Compress } from './compress.ts';
import type { ObjectWriter } from './object-writer.ts';
import type { TextWriter } from './text-writer.ts';

export class CompressedWriter implements TextWriter {
  rows = 0;
  /** Before compression. */
  bytes = 0;
  buffer: Buffer;
  at = 0;

  readonly #object: ObjectWriter;
  readonly #blocks: BlockPool;
  readonly #compress: Compress;
  readonly #onFailure: (error: unknown) => void;
  /** Settles when every block so far is in the object. */
  #written: Promise<void> = Promise.resolve();

  constructor(
    object: ObjectWriter,
    blocks: BlockPool,
    compress: Compress,
    onFailure: (error: unknown) => void,
  ) {
    this.#object = object;
    this.#blocks = blocks;
    this.#compress = compress;
    this.#onFailure = onFailure;
    this.buffer = blocks.take();
  }

  append(bytes: Buffer): void {
    for (let from = 0; from < bytes.length;) {
      const copied = bytes.copy(this.buffer, this.at, from);
      from += copied;
      this.at += copied;
      if (this.at === this.buffer.length) this.#sealBlock();
    }
    this.bytes += bytes.length;
  }

  makeRoom(bytes: number): boolean {
    if (this.buffer.length - this.at >= bytes) return true;
    if (bytes > this.buffer.length) return false;
    this.#sealBlock();
    return true;
  }

  discard(): void {
    this.#blocks.give(this.buffer);
    this.#object.discard();
  }

  async finish(): Promise<PreparedObject> {
    if (this.at > 0) this.#sealBlock();
    this.#blocks.give(this.buffer);
    await this.#written;
    this.#object.rows = this.rows;
    return this.#object.finish();
  }

  #sealBlock(): void {
    const { buffer } = this;
    const compressed = this.#compress(buffer.subarray(0, this.at)).finally(() => this.#blocks.give(buffer));
    this.#written = Promise.all([compressed, this.#written]).then(([bytes]) => this.#object.append(bytes));
    // The failure ends the run at once; whoever finishes the object sees it, too.
    this.#written.catch(this.#onFailure);
    this.buffer = this.#blocks.take();
    this.at = 0;
  }
}
