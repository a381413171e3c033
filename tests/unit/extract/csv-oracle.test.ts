/**
 * The encoder against fast-csv, for arbitrary bytes. fast-csv works on strings: bytes are given to it as latin1, so
 * that each byte is one character.
 */
import { parseString, writeToString } from 'fast-csv';
import fc from 'fast-check';
import type { CsvDialect } from '../../../src/domain/spec.ts';
import type { ValueKind } from '../../../src/domain/plan.ts';
import { csvEncoder } from '../../../src/extract/csv.ts';
import { columnsOf, encodeRow, outputOptions } from './packets.ts';
import type { Cell } from './packets.ts';

// fast-csv puts the quote into a regular expression as it is, so quotes that mean something there are left out.
const dialects: fc.Arbitrary<CsvDialect> = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '|', '~', '\x01'),
  quote: fc.constantFrom('"', "'", '#', '!'),
  null: fc.constantFrom('', 'NULL', '\\N', '0', '2024-01-31', 'ab'),
  header: fc.constant(false),
  lineEnding: fc.constantFrom('\n' as const, '\r\n' as const),
  quoteAll: fc.boolean(),
});

/** Any bytes, and often those that mean something in CSV or on the wire. */
const anyBytes = (size: number): fc.Arbitrary<Buffer> =>
  fc
    .array(
      fc.oneof(
        { weight: 2, arbitrary: fc.nat(255) },
        fc.constantFrom(...Buffer.from(',;\t|~\x01"\'#!\r\n\0 NULL\\0ab'), 0xfb, 0xfc, 0xfd, 0xff),
      ),
      { maxLength: size },
    )
    .map((codes) => Buffer.from(codes));

/** Values of lengths on both sides of each length encoding, and of what the encoder treats as long. */
const longBytes: fc.Arbitrary<Buffer> = fc
  .tuple(anyBytes(20), fc.constantFrom(249, 250, 251, 255, 256, 257, 65_535, 65_536, 70_000))
  .map(([tail, length]) => Buffer.concat([Buffer.alloc(length, 'x'), tail]).subarray(-length));

const text = fc.oneof(
  { weight: 8, arbitrary: anyBytes(40) },
  {
    weight: 4,
    arbitrary: fc.constantFrom('', 'NULL', '\\N', '0', 'ab', '2024-01-31').map((value) => Buffer.from(value)),
  },
  { weight: 2, arbitrary: anyBytes(400) },
  { weight: 1, arbitrary: longBytes },
);
const values: Readonly<Record<string, fc.Arbitrary<Buffer>>> = {
  text,
  number: fc.bigInt().map((value) => Buffer.from(String(value))),
  date: fc.constantFrom('2024-01-31', '0000-10-10').map((value) => Buffer.from(value)),
};

