/**
 * `cdc` bounds as SQL: literals as they stand, spans back from the scheduled time in the clock the column is written
 * in, watermarks from where the last run ended to where this one may.
 */
import type { WatermarkSpec } from '../../../src/domain/spec.ts';
import type { Window } from '../../../src/domain/plan.ts';
import type { TaskMemory } from '../../../src/domain/run.ts';
import { formatClock, parseClock } from '../../../src/plan/clock.ts';
import { BEGINNING, queryWarnings, queryWindow } from '../../../src/plan/query-window.ts';
import { questionsOf, utcText, windowSql } from '../../../src/plan/windows.ts';
import type { Answers, Questions, WindowContext, WindowSql } from '../../../src/plan/windows.ts';
import { attemptOf, backfillOf, horizonAt, microsAt, NO_MEMORY, slotOf } from '../../support/runs.ts';
import { CONTEXT, SCHEDULED_FOR, column, specOf, tableOf } from './sample.ts';

const HOUR = 3_600_000_000n;
const TWO_HOURS = 2n * HOUR;
const NOW = microsAt('2026-07-01T02:04:00Z');
const SEEN: WindowContext = { ...CONTEXT, horizon: horizonAt(NOW) };

/** Asks for what is needed, of a server whose clock runs two hours before UTC, and writes the window. */
function windowOf(
  bound: unknown,
  type: string,
  context: WindowContext = CONTEXT,
  more: {
    readonly nullable?: boolean;
    readonly largest?: string | null;
    readonly fraction?: string | null;
  } = {},
): WindowSql & { readonly questions: Questions } {
  const { nullable = true, largest = null, fraction = null } = more;
  const table = tableOf({ name: 't', cdc: { c: bound } });
  const found = column('c', type, { nullable });
  const questions = questionsOf(table, () => found, context);
  const shown = (instant: bigint): string =>
    fraction === null
      ? formatClock(instant + TWO_HOURS, 6)
      : `${formatClock(instant + TWO_HOURS, 0)}.${fraction}`;
  const answers: Answers = {
    clocks: new Map(questions.clocks.map((instant) => [instant, shown(instant)])),
    maxima: new Map(questions.maxima.map((name) => [name, largest])),
  };
  return { ...windowSql('t', table.cdc[0]!, found, context, answers), questions };
}

const rest = { table: 't', column: 'c', nulls: false } as const;
const remembering = (value: string): WindowContext => ({
  ...SEEN,
  memory: { ...NO_MEMORY, watermarks: [{ table: 't', column: 'c', value }] },
});

describe('a literal', () => {
  it.each([
    ['1995-05-05', 'date', "`c` > '1995-05-05'", '1995-05-05'],
    [12345678901234, 'bigint', '`c` > 12345678901234', '12345678901234'],
    ["it's", 'varchar(9)', "`c` > 'it\\'s'", "it's"],
  ])('%j means what it says', (bound, type, condition, from) => {
    expect(windowOf(bound, type)).toEqual({
      condition,
      window: { ...rest, mode: 'literal', from, to: null },
      warnings: [],
      questions: { clocks: [], maxima: [] },
    });
  });

  it('means the same in a backfill', () => {
    const run = attemptOf(backfillOf(SCHEDULED_FOR, '2020-01-01', '2021-01-01'));
    expect(windowOf('1995-05-05', 'date', { ...SEEN, run }).condition).toBe("`c` > '1995-05-05'");
  });
});

