/** JSON Lines against JSON.parse and JSON.stringify, for arbitrary bytes and every kind of value. */
import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import type { OutputColumn, ValueKind } from '../../../src/domain/plan.ts';
import { jsonlEncoder } from '../../../src/extract/jsonl.ts';
import { columnsOf, encodeRow, outputOptions, type Cell, type Overrides } from './packets.ts';

const encoderOf = (columns: readonly OutputColumn[], overrides: Overrides = {}) =>
  jsonlEncoder(columns, outputOptions(overrides));

/** The line of one value in a column `c0`, without its line break. */
function line(
  kind: ValueKind,
  value: string | Buffer | null,
  overrides: Overrides = {},
  mysqlType = 'x',
): string {
  const column: OutputColumn = { name: 'c0', mysqlType, nullable: true, kind };
  const cell = typeof value === 'string' ? Buffer.from(value) : value;
  const bytes = encodeRow(encoderOf([column], overrides), [cell], 3, 5);
  const text = bytes.toString();
  expect(text.indexOf('\n')).toBe(text.length - 1);
  return text.slice(0, -1);
}

const parsed = (text: string): unknown => (JSON.parse(text) as { c0: unknown }).c0;

/** Bytes of all kinds, and often those that mean something in JSON or in UTF-8. */
const anyBytes = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: fc.nat(255).map((byte) => [byte]) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(...Buffer.from('"\\\b\t\n\f\r\0\x1f\x7f/u{}')).map((byte) => [byte]),
      },
      fc.constantFrom('é', '😀', '\u2028', '\u2029', '\ufeff', '中').map((text) => [...Buffer.from(text)]),
      fc.constantFrom(
        [0xc3],
        [0xed, 0xa0, 0x80],
        [0xf0, 0x9f],
        [0xff],
        [0xc0, 0x80],
        [0xf4, 0x90, 0x80, 0x80],
      ),
    ),
    { maxLength: 60 },
  )
  .map((pieces) => Buffer.from(pieces.flat()));

/** Of lengths on both sides of each length encoding, and of what the encoder treats as long. */
const bytes = fc.oneof(
  // Mostly plain, so that what is not stands among bytes that are copied.
  {
    weight: 6,
    arbitrary: fc
      .string({
        unit: fc.constantFrom('a', 'b', 'c', ' ', '~', '\x7f', '"', '\\', '\x1f', 'é'),
        maxLength: 70,
      })
      .map((text) => Buffer.from(text)),
  },
  { weight: 6, arbitrary: anyBytes },
  fc
    .tuple(
      anyBytes,
      fc.constantFrom(63, 64, 65, 250, 251, 252, 65_535, 65_536, 70_000),
      fc.constantFrom('x', '"', '\0', 'é'),
    )
    .map(([tail, length, fill]) => Buffer.concat([Buffer.alloc(length, fill), tail])),
);

it('writes any bytes as a text that reads back as a decoder reads them', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      const encoder = encoderOf(columnsOf(['text']));
      const written = encodeRow(encoder, [value], 1, 2);
      expect(isUtf8(written)).toBe(true);
      // Buffers decode as the Encoding Standard says: U+FFFD for each part of what is no character.
      expect(parsed(written.toString())).toBe(value.toString('utf8'));
      expect(encoder.invalidTexts().get('c0') ?? 0).toBe(isUtf8(value) ? 0 : 1);
    }),
    { numRuns: 400 },
  );
});

it('writes valid texts as JSON.stringify does', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
      expect(line('text', text)).toBe(JSON.stringify({ c0: text }));
    }),
    { numRuns: 300 },
  );
});

it('escapes each ASCII character as JSON.stringify does', () => {
  for (let code = 0; code < 128; code++) {
    const text = `a${String.fromCharCode(code)}b`;
    expect(line('text', text)).toBe(JSON.stringify({ c0: text }));
  }
});

it('has room for a large row of which no byte is UTF-8', () => {
  expect(parsed(line('text', Buffer.alloc(100_000, 0xff)))).toBe('\ufffd'.repeat(100_000));
});

it('decodes what is no UTF-8 beyond the pieces it is decoded in', () => {
  // A character of four bytes lies across the end of the first piece, whatever its size is.
  for (let shift = 0; shift < 4; shift++) {
    const value = Buffer.concat([
      Buffer.alloc(shift + 1, 0xff),
      Buffer.from('😀'.repeat(40_000)),
      Buffer.of(0xf0, 0x9f),
    ]);
    expect(parsed(line('text', value))).toBe(value.toString('utf8'));
  }
});

