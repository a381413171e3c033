/** Values to a module and back: exact, and nothing that does not fit its column. */
import fc from 'fast-check';
import type { OutputColumn, ValueKind } from '../../../src/domain/plan.ts';
import { readRow, type Cell } from '../../../src/extract/row-packet.ts';
import { rowReader } from '../../../src/transform/given-values.ts';
import { rowWriter } from '../../../src/transform/returned-rows.ts';

function column(mysqlType: string, kind: ValueKind, nullable = true): OutputColumn {
  return { name: 'v', mysqlType, nullable, kind };
}

function given(type: OutputColumn, cell: string | Buffer): unknown {
  return rowReader([type]).read([typeof cell === 'string' ? Buffer.from(cell) : cell])['v'];
}

function returned(type: OutputColumn, value: unknown): Cell {
  return readRow(rowWriter([type])({ v: value }), 0, 1)[0]!;
}

const INT = column('int', 'number');
const BIGINT = column('bigint(20)', 'number');
const UNSIGNED = column('bigint(20) unsigned', 'number');
const DECIMAL = column('decimal(10,2)', 'number');
const DOUBLE = column('double', 'number');
const FLOAT = column('float', 'float32');
const BIT = column('bit(12)', 'bit');
const BLOB = column('blob', 'binary');
const JSON_COLUMN = column('json', 'json');
const TEXT = column('text', 'text');

describe('what a module is given', () => {
  it.each<[OutputColumn, string | Buffer, unknown]>([
    [INT, '-5', -5],
    [column('year(4)', 'number'), '0000', 0],
    [column('tinyint(1)', 'number'), '1', 1],
    [BIGINT, '9007199254740991', 9007199254740991],
    [BIGINT, '9007199254740993', 9007199254740993n],
    [BIGINT, '-9223372036854775808', -9223372036854775808n],
    [UNSIGNED, '18446744073709551615', 18446744073709551615n],
    [DECIMAL, '0.10', '0.10'],
    [column('decimal', 'number'), '12345678901234567890.5', '12345678901234567890.5'],
    [DOUBLE, '1e100', 1e100],
    [DOUBLE, '-0', -0],
    [FLOAT, '0.10000000149011612', 0.1],
    [column('date', 'date'), '0000-00-00', '0000-00-00'],
    [column('datetime(6)', 'datetime'), '2026-03-01 12:00:00.123456', '2026-03-01 12:00:00.123456'],
    [column('timestamp', 'timestamp'), '2026-03-01 12:00:00', '2026-03-01 12:00:00'],
    [column('time', 'text'), '-838:59:59', '-838:59:59'],
    [TEXT, 'Grüße, 雨 🌊\0', 'Grüße, 雨 🌊\0'],
    [JSON_COLUMN, '{"a": 12345678901234567890}', '{"a": 12345678901234567890}'],
    [BIT, Buffer.of(0x0f, 0xff), 4095],
    [column('bit(64)', 'bit'), Buffer.alloc(8, 0xff), 18446744073709551615n],
    [BLOB, Buffer.of(0, 255), Buffer.of(0, 255)],
  ])('of %j: %j is %p', (type, cell, value) => {
    expect(given(type, cell)).toEqual(value);
    expect(Object.is(given(type, cell), -0)).toBe(Object.is(value, -0));
  });

  it('holds null for NULL, and bytes that are its own', () => {
    const packet = Buffer.of(1, 2, 3);
    const row = rowReader([BLOB, { ...TEXT, name: 't' }]).read([packet.subarray(1), null]);
    packet.fill(9);
    expect(row).toEqual({ v: Buffer.of(2, 3), t: null });
  });

  it('has a column of any name', () => {
    const named = { ...INT, name: '__proto__' };
    const row = rowReader([named, INT]).read([Buffer.from('1'), Buffer.from('2')]);
    expect(Object.keys(row)).toEqual(['__proto__', 'v']);
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    const [cell] = readRow(rowWriter([named, INT])({ ...row }), 0, 2);
    expect(cell!.toString()).toBe('1');
  });
});

