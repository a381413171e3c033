import { misspelledSpan, parseSpan, spanBefore } from '../../../src/spec/span.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('parseSpan', () => {
  it.each([
    ['12 hours', 0, 12 * HOUR],
    ['2 weeks', 0, 14 * DAY],
    ['1 week', 0, 7 * DAY],
    ['30 minutes', 0, HOUR / 2],
    ['30 MIN', 0, HOUR / 2],
    ['90s', 0, 90_000],
    ['250 ms', 0, 250],
    ['1.5 hours', 0, 1.5 * HOUR],
    ['1.1 hours', 0, 3_960_000],
    ['1 Month', 1, 0],
    ['3 months', 3, 0],
    ['1 year', 12, 0],
    ['2 YEARS', 24, 0],
    ['1.5 years', 18, 0],
    [' 10  days ', 0, 10 * DAY],
  ])('reads %j', (text, months, milliseconds) => {
    expect(parseSpan(text)).toEqual({ text: text.trim(), months, milliseconds });
  });

  it.each([
    '',
    '12',
    '2024',
    'hours',
    '0 days',
    '-1 day',
    '+1 day',
    '0.5 months',
    '1 day 2 hours',
    '12 hors',
    '1995-05-05',
    '9999999 weeks',
    '99999999999 s',
    '1e3 s',
    'A-17',
    '5 constructor',
  ])('reads no span from %j', (text) => {
    expect(parseSpan(text)).toBeNull();
  });
});

describe('misspelledSpan', () => {
  it.each([
    ['12 hors', 'Did you mean "12 hours"?'],
    ['2 wekes', 'Did you mean "2 weeks"?'],
    ['3 mnths', 'Did you mean "3 months"?'],
    ['1 yaer', 'Did you mean "1 year"?'],
  ])('knows what %j was meant for', (text, expected) => {
    expect(misspelledSpan(text)).toBe(expected);
  });

  it.each(['2 weeks ago', 'last month', '1 day 12 hours', '-12 hours', '0 days', '0.5 months', 'two weeks'])(
    'sees the intention of %j',
    (text) => {
      expect(misspelledSpan(text)).toMatch(/^A span is one positive number and one unit/);
    },
  );

  it.each([
    '1995-05-05',
    'A-17',
    '2024',
    'employee',
    '12',
    '5 kg',
    '2024-01-01T00:00:00Z',
    '17 Elm Street',
    '12 hours',
    '',
  ])('leaves %j alone', (text) => {
    expect(misspelledSpan(text)).toBeNull();
  });
});

describe('spanBefore', () => {
  it.each([
    ['12 hours', '2024-03-01T06:00:00.000Z', '2024-02-29T18:00:00.000Z'],
    ['1 month', '2024-03-31T10:20:30.456Z', '2024-02-29T10:20:30.456Z'],
    ['1 month', '2023-03-31T10:20:30.456Z', '2023-02-28T10:20:30.456Z'],
    ['1 month', '2024-01-15T00:00:00.000Z', '2023-12-15T00:00:00.000Z'],
    ['3 months', '2024-05-31T00:00:00.000Z', '2024-02-29T00:00:00.000Z'],
    ['1 year', '2024-02-29T00:00:00.000Z', '2023-02-28T00:00:00.000Z'],
    ['13 months', '2024-01-31T00:00:00.000Z', '2022-12-31T00:00:00.000Z'],
    ['2 weeks', '2024-01-01T00:00:00.000Z', '2023-12-18T00:00:00.000Z'],
  ])('counts %s back from %s', (text, from, expected) => {
    const instant = new Date(from);
    expect(spanBefore(parseSpan(text)!, instant).toISOString()).toBe(expected);
    expect(instant.toISOString()).toBe(from);
  });

  it('always ends in a date that can be written', () => {
    const longest = parseSpan('1000 years')!;
    expect(spanBefore(longest, new Date('2024-01-01T00:00:00Z')).toISOString()).toBe(
      '1024-01-01T00:00:00.000Z',
    );
  });
});
