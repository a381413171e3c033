/**
 * Buffers of this thread that wait to be filled again, whichever export had them before. One that is made anew for each
 * small export makes V8 collect its garbage for its sake, several times a second where many tasks run, and leaves holes
 * between other memory (docs/decisions/0021-memory-of-a-daemon.md).
 */

/** A spare that nobody has needed from one of these moments to the next is given up. */
const IDLE_MS = 10_000;

interface Spare {
  readonly buffer: Buffer;
  /** The interval in which it was kept. */
  readonly interval: number;
}

/** By size; the one that was kept last is at the end, and is taken first: what is too many grows old. */
const spares = new Map<number, Spare[]>();
let interval = 0;
let timer: NodeJS.Timeout | null = null;

/** A buffer of that size, with whatever is in it. */
export function takeBuffer(bytes: number): Buffer {
  return spares.get(bytes)?.pop()?.buffer ?? Buffer.allocUnsafeSlow(bytes);
}

/** @param buffer that nobody reads or writes any more. */
export function keepBuffer(buffer: Buffer): void {
  const alike = spares.get(buffer.length);
  if (alike === undefined) spares.set(buffer.length, [{ buffer, interval }]);
  else alike.push({ buffer, interval });
  timer ??= setTimeout(giveUpIdle, IDLE_MS).unref();
}

function giveUpIdle(): void {
  for (const [size, all] of spares) {
    const recent = all.filter((spare) => spare.interval === interval);
    if (recent.length === 0) spares.delete(size);
    else spares.set(size, recent);
  }
  interval++;
  timer = spares.size === 0 ? null : setTimeout(giveUpIdle, IDLE_MS).unref();
}