const table: fc.Arbitrary<{ kinds: ValueKind[]; rows: Cell[][] }> = fc
  .array(fc.constantFrom<ValueKind>('text', 'text', 'number', 'date'), { minLength: 1, maxLength: 30 })
  .chain((kinds) =>
    fc.record({
      kinds: fc.constant(kinds),
      rows: fc.array(fc.tuple(...kinds.map((kind) => fc.option(values[kind]!, { freq: 4 }))), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
  );

// Characters that no byte has: they stand for what fast-csv writes in another way, and are put back afterwards.
const NUL = '\u0100';
const PIPE = '\u0101';
const NULL = '\u0102';
const EMPTY = '\u0103';
const LIKE_NULL = '\u0104';

/**
 * The rows as fast-csv writes them, with its known deviations mapped, and nothing else: it drops NUL bytes; it quotes
 * every value with a "|", which got into its set of special characters; and it writes NULL and '' alike, so it cannot
 * write a text for NULL nor tell a value from it.
 */
async function oracle(rows: readonly Cell[][], dialect: CsvDialect): Promise<Buffer> {
  const { delimiter, quote, quoteAll, lineEnding: rowDelimiter } = dialect;
  const strings = rows.map((row) =>
    row.map((cell) => {
      if (cell === null) return NULL;
      const value = cell.toString('latin1');
      if (value === dialect.null) return value === '' ? EMPTY : LIKE_NULL;
      if (value === '') return EMPTY;
      const mapped = value.replaceAll('\0', NUL);
      return delimiter === '|' ? mapped : mapped.replaceAll('|', PIPE);
    }),
  );
  const written = await writeToString(strings, {
    headers: false,
    delimiter,
    quote,
    rowDelimiter,
    quoteColumns: quoteAll,
    includeEndRowDelimiter: true,
  });
  const asWritten = (mark: string): string => (quoteAll ? quote + mark + quote : mark);
  const quoted = quoteAll || dialect.null === '';
  const back = written
    .replaceAll(asWritten(NULL), () => dialect.null)
    .replaceAll(asWritten(EMPTY), () => (quoted ? quote + quote : ''))
    .replaceAll(asWritten(LIKE_NULL), () => quote + dialect.null + quote)
    .replaceAll(NUL, '\0')
    .replaceAll(PIPE, '|');
  return Buffer.from(back, 'latin1');
}

function encode(kinds: ValueKind[], rows: readonly Cell[][], csv: CsvDialect, start = 0, at = 0): Buffer {
  const encoder = csvEncoder(columnsOf(kinds), outputOptions({ csv }));
  return Buffer.concat(rows.map((row) => encodeRow(encoder, row, start, at)));
}

it('writes the bytes that fast-csv writes', async () => {
  await fc.assert(
    fc.asyncProperty(table, dialects, fc.nat(9), fc.nat(9), async ({ kinds, rows }, dialect, start, at) => {
      const expected = await oracle(rows, dialect);
      const written = encode(kinds, rows, dialect, start, at);
      expect(written.toString('latin1')).toBe(expected.toString('latin1'));
    }),
    { numRuns: 300 },
  );
});

it('writes a thousand columns as fast-csv writes them', async () => {
  const row = Array.from({ length: 1000 }, (_, index) =>
    index % 7 === 0 ? null : Buffer.from(`v"${index},`),
  );
  const kinds = row.map((): ValueKind => 'text');
  const dialect = outputOptions().csv;
  expect(encode(kinds, [row], dialect).equals(await oracle([row], dialect))).toBe(true);
});

it('writes a value with a four-byte beginning of its length as it is', () => {
  const value = Buffer.alloc(65_536 * 3, 'y');
  expect(encode(['text'], [[value]], outputOptions().csv).equals(Buffer.concat([value, Buffer.of(10)]))).toBe(
    true,
  );
});

/** What fast-csv's parser makes of a row: unquoted blanks are lost on it where they are all of a first cell. */
function asRead(row: readonly Cell[], { delimiter, quoteAll, null: nullText }: CsvDialect): string[] {
  return row.map((cell, index) => {
    if (cell === null) return nullText;
    const value = cell.toString('latin1');
    const bare = !quoteAll && !value.includes(delimiter) && !/[\r\n]/.test(value);
    return index === 0 && bare && value.trim() === '' ? '' : value;
  });
}

/** What fast-csv's parser makes of a file. */
function parsed(file: Buffer, { delimiter, quote }: CsvDialect): Promise<string[][]> {
  return new Promise((resolve, reject) => {
    const found: string[][] = [];
    parseString<string[], string[]>(file.toString('latin1'), { headers: false, delimiter, quote })
      .on('error', reject)
      .on('data', (row) => found.push(row))
      .on('end', () => resolve(found));
  });
}

it.each(Array.from({ length: 8 }, (_, index) => index * 32))(
  'is read back by a parser: bytes from %i on',
  async (first) => {
    const cells = Array.from({ length: 32 }, (_, index) =>
      Buffer.from([0x61, first + index, 0x62, first + index]),
    );
    const alone = Array.from({ length: 32 }, (_, index) => Buffer.of(first + index));
    const dialect = outputOptions().csv;
    const file = encode(
      cells.map(() => 'text'),
      [cells, alone],
      dialect,
    );
    expect(await parsed(file, dialect)).toEqual([cells, alone].map((row) => asRead(row, dialect)));
  },
);

it('is read back by a parser as the same cells', async () => {
  await fc.assert(
    fc.asyncProperty(table, dialects, async ({ kinds, rows }, dialect) => {
      // A parser cannot know that an empty line is a row of one NULL.
      fc.pre(kinds.length > 1);
      const cells = rows.map((row) => asRead(row, dialect));
      const read = await parsed(encode(kinds, rows, dialect), dialect);
      expect(read).toEqual(cells);
    }),
    { numRuns: 100 },
  );
});
