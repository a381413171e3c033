import type { Timing } from '../../../src/schedule/reconcile.ts';
import { countSlots, lastSlot, nextFire, nextSlot } from '../../../src/schedule/slots.ts';
import {
  clockChanges,
  referenceSlots,
  shownClocks,
  type Reference,
  type WallTime,
} from './reference-slots.ts';

const HOUR = 3_600_000;
const iso = (instant: number | Date | null | undefined) =>
  instant === null || instant === undefined ? null : new Date(instant).toISOString();

function slotsBetween(timing: Timing, from: number, to: number): number[] {
  const slots: number[] = [];
  for (let slot = nextSlot(timing, new Date(from)); slot !== null && slot.getTime() <= to;) {
    slots.push(slot.getTime());
    slot = nextSlot(timing, slot);
  }
  return slots;
}

type Case = readonly [schedule: string, namesTimes: boolean, matches: (wall: WallTime) => boolean];

const BY_MINUTE: readonly Case[] = [
  ['* * * * *', false, () => true],
  ['*/20 * * * *', false, ({ minute }) => minute % 20 === 0],
  ['0 * * * *', false, ({ minute }) => minute === 0],
  ['*/20 2 * * *', false, ({ hour, minute }) => hour === 2 && minute % 20 === 0],
  ['0 */2 * * *', false, ({ hour, minute }) => hour % 2 === 0 && minute === 0],
  ['0 1-23/2 * * *', false, ({ hour, minute }) => hour % 2 === 1 && minute === 0],
  ['0 0 * * *', true, ({ hour, minute }) => hour === 0 && minute === 0],
  ['30 0 * * *', true, ({ hour, minute }) => hour === 0 && minute === 30],
  ['30 1 * * *', true, ({ hour, minute }) => hour === 1 && minute === 30],
  ['0 2 * * *', true, ({ hour, minute }) => hour === 2 && minute === 0],
  ['15,45 2 * * *', true, ({ hour, minute }) => hour === 2 && (minute === 15 || minute === 45)],
  ['30 1-3 * * *', true, ({ hour, minute }) => hour >= 1 && hour <= 3 && minute === 30],
  ['0 3 * * *', true, ({ hour, minute }) => hour === 3 && minute === 0],
  ['30 2 * * sun', true, ({ weekday, hour, minute }) => weekday === 0 && hour === 2 && minute === 30],
];

const BY_SECOND: readonly Case[] = [
  ['*/10 * * * * *', false, ({ second }) => second % 10 === 0],
  ['59 59 1 * * *', true, ({ hour, minute, second }) => hour === 1 && minute === 59 && second === 59],
  ['5 0 2 * * *', true, ({ hour, minute, second }) => hour === 2 && minute === 0 && second === 5],
];

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'America/Santiago', // at midnight
  'America/Asuncion', // at midnight, until 2024
  'Australia/Lord_Howe', // by half an hour
  'Africa/Casablanca', // around Ramadan
  'Africa/Cairo',
];

describe.each(ZONES)('around the changes of the clocks in %s', (zone) => {
  const changes = clockChanges(zone, 2024);
  /** Slots of each expression around each change: as they are, and as they should be. */
  const compare = (cases: readonly Case[], around: number, stepMs: number): [unknown[], unknown[]] => {
    const [found, expected]: [unknown[], unknown[]] = [[], []];
    for (const change of changes) {
      const [from, to] = [change - around, change + around];
      const shown = shownClocks(zone, from, to, stepMs);
      for (const [schedule, namesTimes, matches] of cases) {
        const reference: Reference = { matches, namesTimes, stepMs };
        found.push([schedule, slotsBetween({ schedule, timezone: zone }, from, to).map(iso)]);
        expected.push([schedule, referenceSlots(reference, shown, from).map(iso)]);
      }
    }
    return [found, expected];
  };

  it('changes twice a year', () => expect(changes).toHaveLength(2));

  it('has the slots that every minute of the clock says', () => {
    const [found, expected] = compare(BY_MINUTE, 5 * HOUR, 60_000);
    expect(found).toEqual(expected);
  });

  it('has the slots that every second of the clock says', () => {
    const [found, expected] = compare(BY_SECOND, HOUR, 1000);
    expect(found).toEqual(expected);
  });
});

describe.each(['UTC', 'Asia/Kathmandu'])('where the clocks do not change, in %s', (zone) => {
  it.each(BY_MINUTE)(
    '%s has the slots that every minute of the clock says',
    (schedule, namesTimes, matches) => {
      const [from, to] = [Date.UTC(2026, 1, 27), Date.UTC(2026, 2, 2)];
      const reference = { matches, namesTimes, stepMs: 60_000 };
      const expected = referenceSlots(reference, shownClocks(zone, from, to, 60_000), from);
      expect(slotsBetween({ schedule, timezone: zone }, from, to).map(iso)).toEqual(expected.map(iso));
    },
  );
});

