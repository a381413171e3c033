/** What each kind of value and each dialect becomes, byte for byte. */
import fc from 'fast-check';
import type { ValueKind } from '../../../src/domain/plan.ts';
import { TidemarkError } from '../../../src/errors.ts';
import { csvEncoder } from '../../../src/extract/csv.ts';
import { columnsOf, encodeRow, outputOptions, rowPacket, valueText } from './packets.ts';
import type { Cell, Overrides } from './packets.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

function rows(kinds: readonly ValueKind[], overrides: Overrides, ...cells: Cell[][]): string {
  const encoder = csvEncoder(columnsOf(kinds), outputOptions(overrides));
  return Buffer.concat([encoder.header, ...cells.map((row) => encodeRow(encoder, row))]).toString();
}

describe('kinds of values', () => {
  it.each<[ValueKind, string | Buffer, string, Overrides?]>([
    ['number', '18446744073709551615', '18446744073709551615'],
    ['number', '-0.00', '-0.00'],
    ['number', '1.7976931348623157e308', '1.7976931348623157e308'],
    ['number', '5', '"5"', { csv: { null: '5' } }],
    ['float32', '0.10000000149011612', '0.1'],
    ['float32', '16777216', '16777216'],
    ['float32', '-0', '-0'],
    ['date', '2024-02-29', '2024-02-29'],
    ['datetime', '2024-02-29 23:59:59.999999', '2024-02-29 23:59:59.999999'],
    ['timestamp', '2024-07-01 12:00:00.5', '2024-07-01 14:00:00.5', { outputTimezone: 'Europe/Berlin' }],
    ['text', 'plain', 'plain'],
    ['text', 'a,b', '"a,b"'],
    ['text', 'say "hi"', '"say ""hi"""'],
    ['text', 'two\nlines', '"two\nlines"'],
    ['text', 'carriage\rreturn', '"carriage\rreturn"'],
    ['text', ' kept ', ' kept '],
    ['text', 'Zoë 水 🚲', 'Zoë 水 🚲'],
    ['text', '', '""'],
    ['text', '-838:59:59', '-838:59:59'],
    ['bit', Buffer.of(1), '1'],
    ['bit', Buffer.of(0, 0), '0'],
    ['bit', Buffer.of(1, 0), '256'],
    ['bit', Buffer.alloc(8, 0xff), '18446744073709551615'],
    ['binary', Buffer.of(0, 0xff, 0x10), 'AP8Q'],
    ['binary', Buffer.of(0, 0xff, 0x10), '00ff10', { binary: 'hex' }],
    ['binary', Buffer.of(), '""'],
  ])('%s %j is written as %j', (kind, value, text, overrides = {}) => {
    expect(valueText(kind, value, overrides)).toBe(text);
  });

  it('leaves a date that only looks unusual as it is', () => {
    for (const value of ['0001-01-01', '0000-01-01', '2000-10-10', '9999-12-31']) {
      expect(valueText('date', value)).toBe(value);
    }
  });
});

describe('dialects', () => {
  it('writes a header line of quoted names where they need it', () => {
    const columns = ['id', 'first, last', 'the "x"', 'größe'].map((name) => ({
      name,
      mysqlType: 'int',
      nullable: false,
      kind: 'number' as const,
    }));
    expect(csvEncoder(columns, outputOptions()).header.toString()).toBe(
      'id,"first, last","the ""x""",größe\n',
    );
    expect(
      csvEncoder(columns, outputOptions({ csv: { delimiter: '\t', lineEnding: '\r\n' } })).header.toString(),
    ).toBe('id\tfirst, last\t"the ""x"""\tgröße\r\n');
    expect(csvEncoder(columns, outputOptions({ csv: { header: false } })).header).toHaveLength(0);
  });

  it('tells NULL, an empty text and the text of NULL apart', () => {
    const row = [null, bytes(''), bytes('\\N')];
    const kinds: ValueKind[] = ['text', 'text', 'text'];
    expect(rows(kinds, { csv: { header: false } }, row)).toBe(',"",\\N\n');
    expect(rows(kinds, { csv: { header: false, null: '\\N' } }, row)).toBe('\\N,,"\\N"\n');
    expect(rows(kinds, { csv: { header: false, quoteAll: true } }, row)).toBe(',"","\\N"\n');
  });

  it('quotes values of every kind that read like NULL', () => {
    const header = { header: false };
    expect(rows(['date'], { csv: { ...header, null: '2024-01-01' } }, [bytes('2024-01-01')])).toBe(
      '"2024-01-01"\n',
    );
    expect(rows(['bit'], { csv: { ...header, null: '1' } }, [Buffer.of(1)])).toBe('"1"\n');
    expect(rows(['binary'], { csv: { ...header, null: 'AP8Q' } }, [Buffer.of(0, 0xff, 0x10)])).toBe(
      '"AP8Q"\n',
    );
    expect(rows(['float32'], { csv: { ...header, null: '0.1' } }, [bytes('0.10000000149011612')])).toBe(
      '"0.1"\n',
    );
  });

  it('goes on with runs of plain values behind one that was not', () => {
    const kinds: ValueKind[] = ['number', 'text', 'text', 'number', 'number', 'text'];
    const row = [bytes('1'), bytes('a,b'), null, bytes('2'), null, bytes('long'.repeat(100))];
    expect(rows(kinds, { csv: { header: false } }, row)).toBe(`1,"a,b",,2,,${'long'.repeat(100)}\n`);
  });
});

