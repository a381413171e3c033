/** The number of rows that a Parquet file claims in its footer. Its pages are not decoded: the CRC-32 covers them. */
import type { ObjectCounter } from './object-counter.ts';

/** A footer has some hundred bytes a column and row group. */
const LARGEST_FOOTER = 32 * 1024 * 1024;

export function parquetCounter(): ObjectCounter {
  let tail: Uint8Array[] = [];
  let kept = 0;
  return {
    take(chunk) {
      // Chunks may be cut from one buffer that is used again.
      tail.push(new Uint8Array(chunk));
      kept += chunk.length;
      while (kept - tail[0]!.length >= LARGEST_FOOTER) kept -= tail.shift()!.length;
    },
    async end() {
      const { parquetMetadata } = await import('hyparquet');
      const bytes = new Uint8Array(Buffer.concat(tail));
      tail = [];
      try {
        return Number(parquetMetadata(bytes.buffer).num_rows);
      } catch {
        return null;
      }
    },
  };
}
