/** Past windows: they touch, cover the stretch exactly, and follow the calendar. */
import fc from 'fast-check';
import { canonicalStep, checkIncremental, cutWindows } from '../../../src/plan/backfill.ts';
import { parseClock } from '../../../src/plan/clock.ts';
import { parseSpec } from '../../../src/spec/parse.ts';

const bounds = (from: string, to: string, every: string | null): string[] => {
  const windows = cutWindows(from, to, every);
  return [windows[0]!.from, ...windows.map((window) => window.to)];
};

it.each([
  ['2026-01-01', '2026-01-04', '1d', ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04']],
  ['2026-01-01', '2026-01-04', null, ['2026-01-01', '2026-01-04']],
  ['2026-01-30', '2026-03-31', '1 month', ['2026-01-30', '2026-02-28', '2026-03-30', '2026-03-31']],
  [
    '2026-01-01',
    '2026-01-02',
    '12 hours',
    ['2026-01-01 00:00:00', '2026-01-01 12:00:00', '2026-01-02 00:00:00'],
  ],
  [
    '2026-01-01T00:00:00.5',
    '2026-01-01 00:00:02',
    '1s',
    ['2026-01-01 00:00:00.500000', '2026-01-01 00:00:01.500000', '2026-01-01 00:00:02.000000'],
  ],
  ['-5', '20', '10', ['-5', '5', '15', '20']],
  ['18446744073709551610', '18446744073709551615', null, ['18446744073709551610', '18446744073709551615']],
])('%s to %s every %s', (from, to, every, expected) => {
  expect(bounds(from, to, every)).toEqual(expected);
});

it.each([
  ['1d', '1 day'],
  ['1 day', '1 day'],
  ['24 hours', '1 day'],
  ['2 weeks', '14 days'],
  ['1.5 hours', '90 minutes'],
  ['1 year', '12 months'],
  ['1 month', '1 month'],
  ['30 days', '30 days'],
  ['1001 ms', '1001 milliseconds'],
  ['10', '10'],
  [null, null],
])('knows the step %s as %s', (every, canonical) => {
  expect(canonicalStep(every)).toBe(canonical);
  expect(canonicalStep(canonical)).toBe(canonical);
});

it('covers a stretch without a gap or an overlap, whatever the step', () => {
  const day = fc.integer({ min: 0, max: 20_000 });
  const step = fc.constantFrom('1d', '7 days', '1 month', '36 hours', '1 year', '90 minutes');
  fc.assert(
    fc.property(day, fc.integer({ min: 1, max: 400 }), step, (start, days, every) => {
      const at = (offset: number): string =>
        new Date((start + offset) * 86_400_000).toISOString().slice(0, 10);
      const windows = cutWindows(at(0), at(days), every);
      const micros = (text: string): bigint => parseClock(text)!;
      expect(micros(windows[0]!.from)).toBe(micros(at(0)));
      expect(micros(windows.at(-1)!.to)).toBe(micros(at(days)));
      const touches = windows.every(
        ({ from, to }, index) =>
          micros(to) > micros(from) && (index === 0 || from === windows[index - 1]!.to),
      );
      expect(touches).toBe(true);
    }),
  );
});

it.each([
  ['2026-01-02', '2026-01-01', null, /after --from/],
  ['2026-01-01', '2026-01-01', null, /after --from/],
  ['yesterday', '2026-01-01', null, /--from yesterday/],
  ['2026-01-01', '2026-02-30', null, /--to 2026-02-30/],
  ['2026-01-01T00:00:00Z', '2026-01-02', null, /on the column’s own clock .* without a zone/],
  ['2026-01-01', '17', null, /--to 17/],
  ['2026-01-01', '2026-01-02', 'often', /--every often/],
  ['2026-01-01', '2026-01-02', '10 ms', /--every 10 ms/],
  ['2026-01-01', '2026-01-02', '10', /--every 10/],
  ['1', '9', '1d', /--every 1d/],
  ['1', '9', '0', /--every 0/],
  ['0001-01-01', '2026-01-01', '1 second', /more than 100000 windows/],
])('refuses %s to %s every %s', (from, to, every, message) => {
  expect(() => cutWindows(from, to, every)).toThrow(message);
});

const specWith = (fields: object): ReturnType<typeof parseSpec> =>
  parseSpec(
    JSON.stringify({
      task_name: 't',
      owner: { email: 'owner@example.com' },
      source: 's',
      sink: 's',
      ...fields,
    }),
    't.json',
  );

it.each([
  [{ table: { name: 'a', cdc: { u: { mode: 'watermark' } } } }],
  [{ table: { name: 'a', cdc: { u: '1 day', id: 5 } } }],
  [{ query: { custom: 'SELECT 1 AS a FROM t WHERE u > :from AND u <= :to' } }],
])('takes %j', (fields) => {
  expect(() => checkIncremental(specWith(fields))).not.toThrow();
});

it.each([
  [{ table: { name: 'a' } }, /a has not exactly one/],
  [{ table: { name: 'a', cdc: { u: '2026-01-01' } } }, /a has not/],
  [{ table: { name: 'a', cdc: { u: '1 day', v: '1 day' } } }, /a has not/],
  [{ table: [{ name: 'a', cdc: { u: '1 day' } }, { name: 'b' }, { name: 'c' }] }, /b, c have not/],
  [{ query: { custom: 'SELECT 1 AS a' } }, /no :from and :to/],
])('refuses %j, whose rows every window would export', (fields, message) => {
  expect(() => checkIncremental(specWith(fields))).toThrow(
    expect.objectContaining({ code: 'NOT_INCREMENTAL', message: expect.stringMatching(message) as string }),
  );
});

it('refuses keys that windows would share with one another and with live runs', () => {
  const by = (key_template: string) => () =>
    checkIncremental(specWith({ table: { name: 'a', cdc: { u: '1 day' } }, key_template }));
  expect(by('{task}/dt={date}/{table}.{ext}')).toThrow(/neither {stamp} nor {run_id}/);
  expect(by('{task}/dt={date}/{table}_{stamp}.{ext}')).not.toThrow();
  expect(by('{task}/{run_id}/{table}.{ext}')).not.toThrow();
});
