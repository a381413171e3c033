/** `cdc` bounds: literals as they stand, spans back from the scheduled time in the clock the column is written in. */
import type { Window } from '../../../src/domain.ts';
import { cdcCondition, instantsOf, utcText } from '../../../src/plan/windows.ts';
import { SCHEDULED_FOR, column, tableOf } from './sample.ts';

// The server's clock runs two hours before UTC.
const CLOCKS = new Map([['2026-06-30T14:03:04.000Z', '2026-06-30 16:03:04.000000']]);

function windowOf(bound: unknown, type: string, clocks = CLOCKS): { condition: string; window: Window } {
  const table = tableOf({ cdc: { c: bound } });
  return cdcCondition('t', table.cdc[0]!, column('c', type), SCHEDULED_FOR, clocks);
}

it.each([
  ['1995-05-05', 'date', "`c` > '1995-05-05'", '1995-05-05'],
  [12345678901234, 'bigint', '`c` > 12345678901234', '12345678901234'],
  ["it's", 'varchar(9)', "`c` > 'it\\'s'", "it's"],
])('a literal %j means what it says', (bound, type, condition, from) => {
  expect(windowOf(bound, type)).toEqual({ condition, window: { table: 't', column: 'c', from } });
});

it.each([
  ['timestamp', '2026-06-30 14:03:04'],
  ['datetime(6)', '2026-06-30 16:03:04'],
  ['date', '2026-06-30'],
  ['varchar(20)', '2026-06-30 16:03:04'],
])('a span on a %s column', (type, from) => {
  expect(windowOf('12 hours', type)).toEqual({
    condition: `\`c\` > '${from}'`,
    window: { table: 't', column: 'c', from },
  });
});

it('keeps fractions of the clock where there are some', () => {
  const clocks = new Map([['2026-06-30T14:03:04.000Z', '2026-06-30 16:03:04.250000']]);
  expect(windowOf('12 hours', 'datetime(3)', clocks).window.from).toBe('2026-06-30 16:03:04.250000');
  expect(utcText(new Date('2026-01-02T03:04:05.250Z'))).toBe('2026-01-02 03:04:05.250');
  expect(utcText(new Date('2026-01-02T03:04:05.000Z'))).toBe('2026-01-02 03:04:05');
});

it.each(['int(11)', 'decimal(10,2)', 'double'])('a span does not stand on %s', (type) => {
  expect(() => windowOf('12 hours', type)).toThrow(
    expect.objectContaining({
      code: 'SPAN_ON_NUMBER',
      message: `cdc of t.c is the span "12 hours", and the column is ${type}.`,
    }),
  );
});

it('asks for each instant once', () => {
  const tables = [
    tableOf({ cdc: { a: '12 hours', b: '1 month' } }),
    tableOf({ name: 'u', cdc: { a: '720 minutes', b: '1995-05-05' } }),
  ];
  expect(instantsOf(tables, SCHEDULED_FOR).map((instant) => instant.toISOString())).toEqual([
    '2026-06-30T14:03:04.000Z',
    '2026-06-01T02:03:04.000Z',
  ]);
});