describe('what a module returns', () => {
  it.each<[OutputColumn, unknown, string | Buffer]>([
    [INT, 5, '5'],
    [INT, 5n, '5'],
    [INT, '-0012', '-12'],
    [INT, true, '1'],
    [INT, -0, '0'],
    [UNSIGNED, 18446744073709551615n, '18446744073709551615'],
    [DECIMAL, 5, '5.00'],
    [DECIMAL, '0012.5', '12.50'],
    [DECIMAL, -0.25, '-0.25'],
    [DECIMAL, '-0.00', '0.00'],
    [DECIMAL, 12345678n, '12345678.00'],
    [column('decimal', 'number'), '1.500', '1.500'],
    [DOUBLE, 1e100, '1e+100'],
    [DOUBLE, -0, '-0'],
    [DOUBLE, '1.5e-3', '1.5e-3'],
    [FLOAT, 0.1, '0.1'],
    [BIT, 4095, Buffer.of(0x0f, 0xff)],
    [BIT, 1n, Buffer.of(0, 1)],
    [column('bit(1)', 'bit'), false, Buffer.of(0)],
    [BLOB, new Uint8Array([1, 2, 3]).subarray(1), Buffer.of(2, 3)],
    [BLOB, Buffer.alloc(0), ''],
    [JSON_COLUMN, { a: [1, null] }, '{"a":[1,null]}'],
    [JSON_COLUMN, [], '[]'],
    [JSON_COLUMN, 1.5, '1.5'],
    [JSON_COLUMN, '{"big": 12345678901234567890}', '{"big": 12345678901234567890}'],
    [column('date', 'date'), '2026-02-31', '2026-02-31'],
    [column('date', 'date'), '0000-00-00', '0000-00-00'],
    [column('datetime', 'datetime'), '2026-03-01 23:59:59.5', '2026-03-01 23:59:59.5'],
    [column('time(3)', 'text'), '-838:59:59.123', '-838:59:59.123'],
    [column('varchar(3)', 'text'), '🌊🌊🌊', '🌊🌊🌊'],
    [column("enum('a','b')", 'text'), 'a', 'a'],
    [TEXT, '', ''],
  ])('of %j: %p is %j', (type, value, cell) => {
    expect(returned(type, value)).toEqual(Buffer.from(cell as string));
  });

  it.each<[OutputColumn, unknown, RegExp]>([
    [INT, 1.5, /Allowed: a whole number/],
    [INT, 2 ** 53, /Allowed: a whole number/],
    [INT, '', /Allowed: a whole number/],
    [INT, [1], /Allowed: a whole number/],
    [INT, 2147483648, /Allowed: -2147483648 to 2147483647, as the column is int$/],
    [column('tinyint unsigned', 'number'), -1, /Allowed: 0 to 255/],
    [column('mediumint', 'number'), 8388608, /Allowed: -8388608 to 8388607/],
    [UNSIGNED, 18446744073709551616n, /Allowed: 0 to 18446744073709551615/],
    [column('year', 'number'), 2156, /Allowed: 0 to 2155/],
    [DECIMAL, 0.1 + 0.2, /Allowed: 2 digits behind the point.*toFixed\(2\)/],
    [DECIMAL, '123456789', /Allowed: 8 digits before the point/],
    [DECIMAL, 1e21, /Allowed: a text of digits/],
    [DECIMAL, Number.NaN, /Allowed: a text of digits/],
    [column('decimal(4,1) unsigned', 'number'), '-1', /Allowed: 0 and more/],
    [DOUBLE, Number.NaN, /neither NaN nor infinite/],
    [DOUBLE, Number.POSITIVE_INFINITY, /neither NaN nor infinite/],
    [DOUBLE, '0x10', /neither NaN nor infinite/],
    [BIT, 4096, /from 0 to 4095/],
    [BIT, -1, /from 0 to 4095/],
    [BLOB, 'text', /Allowed: a Buffer/],
    [JSON_COLUMN, '{a: 1}', /Allowed: a text of JSON/],
    [JSON_COLUMN, () => 1, /that JSON can hold/],
    [JSON_COLUMN, { a: 1n }, /that JSON can hold \(.*BigInt/],
    [column('date', 'date'), '2026-13-01', /Allowed: a text such as "2026-03-01"/],
    [column('date', 'date'), new Date(0), /Allowed: a text such as "2026-03-01"/],
    [
      column('datetime', 'datetime'),
      '2026-03-01T12:00:00Z',
      /Allowed: a text such as "2026-03-01 12:30:00"$/,
    ],
    [column('timestamp', 'timestamp'), new Date(0), /in UTC; of a Date, date.toISOString/],
    [column('time', 'text'), '839:00:00', /from -838:59:59 to 838:59:59/],
    [column('varchar(3)', 'text'), 'abcd', /at most 3 characters, as the column is varchar\(3\)/],
    [TEXT, 5, /Allowed: a text/],
    [TEXT, { a: 1 }, /Allowed: a text/],
  ])('of %j may not be %p', (type, value, message) => {
    expect(() => returned(type, value)).toThrow(message);
  });

  it('may be null where the column is nullable', () => {
    expect(returned(INT, null)).toBeNull();
    expect(() => returned({ ...INT, nullable: false }, null)).toThrow('declared as not nullable');
  });
});

describe('there and back', () => {
  const back = (type: OutputColumn, cell: Buffer): Cell => returned(type, given(type, cell));

  it('keeps every integer', () => {
    const whole = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map((value) => Buffer.from(String(value)));
    fc.assert(fc.property(whole, (cell) => expect(back(BIGINT, cell)).toEqual(cell)));
  });

  it('keeps every decimal', () => {
    const digits = fc
      .tuple(fc.bigInt(-(10n ** 8n) + 1n, 10n ** 8n - 1n), fc.nat(99))
      .map(([value, cents]) => Buffer.from(`${value}.${String(cents).padStart(2, '0')}`));
    fc.assert(fc.property(digits, (cell) => expect(back(DECIMAL, cell)).toEqual(cell)));
  });

  it('keeps the value of every double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = Object.is(value, -0) ? '-0' : value.toExponential();
        expect(Number(returned(DOUBLE, given(DOUBLE, text))!.toString())).toBe(value);
      }),
    );
  });

  it('keeps texts and bytes', () => {
    const texts = fc.string({ unit: 'grapheme' }).map((text) => Buffer.from(text));
    fc.assert(fc.property(texts, (cell) => expect(back(TEXT, cell)).toEqual(cell)));
    const bytes = fc.uint8Array().map((array) => Buffer.from(array));
    fc.assert(fc.property(bytes, (cell) => expect(back(BLOB, cell)).toEqual(cell)));
    const words = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((array) => Buffer.from(array));
    fc.assert(fc.property(words, (cell) => expect(back(column('bit(64)', 'bit'), cell)).toEqual(cell)));
  });
});
