/** Blocks of text that are being filled or compressed: a few, used again and again. */
import { BLOCK_BYTES } from './compress.ts';

export interface BlockPool {
  /** Never refuses: rows already received must go somewhere. */
  take(): Buffer;
  give(block: Buffer): void;
  /** Whether the source should wait until a block comes back. */
  isFull(): boolean;
}

/**
 * @param limit how many blocks may be in use before the pool is full.
 * @param onGive called after each block that comes back.
 */
export function blockPool(limit: number, onGive: () => void): BlockPool {
  const free: Buffer[] = [];
  let inUse = 0;
  return {
    take() {
      inUse++;
      return free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    },
    give(block) {
      inUse--;
      if (free.length < limit) free.push(block);
      onGive();
    },
    isFull: () => inUse >= limit,
  };
}
