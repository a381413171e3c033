import { formatDuration } from '../../../src/notify/phrases.ts';

it.each([
  [0, '0.0 s'],
  [440, '0.4 s'],
  [59_940, '59.9 s'],
  [59_960, '1 min 0 s'],
  [119_000, '1 min 59 s'],
  [3_599_000, '59 min 59 s'],
  [11_100_000, '3 h 5 min'],
  [172_740_000, '47 h 59 min'],
  [172_800_000, '2 days 0 h'],
])('%d ms are %s', (milliseconds, said) => {
  expect(formatDuration(milliseconds)).toBe(said);
});
