/**
 * One zstd frame (RFC 8878): blocks are compressed one after the other, each with what came before it as dictionary, on
 * a thread of the pool while rows go on being encoded.
 */
import { constants, createZstdCompress } from 'node:zlib';
import type { Compressor } from './compress.ts';

/** Output is collected in pieces of this size. */
const CHUNK_BYTES = 256 * 1024;

export function zstdCompressor(level: number): Compressor {
  const stream = createZstdCompress({
    chunkSize: CHUNK_BYTES,
    params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  let pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => void pieces.push(piece));
  // What fails is told to whoever gave the block or the end.
  stream.on('error', () => {});
  const taken = (): Buffer => {
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    pieces = [];
    return bytes;
  };
  return {
    block: (text) =>
      new Promise((resolve, reject) => {
        stream.write(text, (error) => (error ? reject(error) : resolve(taken())));
      }),
    end: () =>
      new Promise((resolve, reject) => {
        stream.once('end', () => resolve(taken()));
        stream.once('error', reject);
        stream.end();
      }),
    discard: () => void stream.destroy(),
  };
}
