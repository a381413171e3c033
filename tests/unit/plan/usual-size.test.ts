import fc from 'fast-check';
import { comparableDays, doubledMedian, WEEKS, weekdayOf } from '../../../src/plan/usual-size.ts';
import { shownSeconds } from '../../../src/zone-clock.ts';

const iso = (at: Date): string => at.toISOString();

describe('the days a run is compared with', () => {
  it('are the same weekday of the eight weeks before', () => {
    const days = comparableDays(new Date('2026-07-01T03:00:00Z'), 'UTC');
    expect(days).toHaveLength(8);
    expect(days.map(({ at }) => iso(at).slice(0, 10))).toEqual([
      '2026-06-24',
      '2026-06-17',
      '2026-06-10',
      '2026-06-03',
      '2026-05-27',
      '2026-05-20',
      '2026-05-13',
      '2026-05-06',
    ]);
    const [{ from, at, to }] = days as [(typeof days)[0]];
    expect([iso(from), iso(at), iso(to)]).toEqual([
      '2026-06-24T00:00:00.000Z',
      '2026-06-24T03:00:00.000Z',
      '2026-06-25T00:00:00.000Z',
    ]);
  });

  it('are those of the task’s zone, also where the clocks have changed since', () => {
    const scheduled = new Date('2026-04-05T22:30:00Z');
    expect([weekdayOf(scheduled, 'Europe/Berlin'), weekdayOf(scheduled, 'UTC')]).toEqual([
      'Monday',
      'Sunday',
    ]);
    const [, second] = comparableDays(scheduled, 'Europe/Berlin');
    // Monday, 23 March, 00:30 in winter time.
    expect([iso(second!.from), iso(second!.at), iso(second!.to)]).toEqual([
      '2026-03-22T23:00:00.000Z',
      '2026-03-22T23:30:00.000Z',
      '2026-03-23T23:00:00.000Z',
    ]);
  });

  it('show the same time of the same weekday, in any zone at any time, but where the clocks skip it', () => {
    const zones = fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Asia/Kathmandu',
      'Pacific/Apia',
    );
    const times = fc.integer({ min: 1_300_000_000, max: 2_000_000_000 });
    fc.assert(
      fc.property(zones, times, (zone, seconds) => {
        const shown = shownSeconds(zone, seconds);
        comparableDays(new Date(seconds * 1000), zone).forEach(({ from, at, to }, index) => {
          const then = shownSeconds(zone, at.getTime() / 1000);
          const off = Math.abs(shown - (index + 1) * 604_800 - then);
          // Samoa skipped a whole day in 2011.
          expect(off).toBeLessThanOrEqual(zone === 'Pacific/Apia' ? 86_400 : 3600);
          expect(from.getTime()).toBeLessThanOrEqual(at.getTime());
          if (zone !== 'Pacific/Apia') expect(at.getTime()).toBeLessThan(to.getTime());
        });
      }),
    );
  });
});

describe('the median', () => {
  it.each([
    [[], null],
    [[1, 2], null],
    [[5, 1, 9], 10n],
    [[4, 1, 9, 2], 6n],
    [[0, 0, 0], 0n],
  ])('of %j, doubled, is %s', (rows, doubled) => {
    expect(doubledMedian(rows)).toBe(doubled);
  });

  it('has as many below as above', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 1000 }), { minLength: 3, maxLength: WEEKS }), (rows) => {
        const median = Number(doubledMedian(rows)!) / 2;
        const below = rows.filter((one) => one < median).length;
        const above = rows.filter((one) => one > median).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(rows.length / 2);
      }),
    );
  });
});
