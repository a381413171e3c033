import fc from 'fast-check';
import type { Expectation } from '../../../src/domain/spec.ts';
import { refuseUnexpectedSizes, unexpectedSizes, type RunSize } from '../../../src/plan/expectation.ts';
import { parsePercent } from '../../../src/spec/percent.ts';

const expected = (minRows: number | null, change: string | null): Expectation => ({
  minRows,
  maxChange: change === null ? null : parsePercent(change),
  onViolation: 'warn',
});
const usual = (rows: readonly number[]): RunSize['memory']['usual'] => ({ weekday: 'Monday', rows });
const run = (rows: number, more: Partial<RunSize> = {}): RunSize => ({
  kind: 'scheduled',
  rows,
  windows: [],
  memory: { usual: usual([900, 1000, 1100]), missedSince: null },
  ...more,
});
const kinds = (expectation: Expectation | null, size: RunSize): string[] =>
  unexpectedSizes(expectation, size).map((one) => one.expectation);

describe('min_rows', () => {
  it.each([
    [999, ['min_rows']],
    [1000, []],
  ])('with %d rows of 1,000: %j', (rows, found) => {
    expect(kinds(expected(1000, null), run(rows))).toEqual(found);
  });

  it('says what was found and what is expected', () => {
    expect(unexpectedSizes(expected(1000, null), run(1))).toEqual([
      {
        expectation: 'min_rows',
        rows: 1,
        usual_rows: null,
        allowed: '1000',
        message: 'The run has 1 row; at least 1,000 are expected (expect.min_rows).',
      },
    ]);
  });

  it('holds for runs by hand, and for no backfill', () => {
    expect(kinds(expected(1000, null), run(1, { kind: 'manual' }))).toEqual(['min_rows']);
    expect(kinds(expected(1000, '1%'), run(1, { kind: 'backfill' }))).toEqual([]);
  });
});

describe('max_change', () => {
  it.each([
    [500, '50%', []],
    [499, '50%', ['max_change']],
    [1500, '50%', []],
    [1501, '50%', ['max_change']],
    [1000, '0%', []],
    [1001, '0%', ['max_change']],
    [0, '100%', []],
    [1001, '0.1%', []],
    [1001, '0.099999%', ['max_change']],
  ])('with %d rows, usually 1,000, and %s allowed: %j', (rows, change, found) => {
    expect(kinds(expected(null, change), run(rows))).toEqual(found);
  });

  it('names the median and how far from it the run is', () => {
    const [one] = unexpectedSizes(expected(null, '50%'), run(120));
    expect(one).toMatchObject({ rows: 120, usual_rows: 1000, allowed: '50%' });
    expect(one?.message).toBe(
      'The run has 120 rows, 88% fewer than usual: 1,000 rows is the median of 3 Mondays before; a change of 50% is allowed (expect.max_change).',
    );
  });

  it('takes any row for unexpected where there usually is none', () => {
    const memory = { usual: usual([0, 0, 0]), missedSince: null };
    expect(kinds(expected(null, '1000000%'), run(1, { memory }))).toEqual(['max_change']);
    expect(kinds(expected(null, '0%'), run(0, { memory }))).toEqual([]);
  });

  it.each<[string, Partial<RunSize>]>([
    ['a run by hand', { kind: 'manual' }],
    ['what has too few weeks behind it', { memory: { usual: usual([1000, 1000]), missedSince: null } }],
    ['what was not asked for', { memory: { usual: null, missedSince: null } }],
  ])('lets be %s', (_what, more) => {
    expect(kinds(expected(null, '50%'), run(1, more))).toEqual([]);
  });

  it.each<[string, Partial<RunSize>]>([
    ['an incremental task', { windows: [{ mode: 'watermark' }] }],
    [
      'a whole table after missed runs',
      { windows: [{ mode: 'literal' }], memory: { usual: usual([9, 9, 9]), missedSince: new Date(0) } },
    ],
    ['a run that was made up for', { kind: 'catch_up' }],
  ])('holds for %s', (_what, more) => {
    expect(kinds(expected(null, '50%'), run(1, more))).toEqual(['max_change']);
  });

  it('lets an incremental run that also reads what missed ones have left have more, and not fewer', () => {
    const after = { ...run(0).memory, missedSince: new Date(0) };
    const windows = [{ mode: 'watermark' } as const];
    expect(kinds(expected(null, '50%'), run(2100, { windows, memory: after }))).toEqual([]);
    expect(kinds(expected(null, '50%'), run(499, { windows, memory: after }))).toEqual(['max_change']);
    expect(kinds(expected(null, '50%'), run(2100, { windows }))).toEqual(['max_change']);
  });

  it('agrees with exact arithmetic for any numbers', () => {
    const rows = fc.nat({ max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(rows, rows, fc.nat({ max: 1_000_000 }), (now, median, percent) => {
        const memory = { usual: usual([median, median, median]), missedSince: null };
        const distance = BigInt(now) - BigInt(median);
        const differs = (distance < 0n ? -distance : distance) * 100n > BigInt(median) * BigInt(percent);
        expect(kinds(expected(null, `${percent}%`), run(now, { memory }))).toEqual(
          differs ? ['max_change'] : [],
        );
      }),
    );
  });
});

describe('a run of unexpected size', () => {
  const refuse = (onViolation: 'warn' | 'fail', expectation: Expectation, size: RunSize) => () => {
    const found = unexpectedSizes(expectation, size);
    refuseUnexpectedSizes(found, { expect: { ...expectation, onViolation }, file: 'specs/a.json' });
  };

  it('passes with a warning, or fails, as the spec says', () => {
    expect(refuse('warn', expected(1000, '5%'), run(1))).not.toThrow();
    expect(refuse('fail', expected(1, '5%'), run(1000))).not.toThrow();
    expect(refuse('fail', expected(1000, '5%'), run(1))).toThrow(
      expect.objectContaining({
        code: 'EXPECTATION_FAILED',
        message: expect.stringMatching(/at least 1,000 are expected .* 99.9% fewer than usual/),
        hint: expect.stringContaining('lower expect.min_rows and raise expect.max_change in specs/a.json'),
      }),
    );
  });

  it('can be published by hand where it only differs from the usual', () => {
    const byHand = expect.objectContaining({ hint: expect.stringContaining('tidemark run -s specs/a.json') });
    expect(refuse('fail', expected(null, '5%'), run(1))).toThrow(byHand);
    expect(refuse('fail', expected(1000, '5%'), run(1))).not.toThrow(byHand);
  });
});
