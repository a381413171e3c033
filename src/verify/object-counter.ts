/** How many records an object holds, whatever its format and compression, counted while its bytes stream by. */
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Manifest } from './manifest.ts';
import { parquetCounter } from './parquet-counter.ts';
import { lineCounter, recordCounter, type RecordCounter } from './record-counter.ts';

export interface ObjectCounter {
  /** The next bytes of the object; cut anywhere. Wait for it before giving more. */
  take(chunk: Uint8Array): Promise<void> | void;
  /** @returns null where the object is not what its format and compression ask for. */
  end(): Promise<number | null>;
}

/** What of a manifest says how its objects are read. */
export type Encoding = Pick<Manifest, 'format' | 'compression' | 'csv'>;

export function objectCounter({ format, compression, csv }: Encoding): ObjectCounter {
  if (format === 'parquet') return parquetCounter();
  // readManifest has seen that CSV and TSV have a dialect.
  const counter = csv === null ? lineCounter() : recordCounter(csv);
  switch (compression) {
    case 'gzip':
      return decompressing(createGunzip(), counter);
    case 'zstd':
      return decompressing(createZstdDecompress(), counter);
    default:
      return { take: counter.take, end: () => Promise.resolve(counter.records()) };
  }
}

function decompressing(
  stream: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>,
  counter: RecordCounter,
): ObjectCounter {
  let broken = false;
  let isOver = false;
  // A stream that has failed, or has seen the end of its data, never answers for what it is still given.
  let release = (): void => {};
  const over = new Promise<void>((resolve) => {
    const end = (): void => {
      isOver = true;
      release();
      resolve();
    };
    stream.on('data', (text: Buffer) => counter.take(text));
    stream.once('end', end);
    stream.once('error', () => {
      broken = true;
      end();
    });
  });
  return {
    take(chunk) {
      // What is left of such an object still counts for its length and its checksum.
      if (isOver) return;
      return new Promise((resolve) => {
        release = resolve;
        stream.write(chunk, () => resolve());
      });
    },
    async end() {
      stream.end();
      await over;
      return broken ? null : counter.records();
    },
  };
}
