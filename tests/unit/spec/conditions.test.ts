import type { Filter } from '../../../src/domain/spec.ts';
import { CONDITIONS } from '../../../src/spec/filter-conditions.ts';
import { messages, parse, spec } from './documents.ts';

function filters(metrics: Readonly<Record<string, unknown>>): readonly Filter[] {
  return spec({ table: { name: 't', filters: metrics } }).tables[0]!.filters;
}

function faults(filter: unknown): string[] {
  return messages({ table: { name: 't', filters: { a: filter } } });
}

describe('filters', () => {
  it.each(CONDITIONS)('reads the condition %s in any case and with any spaces', (condition) => {
    const metric = condition.includes('null')
      ? null
      : condition.includes('in')
        ? [1]
        : condition === 'between'
          ? [1, 2]
          : 1;
    const plain = filters({ a: { condition, metric } });
    const wild = `  ${condition.toUpperCase().replaceAll(' ', '  ')} `;
    expect(filters({ a: { condition: wild, metric } })).toEqual(plain);
    expect(plain[0]!.condition).toBe(condition === '<>' ? '!=' : condition);
  });

  it('keeps numbers as they stand in the text', () => {
    const text = `{"task_name":"a","source":"mysql","sink":"s3","owner":{"email":"a@b"},"table":{"name":"t",
      "filters":{"a":[{"condition":"in","metric":[12345678901234567890, 1.10, -0, 1e3, "1.10", true, false]},
      {"condition":"between","metric":[0.1,99999999999999999999999.99]}]},"cdc":{"b":12345678901234567891}}}`;
    const [table] = parse(text).tables;
    expect(table!.filters[0]).toEqual({
      column: 'a',
      condition: 'in',
      values: [
        { kind: 'number', text: '12345678901234567890' },
        { kind: 'number', text: '1.10' },
        { kind: 'number', text: '-0' },
        { kind: 'number', text: '1e3' },
        { kind: 'string', text: '1.10' },
        { kind: 'boolean', text: 'TRUE' },
        { kind: 'boolean', text: 'FALSE' },
      ],
    });
    expect(table!.filters[1]).toMatchObject({
      low: { text: '0.1' },
      high: { text: '99999999999999999999999.99' },
    });
    expect(table!.cdc[0]!.bound).toEqual({
      kind: 'literal',
      value: { kind: 'number', text: '12345678901234567891' },
    });
  });

  it('keeps the order of the spec, also of columns that look like numbers, and lists per column', () => {
    const text = `{"task_name":"a","source":"mysql","sink":"s3","owner":{"email":"a@b"},"table":{"name":"t","filters":{
      "b":[{"condition":">","metric":1},{"condition":"<","metric":9}],"2":{"condition":"is null"},"1":{"condition":"is null"}}}}`;
    const found = parse(text).tables[0]!.filters;
    expect(found.map(({ column, condition }) => `${column} ${condition}`)).toEqual([
      'b >',
      'b <',
      '2 is null',
      '1 is null',
    ]);
  });

  it.each([
    [{ condition: '=', metric: null }, 'Use the condition "is null"'],
    [{ condition: 'in', metric: [1, null] }, 'metric[1]: found null'],
    [{ condition: '=' }, 'metric: is missing; "=" needs it'],
    [{ condition: '=', metric: [1] }, 'For a list use "in"'],
    [{ condition: '!=', metric: [1] }, 'For a list use "not in"'],
    [
      { condition: '=', metric: { a: 1 } },
      'metric: found an object. Allowed: a text, a number, true or false, or a list',
    ],
    [
      { condition: 'in', metric: [] },
      'found an empty list; "in" needs one. Allowed: a list of at least one value',
    ],
    [{ condition: 'not in', metric: 1 }, 'found no list; "not in" needs one'],
    [
      { condition: 'in', metric: [[1]] },
      'metric[0]: found a list. Allowed: a text, a number, true or false.',
    ],
    [
      { condition: 'between', metric: [1] },
      'found a list of 1; "between" needs one. Allowed: a list of exactly two values',
    ],
    [{ condition: 'between', metric: [1, 2, 3] }, 'found a list of 3'],
    [{ condition: 'is null', metric: 0 }, '"is null" takes none. Remove it.'],
    [{ condition: 'isnull' }, 'Did you mean "is null"?'],
    [{ condition: 'notin', metric: [1] }, 'Did you mean "not in"?'],
    [{ condition: 7, metric: 1 }, 'condition: found 7. Allowed: =, !='],
    [{ metric: 1 }, 'condition: is missing; it is required'],
    [{ condition: '=', value: 1, metric: 1 }, 'found the unknown key "value"'],
    [[], 'filters.a: found an empty list.'],
    ['x', 'filters.a: found "x". Allowed: {"condition": …, "metric": …}, or a list of these.'],
    [{ condition: '=', metric: 'a\ud800' }, 'found half of a character'],
  ])('refuses %j', (filter, expected) => {
    expect(faults(filter)).toEqual([expect.stringContaining(expected)]);
  });

  it('refuses a number that no server holds', () => {
    const text = `{"task_name":"a","source":"mysql","sink":"s3","owner":{"email":"a@b"},"table":{"name":"t",
      "filters":{"a":{"condition":"=","metric":${'9'.repeat(300)}.${'9'.repeat(300)}}}}}`;
    expect(() => parse(text)).toThrow('found a number of 601 characters');
  });
});

describe('cdc', () => {
  const bound = (value: unknown) =>
    spec({ table: { name: 't', cdc: { a: value } } }).tables[0]!.cdc[0]!.bound;

  it.each(['1995-05-05', 'A-17', '2024', '', '2024-01-01 00:00:00', 'x'.repeat(200)])(
    'takes %j as a literal',
    (text) => {
      expect(bound(text)).toEqual({ kind: 'literal', value: { kind: 'string', text } });
    },
  );

  it.each(['12 hours', '90s', '3 months'])('takes %j as a span', (text) => {
    expect(bound(text)).toMatchObject({ kind: 'span', span: { text } });
  });

  it.each([
    ['12 hors', 'Did you mean "12 hours"?'],
    ['2 wekes', 'Did you mean "2 weeks"?'],
    ['2 weeks ago', 'A span is one positive number and one unit'],
    [null, 'table.cdc.a: found null. Allowed: a literal'],
    [true, 'table.cdc.a: found true. Allowed: a literal'],
    [['2024'], 'table.cdc.a: found a list. Allowed: a literal'],
  ])('refuses %j', (value, expected) => {
    expect(messages({ table: { name: 't', cdc: { a: value } } })).toEqual([
      expect.stringContaining(expected),
    ]);
  });
});
