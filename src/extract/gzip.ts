/**
 * One gzip member of which several blocks are compressed at once: each becomes DEFLATE blocks of its own that end on a
 * byte, and they are put together behind one header and before one checksum, as pigz does.
 *
 * RFC 1951 (blocks, the last of which is marked), RFC 1952 (header and trailer).
 */
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import type { Compressor } from './compress.ts';

const deflate = promisify(deflateRaw);

/** DEFLATE, no flags, no time, no hint, of an unknown system: the same text always becomes the same bytes. */
const HEADER = Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0xff]);
/** An empty block that is marked as the last. */
const LAST_BLOCK = Buffer.from([0x03, 0x00]);
/** Output is collected in pieces of this size; a block usually fits into one. */
const CHUNK_BYTES = 256 * 1024;

export function gzipCompressor(level: number): Compressor {
  // A full flush ends the block on a byte and marks nothing as the last.
  const options = { level, chunkSize: CHUNK_BYTES, finishFlush: constants.Z_FULL_FLUSH };
  let crc = 0;
  let length = 0;
  let isBegun = false;
  const header = (): Buffer[] => {
    if (isBegun) return [];
    isBegun = true;
    return [HEADER];
  };
  return {
    async block(text) {
      const before = header();
      crc = crc32(text, crc);
      length += text.length;
      return Buffer.concat([...before, await deflate(text, options)]);
    },
    end() {
      const sums = Buffer.alloc(8);
      sums.writeUInt32LE(crc, 0);
      // Modulo 2^32, says the format.
      sums.writeUInt32LE(length % 2 ** 32, 4);
      return Promise.resolve(Buffer.concat([...header(), LAST_BLOCK, sums]));
    },
    discard() {},
  };
}