describe('zero and partial dates', () => {
  const kinds: ValueKind[] = ['date', 'datetime', 'timestamp'];
  const row = (): Cell[] => [bytes('0000-00-00'), bytes('2024-00-10 01:02:03'), bytes('0000-00-00 00:00:00')];

  it.each(['UTC', 'America/New_York'])('are NULL, and counted (%s)', (outputTimezone) => {
    const encoder = csvEncoder(columnsOf(kinds), outputOptions({ outputTimezone }));
    expect(encodeRow(encoder, row()).toString()).toBe(',,\n');
    encodeRow(encoder, [bytes('2024-01-00'), null, bytes('2024-01-01 00:00:00')]);
    expect([...encoder.zeroDates()]).toEqual([
      ['c0', 2],
      ['c1', 1],
      ['c2', 1],
    ]);
  });

  it('are their own text, and counted', () => {
    const encoder = csvEncoder(columnsOf(kinds), outputOptions({ zeroDates: 'string' }));
    expect(encodeRow(encoder, row()).toString()).toBe('0000-00-00,2024-00-10 01:02:03,0000-00-00 00:00:00\n');
    expect(encoder.zeroDates().get('c1')).toBe(1);
  });

  it('fail with column and value', () => {
    const encoder = csvEncoder(columnsOf(kinds), outputOptions({ zeroDates: 'fail' }));
    const fails = (): Buffer => encodeRow(encoder, [null, bytes('2024-05-00 00:00:00'), null]);
    expect(fails).toThrow(TidemarkError);
    expect(fails).toThrow(/Column c1 holds 2024-05-00 00:00:00/);
  });
});

describe('the size of a row', () => {
  const kind = fc.constantFrom<ValueKind>('text', 'bit', 'binary', 'float32', 'datetime', 'number');
  const valueOf = (name: ValueKind): fc.Arbitrary<Cell> => {
    switch (name) {
      case 'bit':
        return fc.uint8Array({ minLength: 1, maxLength: 8 }).map((value) => Buffer.from(value));
      case 'float32':
        return fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => bytes(String(value)));
      case 'number':
        return fc.bigInt().map((value) => bytes(String(value)));
      case 'datetime':
        return fc.constantFrom('0000-00-00 00:00:00', '2024-01-31 10:00:00').map(bytes);
      default:
        return fc
          .oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 20 }))
          .map((value) => Buffer.from(value.map((byte) => (byte % 3 === 0 ? 0x22 : byte))));
    }
  };

  it('is never more than maxRowBytes', () => {
    fc.assert(
      fc.property(
        fc
          .array(kind, { minLength: 1, maxLength: 12 })
          .chain((kinds) =>
            fc.tuple(fc.constant(kinds), fc.tuple(...kinds.map((k) => fc.option(valueOf(k))))),
          ),
        fc.record({
          quoteAll: fc.boolean(),
          lineEnding: fc.constantFrom('\n' as const, '\r\n' as const),
          null: fc.constantFrom('', '\\N', 'a rather long text for NULL'),
        }),
        fc.constantFrom('base64' as const, 'hex' as const),
        ([kinds, cells], csv, binary) => {
          const encoder = csvEncoder(columnsOf(kinds), outputOptions({ csv, binary }));
          const packet = rowPacket(cells);
          const most = encoder.maxRowBytes(packet, 0, packet.length);
          expect(encodeRow(encoder, cells).length).toBeLessThanOrEqual(most);
        },
      ),
    );
  });
});
