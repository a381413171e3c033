/** Where a watermark window ends: never beyond a value that somebody may still commit, and never back. */
import fc from 'fast-check';
import type { Literal, WatermarkSpec } from '../../../src/domain/spec.ts';
import type { Window } from '../../../src/domain/plan.ts';
import type { TaskMemory } from '../../../src/domain/run.ts';
import { formatClock, parseClock, unitOf, zoneClock } from '../../../src/plan/clock.ts';
import { lastValue, movedBy, scaleOf, watermarkWindow, windowEnd } from '../../../src/plan/watermark.ts';
import type { Scale } from '../../../src/plan/watermark.ts';
import type { Horizon } from '../../../src/ports.ts';
import { backfillOf, attemptOf, horizonAt, microsAt, NO_MEMORY } from '../../support/runs.ts';
import { RUN, SCHEDULED_FOR, column } from './sample.ts';

type TimeScale = Extract<Scale, { kind: 'time' }>;

const MINUTE = 60_000;
const SPEC: WatermarkSpec = { initial: null, lagMs: MINUTE, timezone: null, nulls: 'first_run' };
const NO_LAG = { ...SPEC, lagMs: 0 };
const DIGITS = [0, 1, 2, 3, 4, 5, 6, 'date'] as const;
const NOW = microsAt('2026-07-01T12:00:00.123Z') + 456n;

const text = (literal: string): Literal => ({ kind: 'string', text: literal });
const scale = (digits: TimeScale['digits'], clock: string | null = 'UTC'): TimeScale => ({
  kind: 'time',
  digits,
  clock,
});

/** The last value of the window. */
function last(of: TimeScale, spec: WatermarkSpec, horizon: Horizon, until: Date | null = null): string {
  return lastValue(of, windowEnd(of, spec, horizon, until), () => {
    throw new Error('the server’s clock was asked');
  });
}

describe('how values are counted', () => {
  it.each([
    ['timestamp', { kind: 'time', digits: 0, clock: 'UTC' }],
    ['timestamp(3)', { kind: 'time', digits: 3, clock: 'UTC' }],
    ['timestamp(6)', { kind: 'time', digits: 6, clock: 'UTC' }],
    ['datetime', { kind: 'time', digits: 0, clock: 'Asia/Tokyo' }],
    ['datetime(6)', { kind: 'time', digits: 6, clock: 'Asia/Tokyo' }],
    ['date', { kind: 'time', digits: 'date', clock: 'Asia/Tokyo' }],
    ['tinyint(1)', { kind: 'integer' }],
    ['smallint(6)', { kind: 'integer' }],
    ['mediumint(8) unsigned', { kind: 'integer' }],
    ['int(11)', { kind: 'integer' }],
    ['bigint(20) unsigned', { kind: 'integer' }],
    ['bigint unsigned', { kind: 'integer' }],
  ])('of %s', (type, expected) => {
    expect(scaleOf('t', column('c', type), { ...SPEC, timezone: 'Asia/Tokyo' })).toEqual(expected);
  });

  it('is by the server’s own clock where no zone is named', () => {
    expect(scaleOf('t', column('c', 'datetime(2)'), SPEC)).toEqual({ kind: 'time', digits: 2, clock: null });
  });

  it.each(['decimal(20,0)', 'double', 'varchar(20)', 'year(4)', 'time(6)', 'bit(64)', 'char(19)', 'json'])(
    'not at all of %s',
    (type) => {
      expect(() => scaleOf('t', column('c', type), SPEC)).toThrow(
        expect.objectContaining({
          code: 'WATERMARK_TYPE',
          message: `The watermark t.c is ${type}. Allowed: DATETIME, TIMESTAMP, DATE and integers.`,
        }),
      );
    },
  );
});

