/** Times as MySQL writes them: every microsecond counts, before 1970 too, and what is no time is none. */
import fc from 'fast-check';
import { floorTo, formatClock, parseClock, unitOf, zoneClock } from '../../../src/plan/clock.ts';
import { microsAt } from '../../support/runs.ts';

const FIRST = parseClock('0001-01-01 00:00:00')!;
const LAST = parseClock('9999-12-31 23:59:59.999999')!;
const DIGITS = [0, 1, 2, 3, 4, 5, 6, 'date'] as const;

it.each([
  ['1970-01-01', 0n],
  ['1970-01-01 00:00:00', 0n],
  ['1970-01-01 00:00:00.000001', 1n],
  ['1969-12-31 23:59:59.999999', -1n],
  ['1970-01-01T00:00:01.5', 1_500_000n],
  ['2026-07-01 02:03:04.056789', microsAt('2026-07-01T02:03:04.056Z') + 789n],
  ['2024-02-29 12:00:00', microsAt('2024-02-29T12:00:00Z')],
  ['1000-01-01 00:00:00', microsAt('1000-01-01T00:00:00Z')],
  ['0099-12-31', microsAt('0099-12-31T00:00:00Z')],
  ['9999-12-31 23:59:59.999999', microsAt('9999-12-31T23:59:59.999Z') + 999n],
])('reads %s', (text, micros) => {
  expect(parseClock(text)).toBe(micros);
});

it.each([
  '',
  '0000-00-00',
  '0000-00-00 00:00:00',
  '2026-00-01',
  '2026-01-00',
  '2026-02-29',
  '2026-04-31',
  '2026-13-01',
  '1900-02-29',
  '2026-01-01 24:00:00',
  '2026-01-01 23:60:00',
  '2026-01-01 23:59:60',
  '2026-01-01 03:00',
  '2026-01-01 03:00:00.',
  '2026-01-01 03:00:00.1234567',
  '2026-01-01 03:00:00Z',
  '2026-01-01 03:00:00+01:00',
  '26-01-01',
  ' 2026-01-01',
  '2026-01-01\n',
  '20260101',
  'NULL',
])('takes %j for no time', (text) => {
  expect(parseClock(text)).toBeNull();
});

it.each([
  [-1n, 6, '1969-12-31 23:59:59.999999'],
  [-1n, 0, '1969-12-31 23:59:59'],
  [-1n, 'date', '1969-12-31'],
  [999_999n, 0, '1970-01-01 00:00:00'],
  [999_999n, 3, '1970-01-01 00:00:00.999'],
  [1_000n, 3, '1970-01-01 00:00:00.001'],
  [1_000n, 1, '1970-01-01 00:00:00.0'],
] as const)(
  'writes %d with %s digits, and cuts off the rest: it is never later than it was',
  (micros, digits, text) => {
    expect(formatClock(micros, digits)).toBe(text);
  },
);

const micros = fc.bigInt({ min: FIRST, max: LAST });

it('reads back what it wrote, to the last digit', () => {
  fc.assert(
    fc.property(micros, (value) => {
      expect(parseClock(formatClock(value, 6))).toBe(value);
    }),
  );
});

it('writes what is left after rounding down to the column’s digits', () => {
  fc.assert(
    fc.property(micros, fc.constantFrom(...DIGITS), (value, digits) => {
      const unit = unitOf(digits);
      const floored = floorTo(value, unit);
      expect(floored <= value && value - floored < unit).toBe(true);
      expect(parseClock(formatClock(value, digits))).toBe(floored);
    }),
  );
});

it.each([
  ['UTC', '2026-07-01T12:00:00Z', '2026-07-01 12:00:00.000000'],
  ['Europe/Berlin', '2026-07-01T12:00:00Z', '2026-07-01 14:00:00.000000'],
  ['Europe/Berlin', '2026-10-25T00:59:59.999Z', '2026-10-25 02:59:59.999000'],
  ['Europe/Berlin', '2026-10-25T01:00:00Z', '2026-10-25 02:00:00.000000'],
  ['Australia/Lord_Howe', '2026-04-04T14:59:59.999Z', '2026-04-05 01:59:59.999000'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', '2026-04-05 01:30:00.000000'],
  ['Asia/Kathmandu', '2026-01-01T00:00:00Z', '2026-01-01 05:45:00.000000'],
  ['America/New_York', '2026-01-01T04:59:59.999Z', '2025-12-31 23:59:59.999000'],
])('a clock in %s at %s', (zone, instant, shown) => {
  expect(formatClock(zoneClock(zone, microsAt(instant)), 6)).toBe(shown);
});

it('keeps the microseconds of an instant, also before 1970', () => {
  expect(formatClock(zoneClock('Europe/Berlin', -1n), 6)).toBe('1970-01-01 00:59:59.999999');
  expect(formatClock(zoneClock('Asia/Tokyo', microsAt('2026-01-01T00:00:00Z') + 123_456n), 6)).toBe(
    '2026-01-01 09:00:00.123456',
  );
});