it.each<[ValueKind, string | Buffer, string]>([
  ['number', '18446744073709551615', '18446744073709551615'],
  ['number', '-9223372036854775808', '-9223372036854775808'],
  ['number', '99999999999999999999999999999999999.999999999999999999999999999999', '99999999999999999999999999999999999.999999999999999999999999999999'],
  ['number', '-0.000000000000000000000000000001', '-0.000000000000000000000000000001'],
  ['number', '0', '0'],
  ['number', '00042', '42'],
  ['number', '0000', '0'],
  ['number', '000.50', '0.50'],
  ['number', '0001e20', '1e20'],
  ['number', '0.5', '0.5'],
  ['number', '-0', '-0'],
  ['number', '1e-310', '1e-310'],
  ['number', '1.7976931348623157e308', '1.7976931348623157e308'],
  ['float32', '0.10000000149011612', '0.1'],
  ['float32', '-0', '-0'],
  ['float32', '3.4028234663852886e38', '3.4028235e+38'],
  ['bit', Buffer.alloc(8, 0xff), '18446744073709551615'],
  ['bit', Buffer.of(1), '1'],
  ['date', '2024-02-29', '"2024-02-29"'],
  ['datetime', '2024-02-29 01:02:03.000004', '"2024-02-29 01:02:03.000004"'],
  ['text', '-838:59:59.000000', '"-838:59:59.000000"'],
  ['text', '', '""'],
  ['binary', Buffer.of(0, 0xff), '"AP8="'],
  ['binary', '', '""'],
  ['json', '{"a": [1, 2.50, "\\n"]}', '{"a": [1, 2.50, "\\n"]}'],
  ['json', 'null', 'null'],
  ['json', '123456789012345678901234567890.10', '123456789012345678901234567890.10'],
])('%s %j is %s', (kind, value, expected) => {
  const text = line(kind, value);
  expect(text).toBe(`{"c0":${expected}}`);
  expect(() => JSON.parse(text) as unknown).not.toThrow();
}); // prettier-ignore

it('keeps every digit of any number', () => {
  const digits = fc.tuple(fc.bigInt(), fc.nat({ max: 10 ** 9 })).map(([whole, part]) => `${whole}.${part}`);
  fc.assert(fc.property(digits, (text) => expect(line('number', text)).toBe(`{"c0":${text}}`)));
});

it.each(['number', 'float32', 'date', 'text', 'json', 'bit', 'binary'] as const)(
  'NULL of %s is null',
  (kind) => {
    expect(line(kind, null)).toBe('{"c0":null}');
  },
);

describe('bytes', () => {
  it.each(['base64', 'hex'] as const)(
    'are %s, also where a row is large and each byte looks plain',
    (binary) => {
      for (const length of [1, 2, 3, 70_000, 196_608, 196_609, 1_000_000]) {
        const value = Buffer.alloc(length, 'a');
        expect(parsed(line('binary', value, { binary }))).toBe(value.toString(binary));
      }
    },
  );
});

describe('dates', () => {
  it.each([
    ['null', 'null', 1],
    ['string', '"2024-00-10"', 1],
  ] as const)('that are partial become %s', (zeroDates, expected, count) => {
    const encoder = encoderOf(columnsOf(['date']), { zeroDates });
    expect(encodeRow(encoder, [Buffer.from('2024-00-10')]).toString()).toBe(`{"c0":${expected}}\n`);
    expect(encoder.zeroDates()).toEqual(new Map([['c0', count]]));
  });

  it('that are none fail where asked for', () => {
    expect(() => line('datetime', '0000-00-00 00:00:00', { zeroDates: 'fail' })).toThrow(
      /c0 holds 0000-00-00/,
    );
  });

  it('are moved into the zone, TIMESTAMP alone', () => {
    const outputTimezone = 'Asia/Kolkata';
    expect(line('timestamp', '2024-02-28 20:00:00.5', { outputTimezone })).toBe(
      '{"c0":"2024-02-29 01:30:00.5"}',
    );
    expect(line('datetime', '2024-02-28 20:00:00', { outputTimezone })).toBe('{"c0":"2024-02-28 20:00:00"}');
  });
});

