/** The counter against a parser: as many records, however the bytes are cut into chunks. */
import fc from 'fast-check';
import { parseString } from 'fast-csv';
import type { CsvDialect } from '../../../src/domain/spec.ts';
import type { ValueKind } from '../../../src/domain/plan.ts';
import { csvEncoder } from '../../../src/extract/csv.ts';
import { recordCounter } from '../../../src/verify/record-counter.ts';
import { columnsOf, DIALECT, encodeRow, outputOptions, type Cell } from '../extract/packets.ts';

function count(
  text: string | Buffer,
  dialect: Partial<CsvDialect> = {},
  cuts: readonly number[] = [],
): number {
  const bytes = Buffer.from(text as string);
  const counter = recordCounter({ ...DIALECT, ...dialect });
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  for (const [index, end] of places.slice(1).entries()) counter.take(bytes.subarray(places[index], end));
  return counter.records();
}

it.each<[string, string, Partial<CsvDialect>, number]>([
  ['nothing', '', {}, 0],
  ['nothing, without a header', '', { header: false }, 0],
  ['a header alone', 'a,b\n', {}, 0],
  ['a header that is cut off', 'a,b', {}, 0],
  ['one record', 'a,b\n1,2\n', {}, 1],
  ['records without a header', '1,2\n3,4\n', { header: false }, 2],
  ['CRLF', 'a\r\n1\r\n2\r\n', { lineEnding: '\r\n' }, 2],
  ['line breaks in quotes', 'a,b\n"1\n2",3\n"\r\n",""\n', {}, 2],
  ['a line break in the header', '"a\nb",c\n1,2\n', {}, 1],
  ['quotes in quotes, before a line break', 'a\n"x""\n""y"\n', {}, 1],
  ['a quote at the end of a value', 'a\n"x"""\n1\n', {}, 2],
  ['another quote', "a\n'1\n\"2'\n", { quote: "'" }, 1],
  ['empty lines, each a row of one NULL', 'a\n\n\n', {}, 2],
  ['a last record that does not end', 'a\n1\n2', {}, 2],
  ['a last record that ends in quotes', 'a\n1\n"2\n', {}, 2],
])('counts %s', (_, text, dialect, records) => {
  expect(count(text, dialect)).toBe(records);
  const everywhere = Array.from({ length: text.length }, (__, index) => index);
  expect(count(text, dialect, everywhere)).toBe(records);
});

// fast-csv puts the quote into a regular expression as it is, so quotes that mean something there are left out.
const dialects: fc.Arbitrary<CsvDialect> = fc.record({
  delimiter: fc.constantFrom(',', ';', '\t', '|', '~', '\x01'),
  quote: fc.constantFrom('"', "'", '#', '!'),
  null: fc.constantFrom('', 'NULL', '\\N'),
  header: fc.boolean(),
  lineEnding: fc.constantFrom('\n' as const, '\r\n' as const),
  quoteAll: fc.boolean(),
});
const value = fc
  .array(fc.constantFrom(...Buffer.from(',;\t|~\x01"\'#!\r\n ab'), 0xc3, 0xa9), { maxLength: 12 })
  .map((bytes) => Buffer.from(bytes));
const rows: fc.Arbitrary<Cell[][]> = fc
  .integer({ min: 2, max: 4 })
  .chain((width) =>
    fc.array(fc.array(fc.option(value), { minLength: width, maxLength: width }), { maxLength: 8 }),
  );

/** What fast-csv makes of a file, each byte a character. */
function parsed(file: Buffer, { delimiter, quote }: CsvDialect): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const found: unknown[] = [];
    parseString(file.toString('latin1'), { headers: false, delimiter, quote })
      .on('error', reject)
      .on('data', (row: unknown) => found.push(row))
      .on('end', () => resolve(found));
  });
}

it('counts what a parser counts, in every dialect and however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(rows, dialects, fc.array(fc.nat(), { maxLength: 6 }), async (cells, dialect, cuts) => {
      const kinds = (cells[0] ?? [null, null]).map((): ValueKind => 'text');
      const encoder = csvEncoder(columnsOf(kinds), outputOptions({ csv: dialect }));
      const file = Buffer.concat([encoder.header, ...cells.map((row) => encodeRow(encoder, row))]);
      const lines = await parsed(file, dialect);
      expect(count(file, dialect, cuts)).toBe(lines.length - (dialect.header ? 1 : 0));
      expect(count(file, dialect, cuts)).toBe(cells.length);
    }),
    { numRuns: 300 },
  );
});
