import { knownWatermarks, type KnownWatermark } from '../../../src/commands/known-watermarks.ts';
import {
  chosenWatermark,
  consequence,
  consequenceOfReset,
  fittingValue,
} from '../../../src/commands/watermark-change.ts';
import type { Literal, Spec } from '../../../src/domain/spec.ts';
import type { KeptWatermark } from '../../../src/state/watermarks.ts';
import { sampleSpec } from '../watch/sample-spec.ts';

const text = (value: string): Literal => ({ kind: 'string', text: value });
const rules = (initial: Literal | null, nulls: 'first_run' | 'never' = 'first_run') => ({
  initial,
  lagMs: 60_000,
  timezone: null,
  nulls,
});

/** A spec with a watermark of each of these tables. */
function specOf(tables: Readonly<Record<string, ReturnType<typeof rules>>>): Spec {
  return sampleSpec('sales', {
    queryWatermark: null,
    tables: Object.entries(tables).map(([name, watermark]) => ({
      name,
      columns: '*',
      filters: [],
      cdc: [{ column: 'updated_at', bound: { kind: 'watermark', watermark } }],
      splitOrder: [],
    })),
  });
}
const keptOf = (table: string, value: string, column = 'updated_at'): KeptWatermark => ({
  task: 'sales',
  table,
  column,
  value,
  runId: 'r',
  updatedAt: '2026-03-01T00:00:00.000Z',
});

const [ofOrders] = knownWatermarks(specOf({ orders: rules(text('2026-01-01')) }), [
  keptOf('orders', '2026-03-01 10:00:00.250000'),
]) as [KnownWatermark];
const [notYet] = knownWatermarks(specOf({ orders: rules(text('2026-01-01')) }), []) as [KnownWatermark];
const [anything] = knownWatermarks(specOf({ orders: rules(null) }), []) as [KnownWatermark];
const [withoutNulls] = knownWatermarks(specOf({ orders: rules(null, 'never') }), []) as [KnownWatermark];
const [numbers] = knownWatermarks(null, [keptOf('orders', '1700', 'id')]) as [KnownWatermark];
const [days] = knownWatermarks(null, [keptOf('orders', '2026-03-01', 'day')]) as [KnownWatermark];

describe('which one is meant', () => {
  const two = knownWatermarks(specOf({ orders: rules(null), items: rules(null) }), [
    keptOf('orders', '2026-03-01'),
    keptOf('gone', '7', 'id'),
  ]);

  it('is found in the spec, in the state, or in both', () => {
    expect(
      two.map(({ table, column, kept, watermark }) => [table, column, kept?.value, watermark !== null]),
    ).toEqual([
      ['orders', 'updated_at', '2026-03-01', true],
      ['items', 'updated_at', undefined, true],
      ['gone', 'id', '7', false],
    ]);
  });

  it('need not be said where there is one', () => {
    expect(chosenWatermark('sales', [notYet], null)).toBe(notYet);
    expect(chosenWatermark('sales', two, 'items')).toBe(two[1]);
  });

  it.each([
    [two, null, /has watermarks of orders, items, gone; --table names/],
    [two, 'order', /found "order".*Did you mean "orders"\? Allowed: orders, items, gone/],
    [[], null, /Task sales has no watermark/],
    [[], 'orders', /found "orders".* It has none/],
  ])('is refused where it is none (%#)', (known, table, message) => {
    expect(() => chosenWatermark('sales', known, table)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(message) as string }),
    );
  });

  it('of a custom query is called after the task', () => {
    const spec = { ...specOf({}), customQuery: 'SELECT 1', queryWatermark: rules(null) };
    expect(knownWatermarks(spec, [])).toMatchObject([{ table: 'sales', column: ':from' }]);
  });
});