describe('JSON columns', () => {
  it('are nested as they are, on one line', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.constantFrom(0, 2, '\t'),
        fc.constantFrom('\n', '\r\n'),
        (json, indent, lineBreak) => {
          const pretty = JSON.stringify(JSON.parse(json), null, indent).replaceAll('\n', lineBreak);
          const text = line('json', pretty, {}, 'longtext');
          expect(text).toBe(`{"c0":${pretty.replaceAll(/[\r\n]/g, ' ')}}`);
          expect(parsed(text)).toEqual(JSON.parse(json));
        },
      ),
    );
  });

  it.each(['', '{', '{"a":1}x', "{'a': 1}", '[01]', 'NaN', '"a\nb"'])(
    'that hold no JSON, such as %j, become strings and are counted',
    (value) => {
      const column: OutputColumn = { name: 'doc', mysqlType: 'longtext', nullable: true, kind: 'json' };
      const encoder = encoderOf([column]);
      const text = encodeRow(encoder, [Buffer.from(value)]).toString();
      expect(JSON.parse(text)).toEqual({ doc: value });
      expect(encoder.brokenJson()).toEqual(new Map([['doc', 1]]));
    },
  );

  it('that are no UTF-8 become strings and are counted', () => {
    const column: OutputColumn = { name: 'doc', mysqlType: 'longtext', nullable: true, kind: 'json' };
    const encoder = encoderOf([column]);
    const text = encodeRow(encoder, [Buffer.from('["é"]', 'latin1')]).toString();
    expect(JSON.parse(text)).toEqual({ doc: '["\ufffd"]' });
    expect([...encoder.brokenJson(), ...encoder.invalidTexts()]).toEqual([
      ['doc', 1],
      ['doc', 1],
    ]);
  });

  it('of MySQL are taken at its word: nothing is parsed', () => {
    expect(line('json', 'no JSON', {}, 'json')).toBe('{"c0":no JSON}');
  });
});

it('writes names as JSON.stringify does', () => {
  const names = ['plain', 'a"b', 'a\\b', 'é😀', 'tab\there', '', '\u2028', 'a b'];
  const columns = names.map((name): OutputColumn => ({
    name,
    mysqlType: 'x',
    nullable: true,
    kind: 'number',
  }));
  const row = names.map((_, index) => Buffer.from(String(index)));
  const expected = Object.fromEntries(names.map((name, index) => [name, index]));
  expect(encodeRow(encoderOf(columns), row).toString()).toBe(`${JSON.stringify(expected)}\n`);
});

it('writes from and into whatever buffers it is given', () => {
  const encoder = encoderOf(columnsOf(['text', 'number']));
  for (const value of ['first', 'second', 'third'])
    expect(encodeRow(encoder, [Buffer.from(value), Buffer.from('12')]).toString()).toBe(
      `{"c0":"${value}","c1":12}\n`,
    );
});

it('has no header', () => {
  expect(encoderOf(columnsOf(['text'])).header).toHaveLength(0);
});

const kinds = fc.array(
  fc.constantFrom<ValueKind>('text', 'number', 'date', 'binary', 'json', 'bit', 'float32'),
  {
    minLength: 1,
    maxLength: 20,
  },
);
const VALUES: Readonly<Record<string, fc.Arbitrary<Buffer>>> = {
  text: bytes,
  number: fc.bigInt().map((value) => Buffer.from(String(value))),
  date: fc.constantFrom('2024-01-31', '0000-10-10').map((value) => Buffer.from(value)),
  binary: bytes,
  json: fc.oneof(
    fc.json().map((value) => Buffer.from(value)),
    bytes,
  ),
  bit: fc.uint8Array({ minLength: 1, maxLength: 8 }).map((value) => Buffer.from(value)),
  float32: fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => Buffer.from(String(value))),
};

it('makes one line of any row that JSON.parse takes, within its room', () => {
  const rows = kinds.chain((list) =>
    fc.record({
      list: fc.constant(list),
      cells: fc.tuple(...list.map((kind) => fc.option(VALUES[kind]!, { freq: 4 }))),
      binary: fc.constantFrom('base64' as const, 'hex' as const),
      start: fc.nat(9),
      at: fc.nat(9),
      after: fc.nat(8),
    }),
  );
  fc.assert(
    fc.property(rows, ({ list, cells, binary, start, at, after }) => {
      const row: Cell[] = cells;
      const columns = columnsOf(list).map((column) => ({ ...column, mysqlType: 'longtext' }));
      const text = encodeRow(encoderOf(columns, { binary }), row, start, at, after).toString();
      expect(text.indexOf('\n')).toBe(text.length - 1);
      const read = Object.values(JSON.parse(text) as Record<string, unknown>);
      expect(read.length).toBe(list.length);
      for (const [index, kind] of list.entries()) {
        const cell = row[index]!;
        if (cell === null) expect(read[index]).toBeNull();
        else if (kind === 'text') expect(read[index]).toBe(cell.toString());
        else if (kind === 'binary') expect(read[index]).toBe(cell.toString(binary));
        else if (kind === 'number') expect(read[index]).toBe(Number(cell.toString()));
      }
    }),
    { numRuns: 300 },
  );
});

it('writes a row of more than 16 MB', () => {
  const value = Buffer.alloc(17_000_000, 'row,"\n');
  const text = encodeRow(encoderOf(columnsOf(['number', 'text', 'number'])), [
    Buffer.from('1'),
    value,
    Buffer.from('2'),
  ]);
  const read = JSON.parse(text.toString()) as Record<string, unknown>;
  expect([read['c0'], read['c2'], read['c1'] === value.toString()]).toEqual([1, 2, true]);
});
