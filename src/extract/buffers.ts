/**
 * The memory of an export: buffers for parts, and for blocks of text to be compressed, that are used again and again,
 * and a count of the bytes in use. Whoever fills them stops the source while the pool is full, so memory is flat however
 * many rows there are.
 */
import { partSize } from './part-size.ts';
import { keepBuffer, takeBuffer } from './spare-buffers.ts';

export interface BufferPool {
  /** A buffer for a part; blocks are all of the base size. Never refuses: rows already received must go somewhere. */
  take(partNumber?: number): Buffer;
  /** The buffer may be filled again, also by another export: nobody reads it any more. */
  give(buffer: Buffer): void;
  /** As `give`, of a buffer that somebody may still be reading, as its part has failed. */
  drop(buffer: Buffer): void;
  /** Whether the source should wait until a buffer comes back. */
  isFull(): boolean;
}

/**
 * @param basePartBytes size of an object's first parts, or of a block.
 * @param limit how many parts of that size may be in use before the pool is full.
 * @param onGive called after each buffer that comes back.
 */
export function bufferPool(basePartBytes: number, limit: number, onGive: () => void): BufferPool {
  const full = basePartBytes * limit;
  let inUse = 0;
  let taken = 0;
  const drop = (buffer: Buffer): void => {
    inUse -= buffer.length;
    taken--;
    onGive();
  };
  return {
    take(partNumber = 1) {
      const size = partSize(basePartBytes, partNumber);
      inUse += size;
      taken++;
      return size === basePartBytes ? takeBuffer(size) : Buffer.allocUnsafeSlow(size);
    },
    give(buffer) {
      // Larger ones, and what a huge row took beyond the limit, are not kept.
      if (buffer.length === basePartBytes && taken <= limit) keepBuffer(buffer);
      drop(buffer);
    },
    drop,
    // The one buffer that is being filled comes back only when more rows have come, however large it has grown.
    isFull: () => taken > 1 && inUse >= full,
  };
}
