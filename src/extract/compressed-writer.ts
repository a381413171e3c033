/**
 * One compressed object on its way: rows are encoded into blocks, full blocks are compressed while rows go on coming,
 * and what they become is appended to the object in their order.
 */
import type { PreparedObject } from '../domain/run.ts';
import { TidemarkError } from '../errors.ts';
import type { BufferPool } from './buffers.ts';
import type { Compressor } from './compress.ts';
import type { ObjectWriter } from './object-writer.ts';
import type { TextWriter } from './text-writer.ts';

export class CompressedWriter implements TextWriter {
  rows = 0;
  /** Before compression. */
  bytes = 0;
  buffer: Buffer;
  at = 0;

  readonly #object: ObjectWriter;
  readonly #blocks: BufferPool;
  readonly #compressor: Compressor;
  readonly #onFailure: (error: unknown) => void;
  /** Settles when every block so far is in the object. */
  #written: Promise<void> = Promise.resolve();

  constructor(
    object: ObjectWriter,
    blocks: BufferPool,
    compressor: Compressor,
    onFailure: (error: unknown) => void,
  ) {
    this.#object = object;
    this.#blocks = blocks;
    this.#compressor = compressor;
    this.#onFailure = onFailure;
    this.buffer = blocks.take();
  }

  append(bytes: Buffer): void {
    for (let from = 0; from < bytes.length;) {
      if (this.at === this.buffer.length) this.#nextBlock();
      const copied = bytes.copy(this.buffer, this.at, from);
      from += copied;
      this.at += copied;
    }
    this.bytes += bytes.length;
  }

  makeRoom(bytes: number): boolean {
    if (this.buffer.length - this.at >= bytes) return true;
    if (bytes > this.buffer.length) return false;
    this.#nextBlock();
    return true;
  }

  discard(): void {
    this.#blocks.give(this.buffer);
    this.#compressor.discard();
    this.#object.discard();
  }

  async finish(): Promise<PreparedObject> {
    if (this.at > 0) this.#compressBlock();
    else this.#blocks.give(this.buffer);
    await Promise.all([this.#written, this.#append(this.#compressor.end())]);
    this.#object.rows = this.rows;
    return this.#object.finish();
  }

  #nextBlock(): void {
    this.#compressBlock();
    this.buffer = this.#blocks.take();
    this.at = 0;
  }

  #compressBlock(): void {
    const { buffer } = this;
    const compressed = this.#compressor.block(buffer.subarray(0, this.at));
    this.#append(compressed).then(
      () => this.#blocks.give(buffer),
      (error: unknown) => {
        // It ends the run at once; whoever finishes the object sees it, too.
        this.#onFailure(error);
        this.#blocks.drop(buffer);
      },
    );
  }

  /** Appends what comes of it behind all that was written before. */
  #append(compressed: Promise<Buffer>): Promise<void> {
    const before = this.#written;
    const write = async (): Promise<void> => {
      const [bytes] = await Promise.all([compressed.catch(explain), before]);
      this.#object.append(bytes);
    };
    return (this.#written = write());
  }
}

function explain(error: Error): never {
  throw new TidemarkError('INTERNAL', `The text could not be compressed: ${error.message}`, { cause: error });
}
