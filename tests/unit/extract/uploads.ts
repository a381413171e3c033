/** Uploads that remember what was sent, and a pool that knows what is out, for the tests of this folder. */
import { crc32 } from 'node:zlib';
import type { PreparedObject } from '../../../src/domain/run.ts';
import { bufferPool } from '../../../src/extract/buffers.ts';
import type { BufferPool } from '../../../src/extract/buffers.ts';
import type { PendingUpload } from '../../../src/ports.ts';

export interface SentUpload {
  readonly key: string;
  /** By part number - 1, copied at the moment it was sent. */
  readonly parts: Buffer[];
}

export interface FakeUploads {
  readonly uploads: SentUpload[];
  begin(key: string): Promise<PendingUpload>;
  /** The object's bytes, put together from its parts; checks what was said about them. */
  contentOf(prepared: PreparedObject): Buffer;
}

/** An expectation on a path so hot that expect() would take most of the time. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken: ${what}`);
}

/** @param beforePart is awaited before each part: a failure there is the part's. */
export function fakeUploads(beforePart: (partNumber: number) => Promise<void> = async () => {}): FakeUploads {
  const uploads: SentUpload[] = [];
  return {
    uploads,
    async begin(key) {
      const upload: SentUpload = { key, parts: [] };
      uploads.push(upload);
      return {
        key,
        uploadId: `upload-${uploads.length}`,
        async sendPart(partNumber, body, crc) {
          await beforePart(partNumber);
          // After the wait: the body must still be what it was.
          must(crc32(body) === crc, 'the checksum is that of the body');
          upload.parts[partNumber - 1] = Buffer.from(body);
          return { partNumber, etag: `etag-${partNumber}`, checksumCrc32: null };
        },
      };
    },
    contentOf({ key, uploadId, parts, bytes, crc32: sum }) {
      const upload = uploads[Number(uploadId.split('-')[1]) - 1]!;
      expect(upload.key).toBe(key);
      expect(parts.map(({ partNumber }) => partNumber)).toEqual(upload.parts.map((_, index) => index + 1));
      const content = Buffer.concat(upload.parts);
      expect(content).toHaveLength(bytes);
      expect(sum).toBe(crc32(content).toString(16).padStart(8, '0'));
      return content;
    },
  };
}

/** A pool, how many of its buffers are out, and how many were dropped. */
export function countingPool(
  partBytes: number,
  limit = 4,
): BufferPool & { out(): number; dropped(): number } {
  const pool = bufferPool(partBytes, limit, () => {});
  const out = new Set<Buffer>();
  let dropped = 0;
  return {
    ...pool,
    take(partNumber) {
      const buffer = pool.take(partNumber);
      must(!out.has(buffer), 'a buffer is taken once');
      out.add(buffer);
      return buffer;
    },
    give(buffer) {
      must(out.delete(buffer), 'a buffer is given back once');
      // Whoever still reads it now sees other bytes.
      buffer.fill(0xaa);
      pool.give(buffer);
    },
    drop(buffer) {
      must(out.delete(buffer), 'a buffer is dropped once');
      dropped++;
      pool.drop(buffer);
    },
    dropped: () => dropped,
    out: () => out.size,
  };
}