describe('a span', () => {
  it.each([
    ['timestamp', '2026-06-30 14:03:04'],
    ['datetime(6)', '2026-06-30 16:03:04'],
    ['date', '2026-06-30'],
    ['varchar(20)', '2026-06-30 16:03:04'],
  ])('on a %s column', (type, from) => {
    const { condition, window, warnings } = windowOf('12 hours', type);
    expect(condition).toBe(`\`c\` > '${from}'`);
    expect(window).toEqual({ ...rest, mode: 'span', from, to: null });
    expect(warnings).toEqual([]);
  });

  it('keeps fractions of the clock where there are some', () => {
    const { window } = windowOf('12 hours', 'datetime(3)', CONTEXT, { fraction: '250000' });
    expect(window.from).toBe('2026-06-30 16:03:04.250000');
    expect(utcText(new Date('2026-01-02T03:04:05.250Z'))).toBe('2026-01-02 03:04:05.250');
    expect(utcText(new Date('2026-01-02T03:04:05.000Z'))).toBe('2026-01-02 03:04:05');
  });

  it.each(['int(11)', 'decimal(10,2)', 'double'])('does not stand on %s', (type) => {
    expect(() => windowOf('12 hours', type)).toThrow(
      expect.objectContaining({
        code: 'SPAN_ON_NUMBER',
        message: `cdc of t.c is the span "12 hours", and the column is ${type}.`,
      }),
    );
  });

  it('asks for each instant once, and for none of a TIMESTAMP: it is read in UTC', () => {
    const table = tableOf({ cdc: { a: '12 hours', b: '1 month', c: '720 minutes', d: '1995-05-05' } });
    expect(questionsOf(table, (name) => column(name, 'datetime'), CONTEXT)).toEqual({
      clocks: [microsAt('2026-06-30T14:03:04Z'), microsAt('2026-06-01T02:03:04Z')],
      maxima: [],
    });
    expect(questionsOf(table, (name) => column(name, 'timestamp(3)'), CONTEXT).clocks).toEqual([]);
  });

  it('reaches back to the last success where runs were missed, and says so', () => {
    const lastSuccess = new Date('2026-06-29T10:00:00Z');
    const missed = { ...CONTEXT, memory: { ...NO_MEMORY, lastSuccess, missedSince: lastSuccess } };
    const { condition, warnings } = windowOf('12 hours', 'datetime', missed);
    expect(condition).toBe("`c` > '2026-06-29 12:00:00'");
    expect(warnings).toEqual([
      't.c: runs were missed, so the window of "12 hours" reaches back to 2026-06-29 12:00:00, where the last success ended.',
    ]);
    expect(windowOf('12 hours', 'timestamp', missed).condition).toBe("`c` > '2026-06-29 10:00:00'");
  });

  it('is as long as it says where none was missed, or where it reaches further back by itself', () => {
    const lastSuccess = new Date('2026-06-29T10:00:00Z');
    const memory: TaskMemory = { ...NO_MEMORY, lastSuccess };
    const none = windowOf('12 hours', 'timestamp', { ...CONTEXT, memory });
    expect([none.condition, none.warnings]).toEqual(["`c` > '2026-06-30 14:03:04'", []]);
    const missed = { ...CONTEXT, memory: { ...memory, missedSince: lastSuccess } };
    const longer = windowOf('2 weeks', 'timestamp', missed);
    expect([longer.condition, longer.warnings]).toEqual(["`c` > '2026-06-17 02:03:04'", []]);
  });

  it('ends at the slot that a run makes up for, one among several: the rest is the next one’s', () => {
    const run = attemptOf(slotOf(SCHEDULED_FOR, { kind: 'catch_up', until: SCHEDULED_FOR }));
    expect(windowOf('12 hours', 'timestamp', { ...CONTEXT, run }).condition).toBe(
      "`c` > '2026-06-30 14:03:04' AND `c` <= '2026-07-01 02:03:04'",
    );
    expect(windowOf('12 hours', 'datetime', { ...CONTEXT, run })).toMatchObject({
      condition: "`c` > '2026-06-30 16:03:04' AND `c` <= '2026-07-01 04:03:04'",
      window: { from: '2026-06-30 16:03:04', to: '2026-07-01 04:03:04' },
      questions: { clocks: [microsAt('2026-06-30T14:03:04Z'), microsAt('2026-07-01T02:03:04Z')] },
    });
  });

  it('makes room for the window of a backfill', () => {
    const run = attemptOf(backfillOf(SCHEDULED_FOR, '2020-01-01', '2021-01-01'));
    const { condition, window } = windowOf('12 hours', 'datetime', { ...SEEN, run });
    expect(condition).toBe("`c` > '2020-01-01' AND `c` <= '2021-01-01'");
    expect(window).toEqual({ ...rest, mode: 'backfill', from: '2020-01-01', to: '2021-01-01' });
  });
});