describe('a value', () => {
  it.each([
    [ofOrders, '2026-02-01', '2026-02-01 00:00:00'],
    [ofOrders, '2026-02-01 03:00:00.5', '2026-02-01 03:00:00.5'],
    [notYet, '2026-02-01', '2026-02-01'],
    [notYet, '2026-02-01 03:00:00', '2026-02-01 03:00:00'],
    [anything, '2026-02-01', '2026-02-01'],
    [anything, '-17', '-17'],
    [numbers, '18446744073709551615', '18446744073709551615'],
    [days, '2024-02-29', '2024-02-29'],
  ])('fits (%#)', (known, given, value) => {
    expect(fittingValue(known, given)).toBe(value);
  });

  it.each([
    [ofOrders, '1700'],
    [ofOrders, 'yesterday'],
    [ofOrders, '2026-02-30'],
    [ofOrders, '2026-02-01T03:00:00'],
    [ofOrders, '2026-02-01 03:00:00Z'],
    [ofOrders, '2026-02-01 03:00'],
    [ofOrders, '2026-02-01 24:00:00'],
    [ofOrders, '2026-02-01 03:00:00.1234567'],
    [ofOrders, "2026-02-01' OR '1"],
    [ofOrders, ''],
    [notYet, '5'],
    [anything, 'x'],
    [numbers, '2026-02-01'],
    [numbers, '1.5'],
    [numbers, '1e3'],
    [numbers, '123456789012345678901'],
    [days, '2026-02-01 03:00:00'],
  ])('does not fit (%#: %s)', (known, given) => {
    expect(() => fittingValue(known, given)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringContaining(`found "${given}"`) as string,
      }),
    );
  });
});

describe('what the next run does', () => {
  it.each([
    [
      ofOrders,
      '2026-02-01 00:00:00',
      /in \(2026-02-01 00:00:00, 2026-03-01 10:00:00.250000\] will be published a second time/,
    ],
    [
      ofOrders,
      '2026-03-01 10:00:00.250001',
      /in \(2026-03-01 10:00:00.250000, 2026-03-01 10:00:00.250001\] will never be read/,
    ],
    [ofOrders, '2026-03-01 10:00:00.25', /where it would have begun anyway/],
    [numbers, '999', /in \(999, 1700\] will be published a second time/],
    [numbers, '10000', /in \(1700, 10000\] will never be read/],
    [notYet, '2026-02-01', /in \(2026-01-01, 2026-02-01\] will never be read/],
    [
      notYet,
      '2025-02-01',
      /^The next run reads the rows of orders with updated_at > 2025-02-01\. Rows with NULL in orders\.updated_at will never be read: .*"always" reads them\.$/,
    ],
    [anything, '7', /with updated_at > 7\. Rows with NULL in orders\.updated_at will never be read/],
    [withoutNulls, '7', /^The next run reads the rows of orders with updated_at > 7\.$/],
    [numbers, '1700', /^The next run reads the rows of orders with id > 1700\. That is where/],
  ])('is said of a change (%#)', (known, value, sentence) => {
    expect(consequence(known, value)).toMatch(sentence);
  });

  it('is said of a reset', () => {
    expect(consequenceOfReset(ofOrders)).toMatch(
      /rows with updated_at > 2026-01-01, and those with NULL in it will/,
    );
    const [never] = knownWatermarks(specOf({ orders: rules(null, 'never') }), []) as [KnownWatermark];
    expect(consequenceOfReset(never)).toMatch(/of orders, all its rows will be published/);
    expect(consequenceOfReset(numbers)).toMatch(/makes no difference/);
  });

  it('does not compare with the value of another column', () => {
    const [moved] = knownWatermarks(specOf({ orders: rules(text('2026-01-01')) }), [
      keptOf('orders', '1700', 'id'),
    ]) as [KnownWatermark];
    expect(fittingValue(moved, '2026-02-01')).toBe('2026-02-01');
    expect(consequence(moved, '2026-02-01')).toContain('(2026-01-01, 2026-02-01]');
  });
});