describe('the end of a window', () => {
  it.each([
    [6, '2026-07-01 11:59:00.123456'],
    [3, '2026-07-01 11:59:00.123'],
    [0, '2026-07-01 11:59:00'],
  ] as const)('is the lag before now, to %s digits', (digits, expected) => {
    expect(last(scale(digits), SPEC, horizonAt(NOW))).toBe(expected);
  });

  it('is the day before now − lag at most: today’s is still being written', () => {
    const at = (iso: string): Horizon => horizonAt(microsAt(iso));
    expect(last(scale('date'), SPEC, at('2026-07-01T12:00:00Z'))).toBe('2026-06-30');
    expect(last(scale('date'), SPEC, at('2026-07-01T00:00:00Z'))).toBe('2026-06-30');
    expect(last(scale('date'), SPEC, at('2026-06-30T23:59:59.999Z'))).toBe('2026-06-29');
    const days = { ...SPEC, lagMs: 2 * 86_400_000 };
    expect(last(scale('date'), days, at('2026-07-01T12:00:00Z'))).toBe('2026-06-29');
  });

  it.each([
    [6, '2026-07-01 12:00:00.123455'],
    [3, '2026-07-01 12:00:00.122'],
    [0, '2026-07-01 11:59:59'],
    ['date', '2026-06-30'],
  ] as const)('without a lag is the last value before now that is over, to %s digits', (digits, expected) => {
    expect(last(scale(digits), NO_LAG, horizonAt(NOW))).toBe(expected);
  });

  it.each([
    [6, '2026-07-01 11:30:00.999999'],
    [0, '2026-07-01 11:30:00'],
    ['date', '2026-06-30'],
  ] as const)('lies below the oldest open write transaction, to %s digits', (digits, expected) => {
    const oldestWrite = microsAt('2026-07-01T11:30:01Z');
    expect(last(scale(digits), NO_LAG, horizonAt(NOW, { oldestWrite }))).toBe(expected);
  });

  it('lies below it by the lag, however long it is open: its rows may be older than it is', () => {
    const end = (oldestWrite: bigint): string => last(scale(0), SPEC, horizonAt(NOW, { oldestWrite }));
    expect(end(microsAt('2026-07-01T11:59:30Z'))).toBe('2026-07-01 11:58:29');
    expect(end(microsAt('2026-07-01T03:00:00Z'))).toBe('2026-07-01 02:58:59');
  });

  it('never lies beyond the slot that a run makes up for', () => {
    const until = new Date('2026-06-30T03:00:00Z');
    expect(last(scale(0), SPEC, horizonAt(NOW), until)).toBe('2026-06-30 02:59:00');
    expect(last(scale('date'), SPEC, horizonAt(NOW), until)).toBe('2026-06-29');
    expect(last(scale(0), SPEC, horizonAt(NOW), new Date('2027-01-01T00:00:00Z'))).toBe(
      '2026-07-01 11:59:00',
    );
  });

  it('is what the server’s own clock shows where no zone is named', () => {
    const own = scale(0, null);
    const end = windowEnd(own, SPEC, horizonAt(NOW), null);
    const shown = lastValue(own, end, (instant) => formatClock(instant + 7_200_000_000n, 6));
    expect(shown).toBe('2026-07-01 13:59:00');
    expect(() => lastValue(own, end, () => 'noon')).toThrow("the server's clock shows noon");
  });

  it('with whatever lag, transaction and precision is before the value of any later instant', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...DIGITS),
        fc.integer({ min: 0, max: 3 * 86_400_000 }),
        fc.bigInt({ min: 0n, max: 200_000_000_000n }),
        fc.bigInt({ min: 0n, max: 200_000_000_000n }),
        fc.boolean(),
        (digits, lagMs, age, offset, open) => {
          const now = NOW + offset;
          const oldestWrite = open ? now - age : null;
          const value = last(scale(digits), { ...SPEC, lagMs }, horizonAt(now, { oldestWrite }));
          // The earliest that can still be committed, cut to the column's digits.
          const earliest = formatClock(oldestWrite ?? now, digits);
          expect(value < earliest).toBe(true);
          // And no further back than it has to be.
          const unit = unitOf(digits);
          const behind = now - BigInt(lagMs) * 1000n - parseClock(value)!;
          if (!open) expect(behind < 2n * unit).toBe(true);
        },
      ),
    );
  });
});

