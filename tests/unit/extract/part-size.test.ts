/** Parts that begin small and still reach the largest object. */
import { MAX_PARTS, basePartSize, capacityOf, partSize } from '../../../src/extract/part-size.ts';

const MIB = 1024 ** 2;
const TB = 1e12;

it('grows by one base size every thousand parts', () => {
  expect([1, 1000, 1001, 2000, 2001, 9001, 10_000].map((part) => partSize(8, part))).toEqual([
    8, 8, 16, 16, 24, 80, 80,
  ]);
});

it('counts what all parts together hold', () => {
  let sum = 0;
  for (let part = 1; part <= MAX_PARTS; part++) sum += partSize(8 * MIB, part);
  expect(capacityOf(8 * MIB)).toBe(sum);
  expect(sum).toBeGreaterThan(460e9);
});

it('keeps the configured size where it is enough', () => {
  for (const estimate of [null, 0, 1e6, 80e9, 230e9]) expect(basePartSize(8 * MIB, estimate)).toBe(8 * MIB);
});

it.each([5, 8, 16, 64])('makes room for a terabyte and as much again, from parts of %i MiB', (mebibytes) => {
  const base = basePartSize(mebibytes * MIB, TB);
  expect(base % MIB).toBe(0);
  expect(capacityOf(base)).toBeGreaterThanOrEqual(2 * TB);
  expect(base).toBeLessThanOrEqual(Math.max(mebibytes, 40) * MIB);
});
