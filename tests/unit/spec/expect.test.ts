/** What a spec promises of its task: freshness, and the size of its runs. */
import fc from 'fast-check';
import { parsePercent } from '../../../src/spec/percent.ts';
import { messages, spec } from './documents.ts';

describe('freshness', () => {
  it.each([
    [undefined, null],
    [null, null],
    ['26 hours', 93_600_000],
    ['90s', 90_000],
    ['366 days', 31_622_400_000],
  ])('reads %j', (freshness, ms) => {
    expect(spec({ freshness }).freshnessMs).toBe(ms);
  });

  it.each([
    [
      '26 hors',
      'freshness: found "26 hors". Did you mean "26 hours"? Allowed: a span of time such as "26 hours"',
    ],
    ['1 month', 'freshness: found "1 month"; months and years have no fixed length. Allowed'],
    [
      '0 hours',
      'freshness: found "0 hours". Allowed: a span of time such as "26 hours", above 0 and at most 366',
    ],
    ['367 days', 'freshness: found "367 days". Allowed'],
    [26, 'freshness: found 26. Allowed: a span of time such as "26 hours".'],
  ])('refuses %j', (freshness, expected) => {
    expect(messages({ freshness })).toEqual([expect.stringContaining(expected)]);
  });
});

describe('expect', () => {
  const half = { text: '50%', millionths: 50_000_000 };
  it.each([
    [undefined, null],
    [null, null],
    [{}, null],
    [{ min_rows: null, max_change: null }, null],
    [{ min_rows: 1000 }, { minRows: 1000, maxChange: null, onViolation: 'warn' }],
    [
      { max_change: ' 50 % ', on_violation: null },
      { minRows: null, maxChange: half, onViolation: 'warn' },
    ],
    [
      { min_rows: 1, max_change: '50%', on_violation: 'fail' },
      { minRows: 1, maxChange: half, onViolation: 'fail' },
    ],
  ])('reads %j', (written, expected) => {
    expect(spec({ expect: written }).expect).toEqual(expected);
  });

  it.each([
    [{ min_rows: 0 }, 'expect.min_rows: found 0. Allowed: a whole number from 1.'],
    [{ min_rows: 1.5 }, 'expect.min_rows: found 1.5. Allowed: a whole number from 1.'],
    [{ min_rows: '1000' }, 'expect.min_rows: found "1000". Allowed: a whole number from 1.'],
    [{ max_change: 50 }, 'expect.max_change: found 50. Allowed: a percentage such as "50%".'],
    [{ max_change: '50' }, 'expect.max_change: found "50". Allowed: a percentage from "0%" to "1000000%"'],
    [{ max_change: '-5%' }, 'expect.max_change: found "-5%". Allowed'],
    [{ max_change: '1000000.1%' }, 'expect.max_change: found "1000000.1%". Allowed'],
    [
      { max_chnage: '5%' },
      'expect.max_chnage: found the unknown key "max_chnage". Did you mean "max_change"?',
    ],
    [{ min_rows: 1, on_violation: 'stop' }, 'expect.on_violation: found "stop". Allowed: "warn", "fail"'],
    [{ on_violation: 'fail' }, 'expect.on_violation: stands without min_rows and max_change'],
    ['50%', 'expect: found "50%". Allowed: an object such as {"min_rows": 1000, "max_change": "50%"}.'],
  ])('refuses %j', (written, expected) => {
    expect(messages({ expect: written })).toEqual([expect.stringContaining(expected)]);
  });
});

it('reads percentages exactly', () => {
  const digits = fc.nat({ max: 999_999 });
  fc.assert(
    fc.property(digits, digits, (whole, fraction) => {
      const text = `${whole}.${String(fraction).padStart(6, '0')}%`;
      expect(parsePercent(text)).toEqual({ text, millionths: whole * 1_000_000 + fraction });
    }),
  );
  expect(parsePercent('0.1%')?.millionths).toBe(100_000);
});
