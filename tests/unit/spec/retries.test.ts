/** Retries, timeout and missed runs, as a spec says them. */
import { messages, spec } from './documents.ts';

describe('retries', () => {
  it.each([
    [undefined, { count: 2, firstDelayMs: 2000, maxDelayMs: 300_000 }],
    [null, { count: 2, firstDelayMs: 2000, maxDelayMs: 300_000 }],
    [0, { count: 0, firstDelayMs: 2000, maxDelayMs: 300_000 }],
    [20, { count: 20, firstDelayMs: 2000, maxDelayMs: 300_000 }],
    [{}, { count: 2, firstDelayMs: 2000, maxDelayMs: 300_000 }],
    [
      { count: null, first_delay: null, max_delay: null },
      { count: 2, firstDelayMs: 2000, maxDelayMs: 300_000 },
    ],
    [
      { count: 5, first_delay: '10 s', max_delay: '1 hour' },
      { count: 5, firstDelayMs: 10_000, maxDelayMs: 3_600_000 },
    ],
    [{ first_delay: '0 seconds' }, { count: 2, firstDelayMs: 0, maxDelayMs: 300_000 }],
    // A delay that is given stands; the other one follows it.
    [{ first_delay: '10 minutes' }, { count: 2, firstDelayMs: 600_000, maxDelayMs: 600_000 }],
    [{ max_delay: '1 second' }, { count: 2, firstDelayMs: 1000, maxDelayMs: 1000 }],
  ])('reads %j', (retries, expected) => {
    expect(spec({ retries }).retries).toEqual(expected);
  });

  it.each([
    [21, 'retries: found 21. Allowed: 0 to 20.'],
    [-1, 'retries: found -1. Allowed: 0 to 20.'],
    [1.5, 'retries: found 1.5. Allowed: a whole number from 0 to 20, or {"count"'],
    ['3', 'retries: found "3". Allowed: a whole number from 0 to 20, or {"count"'],
    [[3], 'retries: found a list. Allowed: a whole number'],
    [{ count: 21 }, 'retries.count: found 21. Allowed: a whole number from 0 to 20.'],
    [{ count: '3' }, 'retries.count: found "3". Allowed: a whole number from 0 to 20.'],
    [{ cuont: 3 }, 'retries.cuont: found the unknown key "cuont". Did you mean "count"?'],
    [{ first_delay: 5 }, 'retries.first_delay: found 5. Allowed: a span of time such as "2 seconds".'],
    [{ first_delay: '1 month' }, 'retries.first_delay: found "1 month"; months and years have no fixed'],
    [{ max_delay: '2 days' }, 'retries.max_delay: found "2 days". Allowed: a span of time'],
    [
      { first_delay: '10 s', max_delay: '5 s' },
      'retries.max_delay: found "5 s". Allowed: at least first_delay, "10 s".',
    ],
  ])('refuses %j', (retries, expected) => {
    expect(messages({ retries })).toEqual([expect.stringContaining(expected)]);
  });

  it('lists the faults of both delays', () => {
    expect(messages({ retries: { first_delay: 'soon', max_delay: 'late' } })).toHaveLength(2);
  });
});

describe('timeout', () => {
  it.each([
    [undefined, null],
    [null, null],
    ['90 minutes', 5_400_000],
    ['24 days', 24 * 86_400_000],
  ])('reads %j', (timeout, expected) => {
    expect(spec({ timeout }).timeoutMs).toBe(expected);
  });

  it.each([
    ['0 seconds', 'timeout: found "0 seconds". Allowed: a span of time such as "30 minutes", above 0'],
    ['1 month', 'timeout: found "1 month"; months and years have no fixed length.'],
    [
      '25 days',
      'timeout: found "25 days". Allowed: a span of time such as "30 minutes", above 0 and at most 24 days.',
    ],
    ['1 huor', 'timeout: found "1 huor". Did you mean "1 hour"?'],
    [60, 'timeout: found 60. Allowed: a text or null.'],
  ])('refuses %j', (timeout, expected) => {
    expect(messages({ timeout })).toEqual([expect.stringContaining(expected)]);
  });
});

it.each([
  [undefined, 'latest'],
  [null, 'latest'],
  ['latest', 'latest'],
  ['all', 'all'],
  ['none', 'none'],
])('reads catch_up %j', (catch_up, expected) => {
  expect(spec({ catch_up }).catchUp).toBe(expected);
});