describe('a watermark', () => {
  const watermark = (fields: object = {}): object => ({ mode: 'watermark', ...fields });

  it.each([
    ['timestamp', '2026-07-01 02:03:00'],
    ['timestamp(6)', '2026-07-01 02:03:00.000000'],
    ['datetime(3)', '2026-07-01 04:03:00.000'],
    ['date', '2026-06-30'],
  ])('on a %s column, by its own clock and digits', (type, to) => {
    const from = type === 'date' ? '2026-06-01' : '2026-06-01 00:00:00';
    const { condition, window } = windowOf(watermark(), type, remembering(from));
    expect(condition).toBe(`\`c\` > '${from}' AND \`c\` <= '${to}'`);
    expect(window).toEqual({ ...rest, mode: 'watermark', from, to });
  });

  it('on an integer column goes to the largest value of the snapshot, unquoted', () => {
    const { condition, window, questions } = windowOf(
      watermark(),
      'bigint(20) unsigned',
      remembering('9223372036854775808'),
      {
        largest: '18446744073709551615',
      },
    );
    expect(condition).toBe('`c` > 9223372036854775808 AND `c` <= 18446744073709551615');
    expect(window).toMatchObject({ from: '9223372036854775808', to: '18446744073709551615' });
    expect(questions).toEqual({ clocks: [], maxima: ['c'] });
  });

  it('asks for the server’s clock only where the column is in it', () => {
    const end = NOW - 60_000_000n + 1n;
    expect(windowOf(watermark(), 'datetime(6)', SEEN).questions.clocks).toEqual([end, end + 3n * HOUR]);
    expect(windowOf(watermark({ timezone: 'Asia/Tokyo' }), 'datetime(6)', SEEN)).toMatchObject({
      questions: { clocks: [] },
      window: { to: '2026-07-01 11:03:00.000000' },
    });
    expect(windowOf(watermark(), 'timestamp(6)', SEEN).questions.clocks).toEqual([]);
  });

  it.each([
    [
      'first_run',
      "(`c` <= '2026-07-01 02:03:00' OR `c` IS NULL)",
      "`c` > '2026-06-01' AND `c` <= '2026-07-01 02:03:00'",
    ],
    [
      'always',
      "(`c` <= '2026-07-01 02:03:00' OR `c` IS NULL)",
      "(`c` > '2026-06-01' AND `c` <= '2026-07-01 02:03:00' OR `c` IS NULL)",
    ],
    ['never', "`c` <= '2026-07-01 02:03:00'", "`c` > '2026-06-01' AND `c` <= '2026-07-01 02:03:00'"],
  ])('reads rows with NULL by the policy %s', (nulls, first, later) => {
    const bound = watermark({ null_watermark: nulls });
    expect(windowOf(bound, 'timestamp', SEEN).condition).toBe(first);
    expect(windowOf(bound, 'timestamp', remembering('2026-06-01')).condition).toBe(later);
  });

  it.each(['first_run', 'always', 'never'])(
    'never asks a NOT NULL column for NULL, policy %s: MySQL means its zero dates by that',
    (nulls) => {
      for (const context of [SEEN, remembering('2026-06-01')]) {
        const { condition, window } = windowOf(watermark({ null_watermark: nulls }), 'datetime', context, {
          nullable: false,
        });
        expect(condition).not.toContain('NULL');
        expect(window.nulls).toBe(false);
      }
    },
  );

  it('of an integer column without rows reads none, and remembers nothing', () => {
    const { condition, window } = windowOf(watermark(), 'int(11)', SEEN, { nullable: false });
    expect(condition).toBe('`c` IS NOT NULL');
    expect(window).toEqual({ ...rest, mode: 'watermark', from: null, to: null });
  });

  it('of an integer column with nothing but NULL reads them once', () => {
    const first = windowOf(watermark(), 'int(11)', SEEN);
    expect(first.condition).toBe('(`c` <= -9223372036854775809 OR `c` IS NULL)');
    const second = windowOf(watermark(), 'int(11)', remembering(first.window.to!));
    expect(second.condition).toBe('`c` > -9223372036854775809 AND `c` <= -9223372036854775809');
  });

  it('is read for the window of a backfill, and lets it go no further than is sure', () => {
    const run = attemptOf(backfillOf(SCHEDULED_FOR, '2020-01-01', '2026-07-01 04:03:00'));
    const context = { ...remembering('2026-06-01'), run };
    expect(windowOf(watermark(), 'datetime', context)).toMatchObject({
      condition: "`c` > '2020-01-01' AND `c` <= '2026-07-01 04:03:00'",
      window: { mode: 'backfill', nulls: false },
    });
    expect(() => windowOf(watermark({ lag: '2 minutes' }), 'datetime', context)).toThrow(
      expect.objectContaining({ code: 'BACKFILL_AHEAD' }),
    );
    const numbers = attemptOf(backfillOf(SCHEDULED_FOR, '10', '20'));
    expect(windowOf(watermark(), 'int', { ...SEEN, run: numbers }, { largest: '20' }).condition).toBe(
      '`c` > 10 AND `c` <= 20',
    );
  });

  it('says where the clock is behind what is remembered, but not to a backfill', () => {
    const ahead = remembering('2026-07-01 05:00:00');
    for (const type of ['datetime', 'timestamp']) {
      expect(windowOf(watermark(), type, ahead).warnings).toEqual([
        expect.stringContaining('t.c = 2026-07-01 05:00:00 lies ahead of the clock'),
      ]);
    }
    const run = attemptOf(backfillOf(SCHEDULED_FOR, '2020-01-01', '2020-01-02'));
    expect(windowOf(watermark(), 'datetime', { ...ahead, run }).warnings).toEqual([]);
    expect(windowOf(watermark(), 'datetime', remembering('2026-06-01')).warnings).toEqual([]);
  });

  it('needs the horizon', () => {
    expect(() => windowOf(watermark(), 'timestamp', CONTEXT)).toThrow('without its horizon');
  });
});

