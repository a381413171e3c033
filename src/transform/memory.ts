/**
 * How much a thread holds, heap and buffers together. Its limit is watched in two ways: here between batches, after the
 * garbage is gone, and by the main thread while the module is at work (thread.ts).
 */
import { getHeapStatistics } from 'node:v8';
import { collectGarbage } from '../collect-garbage.ts';

/**
 * Bytes in use. From half the limit on, garbage is collected first: V8 would let it grow for longer.
 *
 * @param limitBytes what the thread may hold.
 */
export function bytesHeld(limitBytes: number): number {
  const used = usedBytes();
  if (used < limitBytes / 2) return used;
  collectGarbage('regular');
  return usedBytes();
}

function usedBytes(): number {
  const { used_heap_size: heap, external_memory: buffers } = getHeapStatistics();
  return heap + buffers;
}
