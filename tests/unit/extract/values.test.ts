/** FLOAT, BIT and dates as text. */
import fc from 'fast-check';
import { bitText, float32Text, isZeroDate } from '../../../src/extract/values.ts';

describe('FLOAT', () => {
  it.each([
    ['0', '0'],
    ['-0', '-0'],
    ['0.10000000149011612', '0.1'],
    ['-1.5', '-1.5'],
    ['16777216', '16777216'],
    ['16777218', '16777218'],
    ['3.1415927410125732', '3.1415927'],
    ['3.4028234663852886e38', '3.4028235e+38'],
    ['1.1754943508222875e-38', '1.1754944e-38'],
    ['1.401298464324817e-45', '1e-45'],
    ['2.802596928649634e-45', '3e-45'],
    ['1e20', '100000000000000000000'],
    ['1e21', '1e+21'],
  ])('%s is %s', (double, text) => {
    expect(float32Text(double)).toBe(text);
  });

  it('reads back as the same FLOAT', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (float) => {
        expect(Math.fround(Number(float32Text(Object.is(float, -0) ? '-0' : String(float))))).toBe(float);
      }),
      { numRuns: 1000 },
    );
  });

  it('has no digit too many', () => {
    const positive = fc.float({
      noNaN: true,
      noDefaultInfinity: true,
      min: Math.fround(1e-30),
      max: Math.fround(1e30),
    });
    fc.assert(
      fc.property(positive, (float) => {
        const [digits, exponent] = Number(float32Text(String(float)))
          .toExponential()
          .split('e') as [string, string];
        const count = digits.replace('.', '').length;
        fc.pre(count > 1);
        // Nor is the nearest text with one digit less this FLOAT.
        const shorter = Number(`${Number(digits).toFixed(Math.max(0, count - 2))}e${exponent}`);
        expect(Math.fround(shorter)).not.toBe(float);
      }),
    );
  });
});

it('reads BIT as an unsigned number of up to 64 bits', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(5), (value, offset) => {
      const bytes = Buffer.alloc(8 + offset, 0xff);
      bytes.writeBigUInt64BE(value, offset);
      expect(bitText(bytes, offset, offset + 8)).toBe(String(value));
    }),
  );
  expect(bitText(Buffer.of(), 0, 0)).toBe('0');
});

it('knows zero and partial dates', () => {
  const zero = (text: string): boolean => isZeroDate(Buffer.from(`xx${text}`), 2);
  expect(['0000-00-00', '2024-00-01', '2024-01-00', '2024-00-00 10:00:00'].map(zero)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['0000-01-01', '2000-10-10', '2024-10-20 00:00:00'].map(zero)).toEqual([false, false, false]);
});
