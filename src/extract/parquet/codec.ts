/** How pages are compressed. */
import { constants, zstdCompressSync } from 'node:zlib';
import { compressSync } from 'snappy';
import type { Compression } from '../../domain/spec.ts';

export interface PageCodec {
  /** As Parquet's footer names it. */
  readonly id: number;
  /** Null: pages stay as they are. */
  readonly compress: ((bytes: Uint8Array) => Uint8Array) | null;
}

const UNCOMPRESSED = 0;
const SNAPPY = 1;
const ZSTD = 6;
/** Where time and size are both good; see docs/decisions/0010-parquet.md. */
const DEFAULT_ZSTD_LEVEL = 3;

export function pageCodec({ codec, level }: Compression): PageCodec {
  switch (codec) {
    case 'none':
      return { id: UNCOMPRESSED, compress: null };
    case 'snappy':
      // Output that is not copied stays outside of what the garbage collector sees, hundreds of megabytes of it.
      return { id: SNAPPY, compress: (bytes) => compressSync(bytes, { copyOutputData: true }) };
    case 'zstd': {
      const params = { [constants.ZSTD_c_compressionLevel]: level ?? DEFAULT_ZSTD_LEVEL };
      return { id: ZSTD, compress: (bytes) => zstdCompressSync(bytes, { params }) };
    }
    case 'gzip':
      throw new TypeError('Parquet is compressed with snappy or zstd, not with gzip');
  }
}
