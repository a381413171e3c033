/** What a text encoder writes into: an object as it is, or one that is compressed on its way. */
import type { PreparedObject } from '../domain/run.ts';

export interface TextWriter {
  rows: number;
  /** Of text so far, before any compression. */
  bytes: number;
  /** The buffer being filled and how far: the encoder writes here directly. */
  buffer: Buffer;
  at: number;
  /** Appends bytes that may be larger than the buffer. */
  append(bytes: Buffer): void;
  /** Whether there is room for so many bytes in the buffer, which may be another one after this. */
  makeRoom(bytes: number): boolean;
  /** Gives the object up before anything of it was sent. */
  discard(): void;
  /** Settles when all that was written is uploaded. */
  finish(): Promise<PreparedObject>;
}
