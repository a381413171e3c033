import fc from 'fast-check';
import { debtMs, fullBucket, take } from '../../../src/pace/token-bucket.ts';

it('lets through what has been saved, and makes what is more wait for as long as it takes to drip', () => {
  const full = fullBucket(1000, 0);
  const even = take(full, 100, 0);
  expect(debtMs(even, 0)).toBe(0);
  const indebted = take(even, 500, 0);
  expect(debtMs(indebted, 0)).toBe(500);
  expect(debtMs(indebted, 200)).toBe(300);
  expect(debtMs(indebted, 900)).toBe(0);
});

it('saves no more than a tenth of a second, however long nothing came', () => {
  const rested = take(fullBucket(1000, 0), 0, 3_600_000);
  expect(rested.level).toBe(100);
});

it('is not moved by a clock that stands still or steps back', () => {
  const indebted = take(fullBucket(1000, 1000), 300, 1000);
  expect(debtMs(indebted, 400)).toBe(200);
  expect(take(indebted, 0, 400)).toEqual(indebted);
});

it('keeps to the rate over every stretch of time, and uses all of it, whatever comes how', () => {
  const chunks = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1000, max: 50_000_000 }), chunks, (rate, sizes) => {
      let bucket = fullBucket(rate, 0);
      const came: { readonly at: number; readonly bytes: number }[] = [];
      let now = 0;
      for (const bytes of sizes) {
        now += debtMs(bucket, now);
        came.push({ at: now, bytes });
        bucket = take(bucket, bytes, now);
      }
      const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
      const paid = now + debtMs(bucket, now);
      const tolerance = 1e-6 * total + 1;
      // What was saved at the beginning came for nothing; all else took its time, and no longer.
      expect(Math.abs((paid / 1000) * rate + Math.min(total, rate / 10) - total)).toBeLessThan(
        tolerance + rate / 10,
      );
      for (const [from, { at }] of came.entries()) {
        let sum = 0;
        for (const later of came.slice(from)) {
          const allowed = ((later.at - at) / 1000) * rate + rate / 10;
          expect(sum).toBeLessThanOrEqual(allowed + tolerance + came[from]!.bytes);
          sum += later.bytes;
        }
      }
    }),
  );
});