describe('around a change of clocks', () => {
  // Instants at which clocks are set back, by how much, and set forward.
  const CHANGES = [
    ['Europe/Berlin', '2026-10-25T01:00:00Z'],
    ['Europe/Berlin', '2026-03-29T01:00:00Z'],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
    ['America/New_York', '2026-11-01T06:00:00Z'],
    ['Antarctica/Troll', '2026-10-25T01:00:00Z'],
  ] as const;
  const SECOND = 1_000_000n;
  const HOUR = 3600n * SECOND;

  /** A server's clock in the zone, as it says it. Each instant is asked for many times. */
  function clockIn(zone: string): (instant: bigint) => string {
    const known = new Map<bigint, string>();
    return (instant) => {
      const shown = known.get(instant) ?? formatClock(zoneClock(zone, instant), 6);
      known.set(instant, shown);
      return shown;
    };
  }

  /** The lowest value that is written at any instant from each of the moments on, by looking at all of them. */
  function lowestAfter(shown: readonly string[], digits: TimeScale['digits']): string[] {
    const low: string[] = [];
    for (const clock of shown.toReversed()) {
      const value = formatClock(parseClock(clock)!, digits);
      const before = low.at(-1);
      low.push(before === undefined || value < before ? value : before);
    }
    return low.toReversed();
  }

  describe.each(CHANGES)('in %s at %s', (zone, change) => {
    // From six hours before to six hours after, every 70 s and some, and both sides of the change itself.
    const at = microsAt(change);
    const clock = clockIn(zone);
    const moments = Array.from({ length: 600 }, (_, index) => at + (BigInt(index) - 300n) * 71_234_567n);
    moments.push(
      at - 1n,
      at,
      at + 1n,
      at - HOUR,
      at - HOUR - 1n,
      at - HOUR / 2n,
      at - 2n * HOUR,
      at - 3n * HOUR,
    );
    moments.sort((a, b) => (a < b ? -1 : 1));

    it.each(DIGITS)('no value of a later instant lies in the window, to %s digits', (digits) => {
      const low = lowestAfter(moments.map(clock), digits);
      const of = scale(digits, null);
      const own = moments.map((now) => lastValue(of, windowEnd(of, NO_LAG, horizonAt(now), null), clock));
      expect(own.filter((value, index) => value >= low[index]!)).toEqual([]);
      // A zone that the spec names is the same as a server in it.
      const some = moments.keys().filter((index) => index % 7 === 0);
      for (const index of some)
        expect(last(scale(digits, zone), NO_LAG, horizonAt(moments[index]!))).toBe(own[index]);
      // Half a day after the change it is the value just before now: nothing is held back for good.
      const later = at + 12n * HOUR;
      expect(last(scale(digits, zone), NO_LAG, horizonAt(later))).toBe(
        formatClock(parseClock(formatClock(zoneClock(zone, later), digits))! - unitOf(digits), digits),
      );
    });

    it('rows written one after another come once each, whenever runs are made', () => {
      // One row at each moment; a run after every few. The window is compared as the server would: as text.
      const rows = moments.map((moment) => formatClock(zoneClock(zone, moment), 0));
      const read: number[] = [];
      let memory: TaskMemory = NO_MEMORY;
      for (let written = 5; written < moments.length + 30; written += 5) {
        const now = written < moments.length ? moments[written]! : moments.at(-1)! + BigInt(written) * HOUR;
        const window = watermarkWindow(
          't',
          'c',
          NO_LAG,
          scale(0, zone),
          memory,
          RUN,
          last(scale(0, zone), NO_LAG, horizonAt(now)),
        );
        for (const [index, value] of rows.slice(0, written).entries()) {
          if ((window.from === null || value > window.from) && value <= window.to!) read.push(index);
        }
        memory = { ...NO_MEMORY, watermarks: movedBy([window]) };
      }
      expect(read.toSorted((a, b) => a - b)).toEqual(rows.map((_, index) => index));
    });
  });
});

/** The window of a table `t` by its column `c`. */
function windowOf(
  memory: TaskMemory,
  value: string | null,
  spec: WatermarkSpec = SPEC,
  of: Scale = scale(0),
): Window {
  return watermarkWindow('t', 'c', spec, of, memory, RUN, value);
}

const remembered = (value: string, columnName = 'c'): TaskMemory => ({
  ...NO_MEMORY,
  watermarks: [
    { table: 'other', column: 'x', value: '1999-01-01' },
    { table: 't', column: columnName, value },
  ],
});

