/** Numbers of every type, at both ends: each cell is held against what the server itself says. */
import { cells, typeTables, type TypeTables } from '../support/type-tables.ts';

let types: TypeTables;
beforeAll(async () => {
  types = await typeTables();
});
afterAll(() => types.close());

describe('integers', () => {
  it('at both ends, signed and unsigned', async () => {
    const csv = await types.expectAsSaid({
      t: ['TINYINT', '-128', '127', '0'],
      tu: ['TINYINT UNSIGNED', '0', '255'],
      flag: ['TINYINT(1)', '0', '1', '-1'],
      s: ['SMALLINT', '-32768', '32767'],
      su: ['SMALLINT UNSIGNED', '0', '65535'],
      m: ['MEDIUMINT', '-8388608', '8388607'],
      mu: ['MEDIUMINT UNSIGNED', '0', '16777215'],
      i: ['INT', '-2147483648', '2147483647'],
      iu: ['INT UNSIGNED', '0', '4294967295'],
      b: ['BIGINT', '-9223372036854775808', '9223372036854775807', '9007199254740993'],
      bu: ['BIGINT UNSIGNED', '0', '18446744073709551615'],
    });
    expect(cells(csv, 'bu')).toEqual(['0', '18446744073709551615', null]);
    expect(cells(csv, 'b')).toContain('9007199254740993');
  });

  it('with ZEROFILL, whose zeros are in the text', async () => {
    const csv = await types.expectAsSaid({
      z: ['INT(8) ZEROFILL', '42', '0'],
      zb: ['BIGINT(20) ZEROFILL', '7'],
    });
    expect(cells(csv, 'z')).toEqual(['00000042', '00000000']);
  });

  it('YEAR, with 0000', async () => {
    const csv = await types.expectAsSaid({ y: ['YEAR', '0', '1901', '2155'] });
    expect(cells(csv, 'y')).toEqual(['0000', '1901', '2155']);
  });

  it('BIT, as unsigned integers', async () => {
    const csv = await types.expectAsSaid(
      {
        b1: ['BIT(1)', "b'0'", "b'1'"],
        b9: ['BIT(9)', "b'101010101'", "b'0'"],
        b64: ['BIT(64)', '18446744073709551615', '9223372036854775808', '0'],
      },
      (column) => `${column} + 0`,
    );
    expect(cells(csv, 'b64')[0]).toBe('18446744073709551615');
  });
});

describe('fractions', () => {
  it('DECIMAL, every digit of it', async () => {
    const nines = '9'.repeat(35);
    const csv = await types.expectAsSaid({
      a: ['DECIMAL(65,30)', `${nines}.${'9'.repeat(30)}`, `-${nines}.${'1'.repeat(30)}`, '0'],
      b: ['DECIMAL(65,0)', '9'.repeat(65), '-1'],
      c: ['DECIMAL(10,2) UNSIGNED', '99999999.99', '0.10'],
      d: ['DECIMAL(30,30)', `0.${'0'.repeat(29)}1`],
      e: ['DECIMAL(8,2) ZEROFILL', '1.5'],
    });
    expect(cells(csv, 'a')[0]).toBe(`${nines}.${'9'.repeat(30)}`);
  });

  const doubles = [
    '0', '1', '-1', '0.1', '1e15', '1e16', '1.5e300', '-1.7976931348623157e308', '2.2250738585072014e-308',
    '5e-324', '1e-310', '123456789.123456789', '9007199254740993', '3.141592653589793',
  ]; // prettier-ignore
  const floats = [
    '0', '1', '-1', '0.1', '16777217', '3.4028234e38', '1.17549435e-38', '1e-45', '1.1e-40', '123456.789', '9999999',
    '8388608.5', '1e10', '-0.3333333',
  ]; // prettier-ignore

  const digits = (text: string): string =>
    text
      .replace(/e.*$/, '')
      .replace(/[^\d]/g, '')
      .replace(/^0+|0+$/g, '');

  it.each([
    ['DOUBLE', doubles],
    ['DOUBLE(10,2)', ['1.1', '-99999999.99', '0.1']],
    ['DOUBLE(22,0)', ['12345678901234567890', '7']],
  ] as const)('%s, as the shortest text that reads back', async (type, values) => {
    const table = await types.make({ d: [type, ...values] });
    const found = cells(await types.exported(table), 'd');
    const bits = await types.bits(table, 'd');
    expect(found.map(Number)).toEqual(bits);
    expect(found.map((text) => digits(text!))).toEqual(bits.map((value) => digits(String(value))));
  });

  it.each([
    ['FLOAT', floats],
    ['FLOAT(7,2)', ['1.1', '12345.67', '-99999.99']],
  ] as const)('%s, as the shortest text that reads back as the same FLOAT', async (type, values) => {
    const table = await types.make({ f: [type, ...values] });
    const found = cells(await types.exported(table), 'f');
    const bits = (await types.bits(table, 'f')).map((value) => Math.fround(value!));
    expect(found.map((text) => Math.fround(Number(text)))).toEqual(bits);
    for (const text of found) {
      const shorter = Number(Number(text).toPrecision(Math.max(1, digits(text!).length - 1)));
      if (digits(text!).length > 1) expect(Math.fround(shorter)).not.toBe(Math.fround(Number(text)));
    }
  });

  it('keeps the sign of a negative zero as the server does', async () => {
    const table = await types.make({ d: ['DOUBLE', '-0e0'], f: ['FLOAT', '-0e0'] });
    const csv = await types.exported(table);
    expect(Number(cells(csv, 'd')[0])).toBe((await types.bits(table, 'd'))[0]);
    expect(Number(cells(csv, 'f')[0])).toBe((await types.bits(table, 'f'))[0]);
  });
});
