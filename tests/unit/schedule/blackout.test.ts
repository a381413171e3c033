import fc from 'fast-check';
import type { DayWindow } from '../../../src/domain/spec.ts';
import { blackoutEnd } from '../../../src/schedule/blackout.ts';
import { shownSeconds } from '../../../src/zone-clock.ts';

const MORNING: readonly DayWindow[] = [{ from: 480, to: 600 }];
const NIGHT: readonly DayWindow[] = [{ from: 1320, to: 120 }];
const end = (windows: readonly DayWindow[], zone: string, at: string) =>
  blackoutEnd(windows, zone, new Date(at))?.toISOString().replace(':00.000Z', 'Z') ?? null;

it.each([
  ['just before', MORNING, 'UTC', '2026-03-04T07:59:59.999Z', null],
  ['from its first moment', MORNING, 'UTC', '2026-03-04T08:00:00Z', '2026-03-04T10:00Z'],
  ['to its last', MORNING, 'UTC', '2026-03-04T09:59:59.999Z', '2026-03-04T10:00Z'],
  ['when it is over', MORNING, 'UTC', '2026-03-04T10:00:00Z', null],
  ['in the zone', MORNING, 'Asia/Kolkata', '2026-03-04T03:00:00Z', '2026-03-04T04:30Z'],
  ['over midnight, before it', NIGHT, 'UTC', '2026-03-04T23:00:00Z', '2026-03-05T02:00Z'],
  ['over midnight, after it', NIGHT, 'UTC', '2026-03-05T01:59:00Z', '2026-03-05T02:00Z'],
  ['over midnight, by day', NIGHT, 'UTC', '2026-03-05T12:00:00Z', null],
  ['to midnight', [{ from: 1320, to: 1440 }], 'UTC', '2026-03-04T23:00:00Z', '2026-03-05T00:00Z'],
  [
    'in windows that touch',
    [...NIGHT, { from: 120, to: 300 }],
    'UTC',
    '2026-03-04T23:00:00Z',
    '2026-03-05T05:00Z',
  ],
  [
    'in windows that overlap',
    [...MORNING, { from: 540, to: 660 }],
    'UTC',
    '2026-03-04T08:30:00Z',
    '2026-03-04T11:00Z',
  ],
  ['in none', [], 'UTC', '2026-03-04T08:30:00Z', null],
  // Berlin: 02:00 becomes 03:00 on 2026-03-29, 03:00 becomes 02:00 on 2026-10-25.
  [
    'whose end the clock skips',
    [{ from: 60, to: 150 }],
    'Europe/Berlin',
    '2026-03-29T00:30:00Z',
    '2026-03-29T01:00Z',
  ],
  [
    'that goes on after the gap',
    [{ from: 60, to: 210 }],
    'Europe/Berlin',
    '2026-03-29T00:30:00Z',
    '2026-03-29T01:30Z',
  ],
  [
    'in the repeated hour',
    [{ from: 120, to: 180 }],
    'Europe/Berlin',
    '2026-10-25T00:10:00Z',
    '2026-10-25T02:00Z',
  ],
  [
    'that ends before the repeated hour does',
    [{ from: 60, to: 150 }],
    'Europe/Berlin',
    '2026-10-24T23:10:00Z',
    '2026-10-25T00:30Z',
  ],
  ['that comes again', [{ from: 60, to: 150 }], 'Europe/Berlin', '2026-10-25T01:10:00Z', '2026-10-25T01:30Z'],
  ['over the night of the change', NIGHT, 'Europe/Berlin', '2026-10-24T21:00:00Z', '2026-10-25T00:00Z'],
] as const)('%s: %j in %s, at %s: %s', (_what, windows, zone, at, expected) => {
  expect(end(windows, zone, at)).toBe(expected);
});

const window = fc
  .record({ from: fc.integer({ min: 0, max: 1439 }), to: fc.integer({ min: 1, max: 1440 }) })
  .filter(({ from, to }) => from !== to && !(from === 0 && to === 1440));

/** Minute by minute, as the clock on the wall goes. */
function walked(windows: readonly DayWindow[], zone: string, at: Date): Date | null {
  const inside = (ms: number): boolean => {
    const minute = Math.floor((shownSeconds(zone, Math.floor(ms / 60_000) * 60) / 60) % 1440);
    return windows.some(({ from, to }) =>
      from < to ? minute >= from && minute < to : minute >= from || minute < to,
    );
  };
  if (!inside(at.getTime())) return null;
  let ms = Math.floor(at.getTime() / 60_000) * 60_000;
  while (inside(ms)) ms += 60_000;
  return new Date(ms);
}

it('is over at the first minute that is in no window, whatever the clocks do', () => {
  const zones = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
  );
  // Around the days on which the clocks change.
  const days = fc.constantFrom(
    '2026-03-08',
    '2026-03-29',
    '2026-04-05',
    '2026-10-04',
    '2026-10-25',
    '2026-11-01',
  );
  fc.assert(
    fc.property(window, zones, days, fc.integer({ min: -1440, max: 2880 }), (one, zone, day, minutes) => {
      const at = new Date(Date.parse(day) + minutes * 60_000 + 12_345);
      expect(blackoutEnd([one], zone, at)).toEqual(walked([one], zone, at));
    }),
    { numRuns: 150 },
  );
});