describe('a window', () => {
  it('of the first run has no beginning, or the spec’s', () => {
    expect(windowOf(NO_MEMORY, '2026-07-01 12:00:00')).toEqual({
      table: 't',
      column: 'c',
      mode: 'watermark',
      from: null,
      to: '2026-07-01 12:00:00',
      nulls: true,
    });
    const initial = text('2026-01-01');
    expect(windowOf(NO_MEMORY, '2026-07-01 12:00:00', { ...SPEC, initial }).from).toBe('2026-01-01');
  });

  it('goes on where the last one ended, whatever the spec says of the beginning', () => {
    const spec = { ...SPEC, initial: text('2026-06-30 00:00:00') };
    expect(windowOf(remembered('2026-06-01 00:00:00'), '2026-07-01 12:00:00', spec)).toMatchObject({
      from: '2026-06-01 00:00:00',
      to: '2026-07-01 12:00:00',
    });
  });

  it.each([
    ['2026-07-01 12:00:01', '2026-07-01 12:00:00'],
    ['2027-01-01', '2026-12-31 23:59:59.999999'],
    ['2026-07-01 12:00:00.000001', '2026-07-01 12:00:00'],
  ])('never goes back, from %s to %s: what was read would be read again', (from, value) => {
    const found = windowOf(remembered(from), value);
    expect(found).toMatchObject({ from, to: from });
    expect(movedBy([found])).toEqual([{ table: 't', column: 'c', value: from }]);
  });

  it('does not begin before the spec’s beginning where that lies ahead', () => {
    const spec = { ...SPEC, initial: text('2030-01-01 00:00:00') };
    expect(windowOf(NO_MEMORY, '2026-07-01 12:00:00', spec)).toMatchObject({
      from: '2030-01-01 00:00:00',
      to: '2030-01-01 00:00:00',
    });
  });

  it('finds the column in any case', () => {
    expect(windowOf(remembered('2026-06-01 00:00:00', 'C'), '2026-07-01 12:00:00').from).toBe(
      '2026-06-01 00:00:00',
    );
  });

  it('does not begin where another column had come to', () => {
    expect(() => windowOf(remembered('2026-06-01 00:00:00', 'created'), '2026-07-01 12:00:00')).toThrow(
      expect.objectContaining({
        code: 'WATERMARK_MISMATCH',
        message: 'The spec names t.c as watermark; what is remembered of t is created = 2026-06-01 00:00:00.',
      }),
    );
  });

  it('does not begin anew because the table is written in another case', () => {
    const watermarks = [{ table: 'T', column: 'c', value: '2026-06-01 00:00:00' }];
    expect(() => windowOf({ ...NO_MEMORY, watermarks }, '2026-07-01 12:00:00')).toThrow(
      expect.objectContaining({
        code: 'WATERMARK_MISMATCH',
        message: 'The spec names the table t; what is remembered is of T: c = 2026-06-01 00:00:00.',
      }),
    );
    const both = [...watermarks, { table: 't', column: 'c', value: '2026-06-02 00:00:00' }];
    expect(windowOf({ ...NO_MEMORY, watermarks: both }, '2026-07-01 12:00:00').from).toBe(
      '2026-06-02 00:00:00',
    );
  });

  it.each([
    ['first_run', true, false],
    ['always', true, true],
    ['never', false, false],
  ] as const)('reads rows with NULL by the policy %s', (nulls, first, later) => {
    const spec = { ...SPEC, nulls };
    expect(windowOf(NO_MEMORY, '2026-07-01 12:00:00', spec).nulls).toBe(first);
    expect(windowOf(remembered('2026-06-01 00:00:00'), '2026-07-01 12:00:00', spec).nulls).toBe(later);
  });

  it.each([
    [text('yesterday'), scale(0)],
    [text('2026-02-30'), scale('date')],
    [{ kind: 'number', text: '17' } as const, scale(6)],
    [text('2026-01-01'), { kind: 'integer' } as const],
    [{ kind: 'number', text: '1.5' } as const, { kind: 'integer' } as const],
  ])('does not begin at %j where the column holds something else', (initial, of) => {
    expect(() => windowOf(NO_MEMORY, null, { ...SPEC, initial }, of)).toThrow(
      expect.objectContaining({
        code: 'WATERMARK_VALUE',
        message: expect.stringContaining(`t.c is to begin at "${initial.text}". Allowed: `),
      }),
    );
  });
});

