import { durationFault, durationMs } from '../../../src/spec/duration.ts';

describe('durationMs', () => {
  it.each([
    ['1 minute', 60_000],
    ['90s', 90_000],
    ['250 ms', 250],
    ['0 seconds', 0],
    ['0', 0],
    ['0.0 hours', 0],
    ['000 ms', 0],
  ])('reads %j', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each(['1 month', '2 years', '0 months', '0 bananas', '12', '-1 s', '', 'soon', '0 constructor'])(
    'reads nothing exact from %j',
    (text) => {
      expect(durationMs(text)).toBeNull();
    },
  );
});

describe('durationFault', () => {
  const rule = { example: '1 minute', longestDays: 24, zero: false };

  it('takes what is within the limits, both of them included', () => {
    for (const text of ['1 ms', '24 days', '576 hours']) expect(durationFault(text, rule)).toBeNull();
    expect(durationFault('0 seconds', { ...rule, zero: true })).toBeNull();
    expect(durationFault('1 day', { ...rule, longestDays: 1 })).toBeNull();
  });

  it.each([
    ['0', 'found "0". Allowed: a span of time such as "1 minute", above 0 and at most 24 days.'],
    ['25 days', 'found "25 days". Allowed:'],
    ['1 month', 'found "1 month"; months and years have no fixed length. Allowed:'],
    ['5 mintues', 'found "5 mintues". Did you mean "5 minutes"? Allowed:'],
    ['1 hour 5 minutes', 'found "1 hour 5 minutes". Allowed:'],
    ['2024-01-01', 'found "2024-01-01". Allowed:'],
  ])('refuses %j', (text, expected) => {
    expect(durationFault(text, rule)).toContain(expected);
  });
});
