import fc from 'fast-check';
import { retryDelay } from '../../../src/notify/backoff.ts';

const SETTINGS = { firstMs: 60_000, maxMs: 3_600_000 };

it('doubles up to the longest delay', () => {
  const minutes = [1, 2, 3, 6, 7, 100, 1e9].map((attempts) => retryDelay(attempts, SETTINGS, 1) / 60_000);
  expect(minutes).toEqual([1, 2, 4, 32, 60, 60, 60]);
});

it('varies between the half and the whole', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempts, random) => {
        const whole = retryDelay(attempts, SETTINGS, 1);
        const delay = retryDelay(attempts, SETTINGS, random);
        expect(delay).toBeGreaterThanOrEqual(whole / 2);
        expect(delay).toBeLessThanOrEqual(whole);
      },
    ),
  );
});