describe('a window of integers', () => {
  const integer: Scale = { kind: 'integer' };
  const BEYOND = ['9223372036854775808', '18446744073709551614', '18446744073709551615'] as const;

  it('compares by every digit, beyond what a number of JavaScript holds', () => {
    for (const [index, value] of BEYOND.entries()) {
      for (const [other, from] of BEYOND.entries()) {
        expect(windowOf(remembered(from), value, SPEC, integer)).toMatchObject({
          from,
          to: index > other ? value : from,
        });
      }
    }
    expect(windowOf(remembered('9'), '10', SPEC, integer).to).toBe('10');
    expect(windowOf(remembered('-10'), '-9', SPEC, integer).to).toBe('-9');
    expect(windowOf(remembered('-9'), '-10', SPEC, integer).to).toBe('-9');
  });

  it('stays where it is while there is no row', () => {
    expect(windowOf(remembered('5'), null, SPEC, integer)).toMatchObject({ from: '5', to: '5' });
    const initial = { kind: 'number', text: '100' } as const;
    expect(windowOf(NO_MEMORY, null, { ...SPEC, initial }, integer)).toMatchObject({
      from: '100',
      to: '100',
    });
  });

  it('remembers nothing before there is a first row', () => {
    const found = windowOf(NO_MEMORY, null, { ...SPEC, nulls: 'never' }, integer);
    expect(found).toMatchObject({ from: null, to: null });
    expect(movedBy([found])).toEqual([]);
  });

  it('reads rows with NULL once where there are no others yet', () => {
    const found = windowOf(NO_MEMORY, null, SPEC, integer);
    expect(found.nulls).toBe(true);
    const memory: TaskMemory = { ...NO_MEMORY, watermarks: movedBy([found]) };
    expect(windowOf(memory, null, SPEC, integer).nulls).toBe(false);
    // And no number that comes later is left out for it.
    const first = windowOf(memory, '-9223372036854775808', SPEC, integer);
    expect(first.to).toBe('-9223372036854775808');
    expect(first.from === null || BigInt(first.from) < BigInt(first.to!)).toBe(true);
  });
});

describe('a window of a backfill', () => {
  const past = (
    from: string,
    to: string,
    of: Scale = scale(0),
    value: string | null = '2026-07-01 12:00:00',
  ) =>
    watermarkWindow(
      't',
      'c',
      SPEC,
      of,
      remembered('2026-06-01 00:00:00', 'old'),
      attemptOf(backfillOf(SCHEDULED_FOR, from, to)),
      value,
    );

  it('is its own, whatever is remembered, and is not remembered', () => {
    const found = past('2025-01-01', '2025-02-01');
    expect(found).toEqual({
      table: 't',
      column: 'c',
      mode: 'backfill',
      from: '2025-01-01',
      to: '2025-02-01',
      nulls: false,
    });
    expect(movedBy([found])).toEqual([]);
  });

  it('does not end beyond where rows may still be committed', () => {
    expect(past('2026-06-30', '2026-07-01 12:00:00').to).toBe('2026-07-01 12:00:00');
    expect(() => past('2026-06-30', '2026-07-01 12:00:01')).toThrow(
      expect.objectContaining({ code: 'BACKFILL_AHEAD' }),
    );
  });

  it('does not end beyond the largest number there is', () => {
    const integer = { kind: 'integer' } as const;
    expect(past('5', '20', integer, '20').to).toBe('20');
    expect(past('-20', '-3', integer, '100').to).toBe('-3');
    for (const [to, largest, found] of [
      ['20', '9', /ends at 20, and its largest value is 9/],
      ['20', null, /the column has no value yet/],
    ] as const) {
      expect(() => past('5', to, integer, largest)).toThrow(
        expect.objectContaining({
          code: 'BACKFILL_AHEAD',
          message: expect.stringMatching(found) as string,
        }),
      );
    }
  });

  it.each([
    ['1', '2026-01-01'],
    ['2026-01-01', 'now'],
  ])('has bounds that fit the column: %s to %s', (from, to) => {
    expect(() => past(from, to)).toThrow(expect.objectContaining({ code: 'WATERMARK_VALUE' }));
    expect(() => past('2026-01-01', '2', { kind: 'integer' })).toThrow(
      expect.objectContaining({ code: 'WATERMARK_VALUE' }),
    );
  });
});

it('remembers the ends of all watermark windows, and of no other', () => {
  const one = (table: string, mode: Window['mode'], to: string | null): Window => ({
    table,
    column: 'c',
    mode,
    from: null,
    to,
    nulls: false,
  });
  expect(
    movedBy([
      one('a', 'watermark', '5'),
      one('b', 'literal', null),
      one('c', 'span', '2026-01-01'),
      one('d', 'backfill', '7'),
      one('e', 'watermark', '2026-01-01'),
    ]),
  ).toEqual([
    { table: 'a', column: 'c', value: '5' },
    { table: 'e', column: 'c', value: '2026-01-01' },
  ]);
});
