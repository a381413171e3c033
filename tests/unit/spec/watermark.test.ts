/** Watermarks of tables: what is accepted, exactly, and every fault that would lose or double rows. */
import fc from 'fast-check';
import type { Cdc, WatermarkSpec } from '../../../src/domain/spec.ts';
import { FaultsError } from '../../../src/errors.ts';
import { parseClock } from '../../../src/plan/clock.ts';
import { faultsOf, messages, parse, spec, specText } from './documents.ts';

const MODE = { mode: 'watermark' };
const DEFAULTS: WatermarkSpec = { initial: null, lagMs: 60_000, timezone: null, nulls: 'first_run' };

const table = (settings: Readonly<Record<string, unknown>>) => ({
  table: { name: 't', cdc: { a: { ...MODE, ...settings } } },
});
const read = (settings: Readonly<Record<string, unknown>>): WatermarkSpec => {
  const { bound } = spec(table(settings)).tables[0]!.cdc[0]!;
  if (bound.kind !== 'watermark') throw new Error(`read a ${bound.kind}`);
  return bound.watermark;
};

it('reads every setting', () => {
  const settings = {
    initial: '2024-01-01 12:00:00.123456',
    lag: '5 minutes',
    null_watermark: 'always',
    timezone: 'Europe/Berlin',
  };
  expect(read(settings)).toEqual({
    initial: { kind: 'string', text: '2024-01-01 12:00:00.123456' },
    lagMs: 300_000,
    timezone: 'Europe/Berlin',
    nulls: 'always',
  });
});

it('takes the default for what is left out or null', () => {
  expect(read({})).toEqual(DEFAULTS);
  expect(read({ initial: null, lag: null, null_watermark: null, timezone: null })).toEqual(DEFAULTS);
});

describe('lag', () => {
  it.each([
    [0, 0],
    ['0', 0],
    ['0 seconds', 0],
    ['90s', 90_000],
    ['366 days', 366 * 86_400_000],
  ])('takes %j', (lag, lagMs) => {
    expect(read({ lag }).lagMs).toBe(lagMs);
  });

  it.each([
    [5, 'found 5, a number without a unit. Write a span such as "5 minutes", or 0.'],
    [
      '1 month',
      'found "1 month"; months and years have no fixed length. Allowed: a span of time such as "1 minute"',
    ],
    ['367 days', 'found "367 days". Allowed: a span of time such as "1 minute", from 0 to 366 days.'],
    ['5 mintues', 'found "5 mintues". Did you mean "5 minutes"?'],
    ['-5 minutes', 'found "-5 minutes". Allowed:'],
    ['', 'found "". Allowed:'],
    [true, 'found true. Allowed: a span of time such as "1 minute", or 0.'],
    [{}, 'found an empty object. Allowed: a span of time'],
  ])('refuses %j', (lag, expected) => {
    expect(messages(table({ lag }))).toEqual([expect.stringContaining(`table.cdc.a.lag: ${expected}`)]);
  });
});

