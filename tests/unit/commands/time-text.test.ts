import { shownDuration, shownGap, shownTime } from '../../../src/commands/time-text.ts';

it.each([
  [null, '-'],
  [0, '0 ms'],
  [999, '999 ms'],
  [1000, '1.0 s'],
  [59_949, '59.9 s'],
  [59_960, '1 min 0 s'],
  [250_000, '4 min 10 s'],
  [3_599_400, '59 min 59 s'],
  [3_599_600, '1 h 0 min'],
  [7_500_000, '2 h 5 min'],
  [200 * 3_600_000, '200 h 0 min'],
])('shows a duration of %s ms as %s', (milliseconds, text) => {
  expect(shownDuration(milliseconds)).toBe(text);
});

it.each([
  [0, '0s'],
  [45_000, '45s'],
  [12 * 60_000, '12m'],
  [3 * 3_600_000, '3h'],
  [50 * 3_600_000, '2d'],
])('shows a gap of %s ms as %s, whichever way', (gap, text) => {
  const at = new Date('2026-03-01T00:00:00Z');
  expect(shownGap(at, new Date(at.getTime() + gap))).toBe(text);
  expect(shownGap(new Date(at.getTime() + gap), at)).toBe(text);
});

it('shows a time in UTC, with seconds where asked for', () => {
  expect(shownTime('2026-03-01T03:04:05.678Z')).toBe('2026-03-01 03:04');
  expect(shownTime('2026-03-01T03:04:05.678Z', true)).toBe('2026-03-01 03:04:05');
  expect(shownTime(null)).toBe('-');
});
