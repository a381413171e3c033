/** One object's bytes in parts, all of them, in order, and its buffers back whatever happens. */
import fc from 'fast-check';
import { ObjectWriter } from '../../../src/extract/object-writer.ts';
import { MAX_PARTS } from '../../../src/extract/part-size.ts';
import { countingPool, fakeUploads } from './uploads.ts';
import type { FakeUploads } from './uploads.ts';

const IDENTITY = { table: 't', batch: null, key: 'task/t.csv' };

function writerOf(
  pool: ReturnType<typeof countingPool>,
  uploads: FakeUploads,
  failures: unknown[] = [],
): ObjectWriter {
  return new ObjectWriter(
    IDENTITY,
    pool,
    () => uploads.begin(IDENTITY.key),
    (error) => failures.push(error),
  );
}

it('sends what was appended, in full parts but for the last', async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 16 }), async (appended, partBytes) => {
      const uploads = fakeUploads();
      const pool = countingPool(partBytes);
      const writer = writerOf(pool, uploads);
      for (const piece of appended) writer.append(Buffer.from(piece));
      const prepared = await writer.finish();
      expect(uploads.contentOf(prepared).equals(Buffer.concat(appended))).toBe(true);
      const sizes = uploads.uploads[0]!.parts.map((part) => part.length);
      const total = Buffer.concat(appended).length;
      expect(sizes.slice(0, -1).every((size) => size === partBytes)).toBe(true);
      // An object without a byte is one empty part.
      expect(sizes).toHaveLength(Math.max(1, Math.ceil(total / partBytes)));
      expect(pool.out()).toBe(0);
    }),
  );
});

it('grows its parts', async () => {
  const uploads = fakeUploads();
  const writer = writerOf(countingPool(4), uploads);
  writer.append(Buffer.alloc(4 * 1000 + 8 * 2 + 1, 'z'));
  const prepared = await writer.finish();
  const sizes = uploads.uploads[0]!.parts.map((part) => part.length);
  expect([sizes[0], sizes[999], sizes[1000], sizes[1001], sizes[1002]]).toEqual([4, 4, 8, 8, 1]);
  expect(uploads.contentOf(prepared)).toHaveLength(4017);
});

it('begins no upload before there is a part to send', () => {
  const uploads = fakeUploads();
  const pool = countingPool(10);
  const writer = writerOf(pool, uploads);
  writer.append(Buffer.from('header\n'));
  expect(uploads.uploads).toHaveLength(0);
  writer.discard();
  expect(pool.out()).toBe(0);
});

it('stops at the last part that S3 takes', () => {
  const writer = writerOf(countingPool(1), fakeUploads());
  const whole = Buffer.alloc(1000 * ((10 * 11) / 2) - 1, 'z');
  writer.append(whole);
  expect(() => writer.append(Buffer.of(1))).toThrow(
    expect.objectContaining({
      code: 'OBJECT_TOO_LARGE',
      message: expect.stringContaining(`${MAX_PARTS} parts`),
    }),
  );
});

it('says at once that a part failed, fails with it, and drops its buffer: it may still be read', async () => {
  const failure = new Error('part 2');
  const uploads = fakeUploads(async (part) => {
    if (part === 2) throw failure;
  });
  const pool = countingPool(4);
  const failures: unknown[] = [];
  const writer = writerOf(pool, uploads, failures);
  writer.append(Buffer.from('abcdefgh'));
  await new Promise(setImmediate);
  expect(failures).toEqual([failure]);
  writer.append(Buffer.from('i'));
  await expect(writer.finish()).rejects.toBe(failure);
  await new Promise(setImmediate);
  expect([pool.out(), pool.dropped()]).toEqual([0, 1]);
});

it('lets go of every buffer where the upload could not be begun', async () => {
  const pool = countingPool(4);
  const failures: unknown[] = [];
  const refused = new Error('refused');
  const writer = new ObjectWriter(
    IDENTITY,
    pool,
    () => Promise.reject(refused),
    (error) => failures.push(error),
  );
  writer.append(Buffer.from('abcdefghij'));
  await expect(writer.finish()).rejects.toBe(refused);
  await new Promise(setImmediate);
  expect(pool.out()).toBe(0);
  expect(new Set(failures)).toEqual(new Set([refused]));
});
