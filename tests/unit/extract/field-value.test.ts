/** What tests/integration/transform-json.test.ts shows on servers, where it goes beyond their tables of values. */
import fc from 'fast-check';
import { doubleText } from '../../../src/extract/double-text.ts';
import { typedText } from '../../../src/extract/field-value.ts';
import { spacedJson } from '../../../src/extract/spaced-json.ts';

describe('a DECIMAL', () => {
  it('has the digits of the number, rounded half away from zero', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
        fc.integer({ min: 0, max: 4 }),
        (value, scale) => {
          const digits = (value < 0n ? -value : value).toString().padStart(5, '0');
          const text = `${value < 0n ? '-' : ''}${digits.slice(0, -4)}.${digits.slice(-4)}`;
          const unit = 10n ** BigInt(4 - scale);
          const magnitude = ((value < 0n ? -value : value) * 2n + unit) / (unit * 2n);
          const found = typedText(text, { is: 'decimal', precision: 20, scale })!;
          expect(BigInt(found.replace(/[-.]/g, ''))).toBe(magnitude);
          expect(found.split('.')[1]?.length ?? 0).toBe(scale);
          expect(found.startsWith('-')).toBe(value < 0n && magnitude > 0n);
        },
      ),
    );
  });

  it('takes exponents, however large', () => {
    const type = { is: 'decimal', precision: 10, scale: 2 } as const;
    expect(
      ['1e3', '1.25E-1', '-1e-999999999', '0e999999999', '1e999999999'].map((text) => typedText(text, type)),
    ).toEqual(['1000.00', '0.13', '0.00', '0.00', null]);
  });
});

describe('a DOUBLE', () => {
  it('reads back as the same value', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(doubleText(value))).toBe(value + 0);
      }),
    );
  });

  it.each([
    [1e14, '100000000000000'],
    [123456789012345680, '1.2345678901234568e17'],
    [1e15, '1e15'],
    [1234567890123456, '1.234567890123456e15'],
    [1234567890123456.8, '1234567890123456.8'],
    [1e-15, '0.000000000000001'],
    [1e-16, '1e-16'],
    [-2.5e-300, '-2.5e-300'],
    [0.1, '0.1'],
    [-0, '0'],
    [1234.5, '1234.5'],
  ])('%d is written as servers do: %s', (value, text) => {
    expect(doubleText(value)).toBe(text);
  });
});

describe('dates and times', () => {
  it.each([
    ['0000-00-00', '0000-00-00'],
    ['2024-00-10', '2024-00-10'],
    ['1900-02-29', null],
    ['2000-02-29', '2000-02-29'],
    ['0000-02-29', null],
    ['2024-04-31', null],
  ])('%s as a DATE', (text, date) => {
    expect(typedText(text, { is: 'date' })).toBe(date);
  });

  it.each([
    ['0000-00-00 00:00:00', '0000-00-00 00:00:00.000000'],
    ['0000-00-00 00:00:00+01:00', null],
    ['9999-12-31T23:59:59-01:00', null],
    ['2023-12-31T23:30:00-00:45', '2024-01-01 00:15:00.000000'],
    ['2024-01-01T00:00:00.1', '2024-01-01 00:00:00.100000'],
    ['2024-01-01T0:00:00', null],
  ])('%s as a DATETIME', (text, time) => {
    expect(typedText(text, { is: 'datetime' })).toBe(time);
  });
});

it('spaces stand behind commas and colons, and nowhere else', () => {
  expect(spacedJson('{ "a,:" :[1 , "x\\" y"],\n"b":{}}')).toBe('{"a,:": [1, "x\\" y"], "b": {}}');
  expect(spacedJson('-1.50')).toBe('-1.50');
});