describe('a custom query', () => {
  const query = (watermark: object = {}): WatermarkSpec =>
    specOf({ query: { custom: 'SELECT * FROM t WHERE c > :from AND c <= :to', watermark } }).queryWatermark!;
  const known = (value: string): WindowContext => ({
    ...SEEN,
    memory: { ...NO_MEMORY, watermarks: [{ table: 'staff', column: ':from', value }] },
  });

  it('has whole seconds of UTC as its bounds', () => {
    expect(queryWindow('staff', query(), SEEN)).toEqual({
      table: 'staff',
      column: ':from',
      mode: 'watermark',
      from: null,
      to: '2026-07-01 02:03:00',
      nulls: false,
    } satisfies Window);
    expect(queryWindow('staff', query(), known('2026-06-01 00:00:00')).from).toBe('2026-06-01 00:00:00');
    expect(parseClock(BEGINNING)).toBe(parseClock('1000-01-01'));
  });

  it('has them in the zone that the spec names', () => {
    const watermark = query({ timezone: 'Europe/Berlin', lag: 0 });
    expect(queryWindow('staff', watermark, SEEN).to).toBe('2026-07-01 04:03:59');
  });

  it('says where the clock is behind what is remembered, but not to a backfill', () => {
    const ahead = known('2026-07-01 03:00:00');
    expect(queryWarnings('staff', query(), ahead)).toEqual([
      expect.stringContaining('staff.:from = 2026-07-01 03:00:00 lies ahead of the clock'),
    ]);
    const run = attemptOf(backfillOf(SCHEDULED_FOR, '2020-01-01', '2020-01-02'));
    expect(queryWarnings('staff', query(), { ...ahead, run })).toEqual([]);
    expect(queryWarnings('staff', query(), SEEN)).toEqual([]);
  });
});
