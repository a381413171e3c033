import fc from 'fast-check';
import { retryDelay } from '../../src/backoff.ts';

const SETTINGS = { firstDelayMs: 60_000, maxDelayMs: 3_600_000 };

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

describe('the delay', () => {
  const retries = { firstDelayMs: 2000, maxDelayMs: 300_000 };

  it.each([
    [1, 2000],
    [2, 4000],
    [3, 8000],
    [8, 256_000],
    [9, 300_000],
    [1000, 300_000],
  ])('after attempt %d is %d ms at the longest, and half of it at the shortest', (attempt, longest) => {
    expect(retryDelay(attempt, retries, 1)).toBe(longest);
    expect(retryDelay(attempt, retries, 0)).toBe(longest / 2);
  });

  it('stays within these bounds, and is a whole number that a timer takes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 86_400_000 }),
        fc.integer({ min: 0, max: 86_400_000 }),
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (firstDelayMs, maxDelayMs, attempt, random) => {
          const delay = retryDelay(attempt, { firstDelayMs, maxDelayMs }, random);
          const longest = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1));
          expect(Number.isSafeInteger(delay)).toBe(true);
          expect(delay).toBeLessThanOrEqual(longest);
          expect(delay).toBeGreaterThanOrEqual(Math.floor(longest / 2));
        },
      ),
    );
  });
});