describe('initial', () => {
  it.each(['2024-01-01', '1000-01-01', '9999-12-31 23:59:59.999999', '2024-02-29 00:00:00'])(
    'takes %j as it stands',
    (initial) => {
      expect(read({ initial }).initial).toEqual({ kind: 'string', text: initial });
    },
  );

  it('writes a T as the space that MySQL has', () => {
    expect(read({ initial: '2024-01-01T10:00:00.5' }).initial?.text).toBe('2024-01-01 10:00:00.5');
  });

  it.each(['0', '-0', '-5', '12345678901234567', '18446744073709551615', '-9223372036854775808'])(
    'takes the number %s digit by digit',
    (digits) => {
      const text = specText(table({ initial: 7 })).replace('"initial":7', `"initial":${digits}`);
      expect(parse(text).tables[0]!.cdc[0]!.bound).toMatchObject({
        watermark: { initial: { kind: 'number', text: digits } },
      });
    },
  );

  it.each(['1.5', '1.0', '1e3', '1E2', '18446744073709551616', '-9223372036854775809', '9'.repeat(100)])(
    'refuses the number %s',
    (digits) => {
      const text = specText(table({ initial: 7 })).replace('"initial":7', `"initial":${digits}`);
      const [fault, ...others] = faultsOf(text);
      expect(others).toEqual([]);
      expect(fault!.path).toBe('table.cdc.a.initial');
      expect(fault!.message).toMatch(/^found .{1,41}\. Allowed: a whole number that an integer column holds/);
    },
  );

  it.each([
    [
      '12 hours',
      'found "12 hours", a span of time; where the first run begins must stand still. Write a date',
    ],
    ['2 weeks ago', 'a span of time; where the first run begins must stand still'],
    ['12 hors', 'a span of time'],
    ['1700', 'found "1700", a number in quotes. Write it without them.'],
    ['2024-01-01T00:00:00Z', 'a time with a zone. Write it as the column has it, without one.'],
    ['2024-01-01 00:00:00+02:00', 'a time with a zone'],
    ['2023-02-29', 'found "2023-02-29", which no calendar has'],
    ['2024-13-01', 'which no calendar has'],
    ['2024-00-10', 'which no calendar has'],
    ['0000-00-00', 'which no calendar has from the year 1000 on. To read all rows, leave it out.'],
    ['0999-12-31', 'which no calendar has from the year 1000 on'],
    ['2024-01-01 24:00:00', 'which no calendar has'],
    ['2024-01-01 00:60:00', 'which no calendar has'],
    ['2024-01-01 23:59:60', 'which no calendar has'],
    ['2024-01-01 10:00', 'found "2024-01-01 10:00". Allowed: "YYYY-MM-DD" or "YYYY-MM-DD HH:MM:SS"'],
    ['2024-01-01 10:00:00.1234567', 'Allowed: "YYYY-MM-DD"'],
    ['2024-1-1', 'Allowed: "YYYY-MM-DD"'],
    ['01.02.2024', 'Allowed: "YYYY-MM-DD"'],
    ['2024-01-01\n', 'found "2024-01-01\\n". Allowed'],
    ["2024-01-01' OR 1=1 -- ", 'Allowed: "YYYY-MM-DD"'],
    ['', 'found "". Allowed: "YYYY-MM-DD"'],
    ['yesterday', 'or a whole number.'],
    ['x'.repeat(500), 'Allowed: "YYYY-MM-DD"'],
    [true, 'found true. Allowed: a date or time such as "2024-01-01 00:00:00", or a whole number.'],
    [['2024-01-01'], 'found a list. Allowed: a date or time'],
    [{}, 'found an empty object. Allowed: a date or time'],
  ])('refuses %j', (initial, expected) => {
    const found = messages(table({ initial }));
    expect(found).toEqual([expect.stringContaining(expected)]);
    expect(found[0]!.slice(0, 21)).toBe('table.cdc.a.initial: ');
    expect(found[0]!.length).toBeLessThan(400);
  });

  it('takes every time of the calendar, and gives it on unchanged for the plan to read', () => {
    const time = fc.date({ min: new Date('1000-01-01Z'), max: new Date('9999-12-31Z'), noInvalidDate: true });
    fc.assert(
      fc.property(time, fc.constantFrom(10, 19, 21, 23), (date, length) => {
        const text = date.toISOString().replace('T', ' ').slice(0, length);
        expect(read({ initial: text }).initial).toEqual({ kind: 'string', text });
        expect(parseClock(text)).not.toBeNull();
      }),
    );
  });
});

