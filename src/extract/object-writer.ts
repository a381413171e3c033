/**
 * One object on its way: bytes collect in a part buffer, full buffers are sent as parts, several at once. The upload
 * is begun with the first part, so an object that turns out empty and unwanted costs no request.
 */
import { crc32 } from 'node:zlib';
import type { PreparedObject, PreparedPart } from '../domain/run.ts';
import { TidemarkError } from '../errors.ts';
import type { PendingUpload } from '../ports.ts';
import type { BufferPool } from './buffers.ts';
import { crc32Combine } from './crc32.ts';
import { MAX_PARTS } from './part-size.ts';
import type { TextWriter } from './text-writer.ts';

/** What is written, and where it will be. */
export interface ObjectIdentity {
  readonly table: string;
  readonly batch: number | null;
  readonly key: string;
}

export class ObjectWriter implements TextWriter {
  rows = 0;
  bytes = 0;
  /** The buffer being filled and how far: the encoder writes here directly. */
  buffer: Buffer;
  at = 0;

  readonly identity: ObjectIdentity;
  readonly #pool: BufferPool;
  readonly #begin: () => Promise<PendingUpload>;
  readonly #onFailure: (error: unknown) => void;
  readonly #parts: Promise<PreparedPart>[] = [];
  #upload: Promise<PendingUpload> | null = null;
  #crc = 0;

  constructor(
    identity: ObjectIdentity,
    pool: BufferPool,
    begin: () => Promise<PendingUpload>,
    onFailure: (error: unknown) => void,
  ) {
    this.identity = identity;
    this.#pool = pool;
    this.#begin = begin;
    this.#onFailure = onFailure;
    this.buffer = pool.take(1);
  }

  /** Appends bytes that may be larger than a part. */
  append(bytes: Buffer): void {
    for (let from = 0; from < bytes.length;) {
      const copied = bytes.copy(this.buffer, this.at, from);
      from += copied;
      this.at += copied;
      if (this.at === this.buffer.length) this.#sendPart();
    }
    this.bytes += bytes.length;
  }

  /** Parts are filled to the last byte, so there is room only where there is. */
  makeRoom(bytes: number): boolean {
    return this.buffer.length - this.at >= bytes;
  }

  /** Gives the object up before anything of it was sent. */
  discard(): void {
    this.#pool.give(this.buffer);
  }

  /**
   * Sends what is left and waits for every part.
   *
   * @throws what a part failed with; `onFailure` has been told already.
   */
  async finish(): Promise<PreparedObject> {
    if (this.at > 0 || this.#parts.length === 0) this.#sendPart(true);
    else this.#pool.give(this.buffer);
    const parts = await Promise.all(this.#parts);
    const { uploadId } = await this.#upload!;
    return {
      ...this.identity,
      uploadId,
      parts,
      rows: this.rows,
      bytes: this.bytes,
      crc32: this.#crc.toString(16).padStart(8, '0'),
    };
  }

  #sendPart(last = false): void {
    const { buffer } = this;
    const body = buffer.subarray(0, this.at);
    const crc = crc32(body);
    this.#crc = crc32Combine(this.#crc, crc, body.length);
    const partNumber = this.#parts.length + 1;
    this.#upload ??= this.#begin();
    const sent = this.#upload.then((upload) => upload.sendPart(partNumber, body, crc));
    this.#parts.push(sent);
    sent.then(
      () => this.#pool.give(buffer),
      (error: unknown) => {
        // It ends the run at once, not only when the last part is awaited.
        this.#onFailure(error);
        this.#pool.drop(buffer);
      },
    );
    if (last) return;
    if (partNumber === MAX_PARTS) throw tooLarge(this.identity.key, this.bytes);
    this.buffer = this.#pool.take(partNumber + 1);
    this.at = 0;
  }
}

function tooLarge(key: string, bytes: number): TidemarkError {
  return new TidemarkError(
    'OBJECT_TOO_LARGE',
    `${key} passed ${MAX_PARTS} parts at ${Math.round(bytes / 1e9)} GB.`,
  );
}
