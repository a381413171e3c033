/** TIMESTAMP text in named zones, against Intl. */
import fc from 'fast-check';
import { offsetLookup, shiftToZone } from '../../../src/extract/zone.ts';

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu', // +05:45
  'Africa/Casablanca', // DST the other way round, in Ramadan
  'Pacific/Apia', // left out a whole day
  'Australia/Lord_Howe', // half an hour of DST
  'Africa/Monrovia', // -00:44:30 until 1972
  'UTC',
];

const text = (instant: Date): string => instant.toISOString().slice(0, 19).replace('T', ' ');

function shift(zone: string, utc: string): string {
  const bytes = Buffer.from(`..${utc}`);
  shiftToZone(bytes, 2, offsetLookup(zone));
  expect(bytes.toString().slice(0, 2)).toBe('..');
  return bytes.toString().slice(2);
}

describe.each(ZONES)('%s', (zone) => {
  const lookup = offsetLookup(zone);
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });

  it('is what Intl says, from 1970 to 2038', () => {
    // A handful of years, as each costs a look at every day of it.
    const year = fc.constantFrom(
      1970,
      1971,
      1972,
      1986,
      1999,
      2007,
      2010,
      2011,
      2012,
      2018,
      2019,
      2024,
      2037,
    );
    fc.assert(
      fc.property(year, fc.nat(366 * 86_400), (first, seconds) => {
        const instant = new Date(Date.UTC(first) + seconds * 1000);
        const bytes = Buffer.from(`${text(instant)}.123456`);
        shiftToZone(bytes, 0, lookup);
        expect(bytes.toString()).toBe(`${format.format(instant)}.123456`);
      }),
      { numRuns: 300 },
    );
  });
});

it('leaves the gap in spring and doubles the hour in autumn', () => {
  expect(shift('Europe/Berlin', '2024-03-31 00:59:59')).toBe('2024-03-31 01:59:59');
  expect(shift('Europe/Berlin', '2024-03-31 01:00:00')).toBe('2024-03-31 03:00:00');
  expect(shift('Europe/Berlin', '2024-10-27 00:30:00')).toBe('2024-10-27 02:30:00');
  expect(shift('Europe/Berlin', '2024-10-27 01:30:00')).toBe('2024-10-27 02:30:00');
});

it('crosses days, months and years', () => {
  expect(shift('America/New_York', '2024-03-01 02:00:00.5')).toBe('2024-02-29 21:00:00.5');
  expect(shift('Asia/Kathmandu', '2023-12-31 18:15:00')).toBe('2024-01-01 00:00:00');
  expect(shift('Pacific/Apia', '2011-12-30 09:59:59')).toBe('2011-12-29 23:59:59');
  expect(shift('Pacific/Apia', '2011-12-30 10:00:00')).toBe('2011-12-31 00:00:00');
  expect(shift('Africa/Monrovia', '1971-06-01 00:00:00')).toBe('1971-05-31 23:15:30');
});
