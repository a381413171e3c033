/** Custom queries that read on where the last success ended. */
import { messages, spec } from './documents.ts';

const INCREMENTAL = 'SELECT * FROM t WHERE a > :from AND a <= :to';
const DEFAULTS = { initial: null, lagMs: 60_000, timezone: null, nulls: 'never' };
const query = (custom: string, watermark?: unknown) => ({ table: null, query: { custom, watermark } });

it('has a watermark exactly where the query uses :from and :to', () => {
  expect(spec(query(INCREMENTAL)).queryWatermark).toEqual(DEFAULTS);
  expect(spec(query(INCREMENTAL, null)).queryWatermark).toEqual(DEFAULTS);
  expect(spec(query(INCREMENTAL, {})).queryWatermark).toEqual(DEFAULTS);
  expect(spec(query('SELECT * FROM t WHERE a > :scheduled_for')).queryWatermark).toBeNull();
  expect(spec(query("SELECT ':from', ':to' -- :from :to")).queryWatermark).toBeNull();
  expect(spec().queryWatermark).toBeNull();
});

it('reads every setting', () => {
  const watermark = { mode: 'watermark', initial: '2024-01-01', lag: 0, timezone: 'Europe/Berlin' };
  expect(spec(query(INCREMENTAL, watermark)).queryWatermark).toEqual({
    initial: { kind: 'string', text: '2024-01-01' },
    lagMs: 0,
    timezone: 'Europe/Berlin',
    nulls: 'never',
  });
});

it.each([
  [
    'SELECT * FROM t WHERE a > :from',
    undefined,
    'query.custom: found :from without :to; rows behind the end',
  ],
  [
    'SELECT * FROM t WHERE a <= :to',
    undefined,
    'query.custom: found :to without :from; every run would read',
  ],
  ['SELECT * FROM t WHERE a <= :to', { lag: '2 minutes' }, 'query.custom: found :to without :from'],
  ['SELECT 1', {}, 'query.watermark: found a watermark, and the query uses neither :from nor :to.'],
  ['SELECT 1', { lag: '2 minutes' }, 'query.watermark: found a watermark, and the query uses neither'],
  // The watermark may be right where the query is not.
  ['DELETE FROM t', { lag: '2 minutes' }, 'query.custom: found a statement that begins with DELETE'],
  [
    INCREMENTAL,
    { initial: 17 },
    'query.watermark.initial: found a number; :from and :to of a query are times.',
  ],
  [INCREMENTAL, { initial: '12 hours' }, 'query.watermark.initial: found "12 hours", a span of time'],
  [INCREMENTAL, { initial: true }, 'query.watermark.initial: found true. Allowed: a date or time such as'],
  [
    INCREMENTAL,
    { lag: '1 year' },
    'query.watermark.lag: found "1 year"; months and years have no fixed length',
  ],
  [INCREMENTAL, { timezone: 'Mars' }, 'query.watermark.timezone: found "Mars".'],
  [INCREMENTAL, { mode: 'x' }, 'query.watermark.mode: found "x". Allowed: "watermark", null.'],
  [INCREMENTAL, { null_watermark: 'never' }, 'query.watermark.null_watermark: found the unknown key'],
  [INCREMENTAL, 'watermark', 'query.watermark: found "watermark". Allowed: an object or null.'],
])('refuses %j with the watermark %j', (custom, watermark, expected) => {
  expect(messages(query(custom, watermark))).toEqual([expect.stringContaining(expected)]);
});

it('refuses a watermark without a custom query', () => {
  expect(messages({ query: { watermark: { lag: '2 minutes' } } })).toEqual([
    'query.watermark: found a watermark without a custom query. Of a table it stands in table.cdc.',
  ]);
});

it('needs keys that a later run does not write again', () => {
  expect(messages({ ...query(INCREMENTAL), key_template: '{task}.{ext}' })).toEqual([
    expect.stringContaining('key_template: found neither {stamp} nor {run_id}'),
  ]);
  expect(spec({ ...query('SELECT 1'), key_template: '{task}.{ext}' }).keyTemplate).toBe('{task}.{ext}');
});
