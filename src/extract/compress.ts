/**
 * Compression in blocks on libuv's thread pool, several at once, while rows go on being encoded. Each block becomes a
 * gzip member or a zstd frame of its own; readers take any number of them in a row as one stream.
 *
 * RFC 1952, 2.2: "A gzip file consists of a series of members". RFC 8878, 3: frames may be concatenated.
 */
import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import type { Compression } from '../domain.ts';
import { TidemarkError } from '../errors.ts';

/** Large enough that a dictionary which starts empty costs next to nothing, small enough to keep all threads busy. */
export const BLOCK_BYTES = 1024 * 1024;

/** Where time and size are both good on rows as text; see docs/benchmarks.md. */
export const DEFAULT_LEVELS = { gzip: 4, zstd: 3 } as const;

export type Compress = (block: Uint8Array) => Promise<Buffer>;

const gzipAsync = promisify(gzip);
const zstdAsync = promisify(zstdCompress);

/** The compressor of a text format; null where there is nothing to compress. */
export function compressor({ codec, level }: Compression): Compress | null {
  switch (codec) {
    case 'none':
      return null;
    case 'gzip': {
      // One trip to the thread pool a block: its output fits into the first chunk.
      const options = { level: level ?? DEFAULT_LEVELS.gzip, chunkSize: BLOCK_BYTES + 1024 };
      return (block) => explained(gzipAsync(block, options));
    }
    case 'zstd': {
      const params = {
        [constants.ZSTD_c_compressionLevel]: level ?? DEFAULT_LEVELS.zstd,
        [constants.ZSTD_c_checksumFlag]: 1,
      };
      return (block) => explained(zstdAsync(block, { params, chunkSize: BLOCK_BYTES + 65_536 }));
    }
    case 'snappy':
      throw new TypeError('snappy compresses the pages of Parquet, not text');
  }
}

async function explained(compressed: Promise<Buffer>): Promise<Buffer> {
  try {
    return await compressed;
  } catch (error) {
    throw new TidemarkError('INTERNAL', `A block could not be compressed: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
