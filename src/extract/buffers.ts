/**
 * The memory of an export: buffers for parts, and for blocks of text to be compressed, that are used again and again,
 * and a count of the bytes in use. Whoever fills them stops the source while the pool is full, so memory is flat however
 * many rows there are.
 */
import { partSize } from './part-size.ts';

export interface BufferPool {
  /** A buffer for a part; blocks are all of the base size. Never refuses: rows already received must go somewhere. */
  take(partNumber?: number): Buffer;
  give(buffer: Buffer): void;
  /** Whether the source should wait until a buffer comes back. */
  isFull(): boolean;
}

/**
 * @param basePartBytes size of an object's first parts, or of a block.
 * @param limit how many parts of that size may be in use before the pool is full.
 * @param onGive called after each buffer that comes back.
 */
export function bufferPool(basePartBytes: number, limit: number, onGive: () => void): BufferPool {
  const free: Buffer[] = [];
  const full = basePartBytes * limit;
  let inUse = 0;
  let taken = 0;
  return {
    take(partNumber = 1) {
      const size = partSize(basePartBytes, partNumber);
      inUse += size;
      taken++;
      return (size === basePartBytes ? free.pop() : undefined) ?? Buffer.allocUnsafeSlow(size);
    },
    give(buffer) {
      inUse -= buffer.length;
      taken--;
      // Larger ones, and what a huge row took beyond the limit, are not kept.
      if (buffer.length === basePartBytes && free.length < limit) free.push(buffer);
      onGive();
    },
    // The one buffer that is being filled comes back only when more rows have come, however large it has grown.
    isFull: () => taken > 1 && inUse >= full,
  };
}