describe('the rule of the changes, in Europe/Berlin', () => {
  const berlin = (schedule: string, from: string, to: string) =>
    slotsBetween({ schedule, timezone: 'Europe/Berlin' }, Date.parse(from), Date.parse(to)).map((slot) =>
      iso(slot)?.slice(8, 16),
    );

  it('runs a time in the gap at the end of the gap', () => {
    expect(berlin('30 2 * * *', '2026-03-28T00:00Z', '2026-03-31T00:00Z')).toEqual([
      '28T01:30',
      '29T01:00', // 03:00
      '30T00:30',
    ]);
  });

  it('runs a repeated time at its first pass', () => {
    expect(berlin('30 2 * * *', '2026-10-24T00:00Z', '2026-10-26T12:00Z')).toEqual([
      '24T00:30',
      '25T00:30',
      '26T01:30',
    ]);
  });

  it('runs every hour by real time', () => {
    expect(berlin('0 * * * *', '2026-03-28T23:30Z', '2026-03-29T02:30Z')).toEqual([
      '29T00:00',
      '29T01:00',
      '29T02:00',
    ]);
    expect(berlin('0 * * * *', '2026-10-24T23:30Z', '2026-10-25T02:30Z')).toEqual([
      '25T00:00',
      '25T01:00',
      '25T02:00',
    ]);
  });
});

describe('the days of an expression', () => {
  it.each([
    ['0 0 L * *', ['2027-01-31', '2027-02-28', '2027-03-31']],
    ['0 0 L-3 * *', ['2027-01-28', '2027-02-25', '2027-03-28']],
    ['0 0 L-28 * *', ['2027-01-03', '2027-03-03', '2027-04-02']],
    ['0 0 L-3,15W feb *', ['2027-02-15', '2027-02-25', '2028-02-15', '2028-02-26']],
    ['0 0 LW * *', ['2027-01-29', '2027-02-26']],
    ['0 0 31W * *', ['2027-01-29', '2027-03-31']],
    ['0 0 * * 5L', ['2027-01-29', '2027-02-26']],
    ['0 0 * * 7#1,mon#2', ['2027-01-03', '2027-01-11', '2027-02-07']],
    ['0 0 * * fri-mon', ['2027-01-02', '2027-01-03', '2027-01-04', '2027-01-08']],
    ['0 0 13 * fri', ['2027-08-13', '2028-10-13']], // both days given: both must fit
    ['0 0 ? dec-jan monday', ['2027-01-04', '2027-01-11']],
    ['0 0 29 2 *', ['2028-02-29', '2032-02-29']],
    ['0 0 20-1/5 * *', ['2027-01-20', '2027-01-25', '2027-01-30']],
  ])('%s', (schedule, expected) => {
    let slot: Date | null = new Date('2027-01-01T12:00:00Z');
    const days = expected.map(() => {
      slot = nextSlot({ schedule, timezone: 'UTC' }, slot as Date);
      return iso(slot)?.slice(0, 10);
    });
    expect(days).toEqual(expected);
  });

  it.each(['0 0 L-29 2 *', '0 0 1 * 5#2'])('%s never comes', (schedule) => {
    expect(nextSlot({ schedule, timezone: 'UTC' }, new Date())).toBeNull();
  });
});

describe('nextSlot', () => {
  it('is after the time, and a whole second', () => {
    const timing = { schedule: '* * * * * *', timezone: 'UTC' };
    for (const after of ['05:06:07.000', '05:06:07.001', '05:06:07.999'])
      expect(iso(nextSlot(timing, new Date(`2026-03-04T${after}Z`)))).toBe('2026-03-04T05:06:08.000Z');
  });
});

describe('nextFire', () => {
  it('is the next slot from now on, and none of what runs by hand', () => {
    const slot = nextFire({ schedule: '* * * * *', timezone: 'UTC' });
    expect(slot?.getTime()).toBeGreaterThan(Date.now());
    expect(nextFire(null)).toBeNull();
  });
});

describe('lastSlot', () => {
  const timing = { schedule: '0 9-17 * * mon-fri', timezone: 'America/New_York' };

  it.each([
    ['2026-03-06T21:59:59.500Z', '2026-03-06T21:00:00.000Z'],
    ['2026-03-06T22:00:00Z', '2026-03-06T22:00:00.000Z'],
    ['2026-03-09T12:59:59Z', '2026-03-06T22:00:00.000Z'], // a weekend with a change
    ['2026-03-09T13:00:00.001Z', '2026-03-09T13:00:00.000Z'],
  ])('up to %s is %s', (upTo, expected) => {
    expect(iso(lastSlot(timing, new Date('2025-01-01T00:00:00Z'), new Date(upTo)))).toBe(expected);
  });

  it('is none where the first is later, or never comes', () => {
    const [friday, sunday] = [new Date('2026-03-06T22:00:00Z'), new Date('2026-03-08T22:00:00Z')];
    expect(lastSlot(timing, friday, sunday)).toBeNull();
    expect(lastSlot({ ...timing, schedule: '0 0 L-29 2 *' }, friday, sunday)).toBeNull();
  });

  it('is the last one of every stretch', () => {
    const berlin = { schedule: '*/20 1-4 * * *', timezone: 'Europe/Berlin' };
    const from = Date.parse('2026-10-24T12:00:00Z');
    const all = slotsBetween(berlin, from, from + 48 * HOUR);
    for (let upTo = from; upTo < from + 48 * HOUR; upTo += 37 * 60_000) {
      const expected = all.findLast((slot) => slot <= upTo);
      expect(iso(lastSlot(berlin, new Date(from), new Date(upTo)))).toBe(iso(expected));
    }
  });
});

describe('countSlots', () => {
  it('counts both ends as after and up to, and no further than asked', () => {
    const timing = { schedule: '0 * * * *', timezone: 'UTC' };
    const [from, to] = [new Date('2026-03-04T05:00:00Z'), new Date('2026-03-04T09:00:00Z')];
    expect([countSlots(timing, from, to, 100), countSlots(timing, from, to, 3)]).toEqual([4, 3]);
  });
});
