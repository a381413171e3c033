import { pollAfter } from '../../../src/watch/watch-specs.ts';

describe('pollAfter', () => {
  it.each([
    [2000, 0, 2000],
    [2000, 250, 2000],
    [2000, 1000, 8000],
    [60_000, 1000, 60_000],
  ])('with an interval of %i ms and %i files is %i ms', (interval, files, expected) => {
    expect(pollAfter(interval, files)).toBe(expected);
  });
});
