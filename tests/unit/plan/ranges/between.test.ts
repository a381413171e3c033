/** Keys between two keys: in order, and really between. */
import fc from 'fast-check';
import { equalParts, keysBetween } from '../../../../src/plan/ranges/between.ts';
import { keyLiteral, keyText, keyTypeOf, type KeyType } from '../../../../src/plan/ranges/key-type.ts';
import { lettersOf, orderedLetters, textsNear } from '../../../../src/plan/ranges/text-digits.ts';
import { column } from '../sample.ts';

const parts = fc.integer({ min: 2, max: 70 });

function between(type: KeyType, low: string, high: string, count: number): string[] {
  return keysBetween(type, low, high, equalParts(count), null);
}

it('are whole numbers, of any size', () => {
  const type: KeyType = { is: 'number', scale: 0 };
  expect(between(type, '0', '10', 5)).toEqual(['2', '4', '6', '8']);
  expect(between(type, '-9223372036854775808', '18446744073709551615', 2)).toEqual(['4611686018427387903']);
  const any = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(any, any, parts, (a, b, count) => {
      const [low, high] = a < b ? [a, b] : [b, a];
      const keys = between(type, String(low), String(high), count).map(BigInt);
      expect(keys.length).toBeLessThan(count);
      const ends = [low, ...keys, high + 1n];
      expect(ends.slice(1).every((key, at) => key > ends[at]!)).toBe(true);
    }),
  );
});

it('are decimals of the column’s scale, also below zero', () => {
  const type: KeyType = { is: 'number', scale: 2 };
  expect(between(type, '-1.00', '0.99', 4)).toEqual(['-0.51', '-0.01', '0.49']);
  expect(between(type, '0.01', '0.02', 2)).toEqual([]);
});

it('are days and times that exist', () => {
  expect(between({ is: 'time', digits: 'date' }, '2024-02-27', '2024-03-02', 4)).toEqual([
    '2024-02-28',
    '2024-02-29',
    '2024-03-01',
  ]);
  expect(between({ is: 'time', digits: 3 }, '1969-12-31 23:59:59.000', '1970-01-01 00:00:01.000', 2)).toEqual(
    ['1970-01-01 00:00:00.000'],
  );
  // A zero date is the least value; nothing that is made up is one.
  for (const key of between({ is: 'time', digits: 'date' }, '0000-00-00', '2024-00-31', 60))
    expect(key).toMatch(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/);
});

it('are not beyond a partial date, which sorts before the days that it may stand for', () => {
  const date: KeyType = { is: 'time', digits: 'date' };
  expect(between(date, '2024-00-01', '2024-00-05', 4)).toEqual([]);
  expect(between(date, '2024-00-05', '2024-01-03', 4)).toEqual([]);
  expect(between(date, '2024-00-05', '2024-01-09', 5)).toEqual(['2024-01-06', '2024-01-07', '2024-01-08']);
  expect(between({ is: 'time', digits: 0 }, '2024-03-00 10:00:00', '2024-03-00 12:00:00', 5)).toEqual([]);
});

it('are bytes in their order', () => {
  const bytes = fc.uint8Array({ maxLength: 24 });
  fc.assert(
    fc.property(bytes, bytes, parts, (a, b, count) => {
      const [low, high] = [Buffer.from(a), Buffer.from(b)].toSorted(Buffer.compare) as [Buffer, Buffer];
      fc.pre(Buffer.compare(low, high) < 0);
      const keys = between({ is: 'bytes' }, low.toString('hex'), high.toString('hex'), count);
      const all = [low, ...keys.map((key) => Buffer.from(key, 'hex'))];
      expect(all.slice(1).every((key, at) => Buffer.compare(key, all[at]!) > 0)).toBe(true);
      expect(Buffer.compare(all.at(-1)!, high)).toBeLessThan(1);
    }),
  );
});

it('are texts of letters that the column is known to hold', () => {
  const values = ['Ähre', 'aber', 'zebra', 'über', '李', 'a b', 'x\uFFFD'];
  const weights = lettersOf(values).map((letter) => ({
    letter,
    weight: Buffer.from(letter.toLowerCase()).toString('hex'),
  }));
  expect(weights.map(({ letter }) => letter)).not.toContain('\uFFFD');
  const letters = orderedLetters(weights, values);
  const known = new Set(weights.map(({ letter }) => letter));
  const text: KeyType = { is: 'text', charset: 'utf8mb4', collation: 'utf8mb4_bin' };
  const value = fc.string({ unit: 'grapheme', maxLength: 30 });
  fc.assert(
    fc.property(value, value, parts, (low, high, count) => {
      const found = [
        ...keysBetween(text, low, high, equalParts(count), letters),
        ...textsNear('aber', 'zebra', letters),
      ];
      expect(Array.from(found.join('')).filter((letter) => !known.has(letter))).toEqual([]);
    }),
  );
  const even = keysBetween(text, 'aa', 'ad', equalParts(4), letters);
  expect(even).toHaveLength(3);
  expect(even.every((key) => key > 'aa' && key < 'ad')).toBe(true);
});

it('take a text that is the beginning of others for the first of them', () => {
  const weights = Array.from('ab', (letter) => ({ letter, weight: letter }));
  const letters = orderedLetters(weights, []);
  const text: KeyType = { is: 'text', charset: 'ascii', collation: 'ascii_bin' };
  const keys = keysBetween(text, 'a', 'b', equalParts(4), letters);
  expect(keys.toSorted()).toEqual(keys);
  expect(keys.every((key) => key > 'a' && key < 'b')).toBe(true);
});

it('know the types that serve', () => {
  const is = (type: string, more = {}): string | undefined => keyTypeOf(column('k', type, more))?.is;
  expect([is('bigint(20) unsigned'), is('decimal(10,2)'), is('date'), is('datetime(6)')]).toEqual([
    'number',
    'number',
    'time',
    'time',
  ]);
  expect(keyTypeOf(column('k', 'decimal(10,2)'))).toEqual({ is: 'number', scale: 2 });
  expect(is('varchar(20)', { charset: 'latin1', collation: 'latin1_swedish_ci' })).toBe('text');
  for (const type of ['float', 'double', 'year(4)', 'time', "enum('a')", 'bit(3)', 'json', 'text', 'blob'])
    expect(keyTypeOf(column('k', type))).toBeNull();
});

it('are written so that no key becomes SQL', () => {
  const text: KeyType = { is: 'text', charset: 'utf8mb4', collation: 'utf8mb4_bin' };
  expect(keyLiteral(text, "a'; DROP TABLE t; --\\")).toBe("'a\\'; DROP TABLE t; --\\\\'");
  expect([keyLiteral({ is: 'bytes' }, '00FF'), keyText({ is: 'bytes' }, '00FF')]).toEqual([
    "x'00FF'",
    '0x00FF',
  ]);
  expect(keyLiteral({ is: 'number', scale: 1 }, '-1.5')).toBe('-1.5');
});
