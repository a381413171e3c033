/** Format and compression of a spec: what they become, and what does not go together. */
import { messages, parse, spec, specText } from './documents.ts';

function outputOf(fields: Readonly<Record<string, unknown>>) {
  return parse(specText(fields)).output;
}

it.each([
  [{}, 'csv', { codec: 'none', level: null }, ','],
  [{ output_file_format: 'tsv' }, 'tsv', { codec: 'none', level: null }, '\t'],
  [{ output_file_format: 'jsonl', compression: 'zstd' }, 'jsonl', { codec: 'zstd', level: null }, ','],
  [{ compression: 'gzip' }, 'csv', { codec: 'gzip', level: null }, ','],
  [{ compression: { codec: 'gzip' } }, 'csv', { codec: 'gzip', level: null }, ','],
  [{ compression: { codec: 'gzip', level: null } }, 'csv', { codec: 'gzip', level: null }, ','],
  [{ compression: { codec: 'zstd', level: 19 } }, 'csv', { codec: 'zstd', level: 19 }, ','],
  [{ compression: { codec: 'gzip', level: 1 } }, 'csv', { codec: 'gzip', level: 1 }, ','],
  [{ output_file_format: 'tsv', csv: { delimiter: '\t', null: '\\N' } }, 'tsv', { codec: 'none', level: null }, '\t'],
])('%j', (fields, format, compression, delimiter) => {
  const output = outputOf(fields);
  expect([output.format, output.compression, output.csv.delimiter]).toEqual([format, compression, delimiter]);
}); // prettier-ignore

it('keeps the rest of the dialect for TSV', () => {
  const { csv } = outputOf({ output_file_format: 'tsv', csv: { null: '\\N', header: false, quote: "'" } });
  expect(csv).toEqual({
    delimiter: '\t',
    quote: "'",
    null: '\\N',
    header: false,
    lineEnding: '\n',
    quoteAll: false,
  });
});

it.each([
  [{ compression: 'snappy' }, 'compression: found "snappy" for csv. Allowed: "none", "gzip", "zstd".'],
  [
    { compression: { codec: 'snappy' }, output_file_format: 'jsonl' },
    'compression: found "snappy" for jsonl. Allowed: "none", "gzip", "zstd".',
  ],
  [
    { compression: { codec: 'gzip', level: 10 } },
    'compression.level: found 10. gzip takes a level from 1 to 9.',
  ],
  [
    { compression: { codec: 'zstd', level: 0 } },
    'compression.level: found 0. zstd takes a level from 1 to 19.',
  ],
  [
    { compression: { codec: 'zstd', level: 20 } },
    'compression.level: found 20. zstd takes a level from 1 to 19.',
  ],
  [{ compression: { codec: 'none', level: 1 } }, 'compression.level: found 1. none takes no level.'],
  [
    { compression: { codec: 'gzip', level: 1.5 } },
    'compression.level: found 1.5. Allowed: a whole number; 1 to 9 for gzip, 1 to 19 for zstd.',
  ],
  [{ compression: { level: 3 } }, 'compression.codec: is missing; it is required.'],
  [
    { output_file_format: 'jsonl', csv: { header: false } },
    'csv: found settings of CSV, and the objects are jsonl. Remove them.',
  ],
  [
    { output_file_format: 'tsv', csv: { delimiter: ';' } },
    'csv.delimiter: found ";"; TSV is separated by tabs. Remove it, or use "csv".',
  ],
  [
    { output_file_format: 'tsv', csv: { quote: '\t' } },
    'csv.delimiter: found "\\t" as delimiter and as quote.',
  ],
  [{ output_file_format: 'tsv', csv: { null: 'a\tb' } }, 'csv.null: found "a\\tb", which contains "\\t".'],
])('%j: %s', (fields, message) => {
  expect(messages(fields)).toEqual([expect.stringContaining(message)]);
});

it('takes null for the default in every format', () => {
  expect(spec({ compression: null, csv: null }).output).toEqual(spec().output);
});
