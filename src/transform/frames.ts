/** Rows in a buffer, one behind the other: four bytes of length, then the row's packet. */

/** Rows that go from one thread to another together, in bytes. */
export const CHUNK_BYTES = 1024 * 1024;
const LENGTH_BYTES = 4;

/** A buffer being filled with rows. */
export interface FrameWriter {
  /** Rows in the buffer. */
  readonly rows: number;
  /** Whether a row of this size has room; in an empty buffer, any has. */
  fits(rowBytes: number): boolean;
  add(packet: Uint8Array): void;
  /** What has been filled; the writer begins a new one. */
  take(): { readonly buffer: ArrayBuffer; readonly length: number };
  /** A buffer that has come back, to be filled again. */
  giveBack(buffer: ArrayBuffer): void;
}

/** Buffers that are kept to be filled again. */
const KEPT_BUFFERS = 4;

export function frameWriter(): FrameWriter {
  const free: ArrayBuffer[] = [];
  let buffer: Buffer<ArrayBuffer> = Buffer.alloc(0);
  let used = 0;
  let rows = 0;
  return {
    get rows() {
      return rows;
    },
    fits: (rowBytes) => used === 0 || used + LENGTH_BYTES + rowBytes <= buffer.length,
    add(packet) {
      const size = LENGTH_BYTES + packet.length;
      if (used === 0 && buffer.length < Math.max(size, CHUNK_BYTES)) {
        const known = size <= CHUNK_BYTES ? free.pop() : undefined;
        buffer =
          known === undefined ? Buffer.allocUnsafeSlow(Math.max(size, CHUNK_BYTES)) : Buffer.from(known);
      }
      used = buffer.writeUInt32LE(packet.length, used);
      buffer.set(packet, used);
      used += packet.length;
      rows++;
    },
    take() {
      const taken = { buffer: buffer.buffer, length: used };
      buffer = Buffer.alloc(0);
      used = 0;
      rows = 0;
      return taken;
    },
    giveBack(known) {
      // Those of huge rows are not kept.
      if (known.byteLength === CHUNK_BYTES && free.length < KEPT_BUFFERS) free.push(known);
    },
  };
}

/** Walks over the rows of a buffer: `start` to `end` of each is its packet. */
export function* framesOf(buffer: Buffer, length: number): Generator<readonly [start: number, end: number]> {
  for (let at = 0; at < length;) {
    const start = at + LENGTH_BYTES;
    at = start + buffer.readUInt32LE(at);
    yield [start, at];
  }
}
