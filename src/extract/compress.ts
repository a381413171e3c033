/**
 * Compression of text on its way to an object: which compressor a codec has, and how hard it tries by default.
 *
 * An object is one gzip member or one zstd frame. Both formats allow several in a row, but some readers take the first
 * for the whole and say nothing; see docs/decisions/0013-one-frame.md.
 */
import type { Compression } from '../domain/spec.ts';
import { gzipCompressor } from './gzip.ts';
import { zstdCompressor } from './zstd.ts';

/** Text is compressed in blocks of this size: one trip to the thread pool each. */
export const BLOCK_BYTES = 1024 * 1024;

/** Where time and size are both good on rows as text; see docs/benchmarks.md. */
export const DEFAULT_LEVELS = { gzip: 3, zstd: 2 } as const;

/** Makes the bytes of one object. Works on libuv's thread pool. */
export interface Compressor {
  /**
   * @param text is the caller's again once this settles. The next block may be given before.
   * @returns the next bytes of the object, in the order of the blocks: whoever appends them keeps it.
   */
  block(text: Buffer): Promise<Buffer>;
  /** The last bytes of the object; called after the last block was given. */
  end(): Promise<Buffer>;
  /** The object is not wanted any more. */
  discard(): void;
}

/** @returns what makes the compressor of each object; null where there is nothing to compress. */
export function compressorOf({ codec, level }: Compression): (() => Compressor) | null {
  switch (codec) {
    case 'none':
      return null;
    case 'gzip':
      return () => gzipCompressor(level ?? DEFAULT_LEVELS.gzip);
    case 'zstd':
      return () => zstdCompressor(level ?? DEFAULT_LEVELS.zstd);
    case 'snappy':
      throw new TypeError('snappy compresses the pages of Parquet, not text');
  }
}