describe('a watermark', () => {
  it.each([
    [
      { mode: 'watermrk' },
      'table.cdc.a.mode: found "watermrk". Did you mean "watermark"? Allowed: "watermark".',
    ],
    [{ mode: null }, 'table.cdc.a.mode: found null. Allowed: "watermark".'],
    [
      { timezone: 'Europe/Berln' },
      'table.cdc.a.timezone: found "Europe/Berln". Did you mean "Europe/Berlin"?',
    ],
    [{ timezone: '+02:00' }, 'table.cdc.a.timezone: found "+02:00". Allowed: an IANA time zone'],
    [{ timezone: 2 }, 'table.cdc.a.timezone: found 2. Allowed: a text or null.'],
    [
      { null_watermark: 'first' },
      'table.cdc.a.null_watermark: found "first". Allowed: "first_run", "always", "never", null.',
    ],
    [{ inital: 1 }, 'table.cdc.a.inital: found the unknown key "inital". Did you mean "initial"?'],
  ])('is refused with %j', (settings, expected) => {
    expect(messages(table(settings))).toEqual([expect.stringContaining(expected)]);
  });

  it('needs its mode', () => {
    expect(messages({ table: { name: 't', cdc: { a: {} } } })).toEqual([
      'table.cdc.a.mode: is missing; it is required, such as "watermark".',
    ]);
  });

  it('lists all its faults, each with its place', () => {
    const text = `{"task_name":"a","source":"mysql","sink":"s3","owner":{"email":"a@b"},"table":[{"name":"t","cdc":{
 "a": {"mode": "watermark", "initial": "12 hours",
  "lag": "1 month",
  "timezone": "Mars"}}}]}`;
    expect(faultsOf(text).map(({ line, column, path }) => [line, column, path])).toEqual([
      [2, 40, 'table[0].cdc.a.initial'],
      [3, 10, 'table[0].cdc.a.lag'],
      [4, 15, 'table[0].cdc.a.timezone'],
    ]);
  });

  it('stands beside other bounds and filters', () => {
    const cdc = { b: '2 weeks', a: MODE, c: 17 };
    const both = spec({ table: { name: 't', cdc, filters: { a: { condition: '>', metric: 1 } } } })
      .tables[0]!;
    expect(both.cdc.map(({ column, bound }) => [column, bound.kind])).toEqual([
      ['b', 'span'],
      ['a', 'watermark'],
      ['c', 'literal'],
    ]);
    expect(both.filters).toHaveLength(1);
  });

  it('is refused a second time in a table, with the reason', () => {
    const cdc = { a: MODE, b: '1 day', größe: MODE, d: MODE };
    const found = messages({ table: { name: 't', cdc } });
    expect(found).toEqual([
      expect.stringContaining('found a second watermark column beside "a". Two columns have no common order'),
      expect.stringContaining('table.cdc.d: found a second watermark column beside "a".'),
    ]);
  });

  it('may be in each of several tables', () => {
    const tables = ['t', 'u'].map((name) => ({ name, cdc: { a: MODE } }));
    expect(spec({ table: tables }).tables.map(({ cdc }) => cdc.length)).toEqual([1, 1]);
  });

  it('needs keys that a later run does not write again', () => {
    const key = 'key_template: found neither {stamp} nor {run_id}';
    expect(messages({ ...table({}), key_template: '{task}/{date}.{ext}' })).toEqual([
      expect.stringContaining(key),
    ]);
    const tables = [
      { name: 't', cdc: { a: '1 day' } },
      { name: 'u', cdc: { a: MODE } },
    ];
    expect(messages({ table: tables, key_template: '{table}.{ext}' })).toEqual([
      expect.stringContaining(key),
    ]);
    expect(spec({ table: tables[0], key_template: '{table}.{ext}' }).keyTemplate).toBe('{table}.{ext}');
    expect(spec({ table: tables, key_template: '{run_id}/{table}.{ext}' }).tables).toHaveLength(2);
  });

  it('may fail on an empty result', () => {
    expect(spec({ ...table({}), on_empty: 'fail' }).onEmpty).toBe('fail');
  });
});

it('ends in a watermark or in faults of its own, whatever is written', () => {
  const value = fc.oneof(
    fc.constantFrom('watermark', '1 minute', '0', 'UTC', '2024-01-01', '12 hours', 'never', 0, 7, null),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const settings = fc.dictionary(
    fc.oneof(fc.constantFrom('mode', 'initial', 'lag', 'timezone', 'null_watermark'), fc.string()),
    value,
  );
  const isWhole = ({ bound }: Cdc): boolean =>
    bound.kind === 'watermark' &&
    Number.isInteger(bound.watermark.lagMs) &&
    bound.watermark.lagMs >= 0 &&
    ['first_run', 'always', 'never'].includes(bound.watermark.nulls) &&
    bound.watermark.initial?.kind !== 'boolean';
  fc.assert(
    fc.property(settings, (written) => {
      const text = specText({ table: { name: 't', cdc: { a: written } } });
      try {
        expect(parse(text).tables[0]!.cdc.every(isWhole)).toBe(true);
      } catch (error) {
        if (!(error instanceof FaultsError)) throw error;
        expect(error.faults.every(({ path }) => path.startsWith('table.cdc.a'))).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
});
