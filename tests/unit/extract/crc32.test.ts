/** Sums of pieces make the sum of the whole. */
import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { crc32Combine } from '../../../src/extract/crc32.ts';

it('is the sum zlib makes of both pieces together', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.uint8Array({ maxLength: 500 }), (first, second) => {
      const whole = crc32(Buffer.concat([first, second]));
      expect(crc32Combine(crc32(first), crc32(second), second.length)).toBe(whole);
    }),
  );
});

it('knows long pieces', () => {
  const first = Buffer.alloc(1_000_003, 'a');
  const second = Buffer.alloc(3_000_017, 'b');
  expect(crc32Combine(crc32(first), crc32(second), second.length)).toBe(
    crc32(Buffer.concat([first, second])),
  );
});

it('combines pieces longer than 4 GiB, as often as they come', () => {
  // Zeros behind zeros: appending a piece of 2^33 at once is the same as appending its halves one after the other.
  const half = 2 ** 32;
  const oneStep = crc32Combine(0x12345678, 0, 2 * half);
  expect(crc32Combine(crc32Combine(0x12345678, 0, half), 0, half)).toBe(oneStep);
});
