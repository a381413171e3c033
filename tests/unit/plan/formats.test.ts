/** How objects are called: every format with every codec it may have. */
import type { Compression, Format } from '../../../src/domain/spec.ts';
import { contentTypeOf, extensionOf } from '../../../src/plan/formats.ts';

it.each<[Format, Compression['codec'], string, string]>([
  ['csv', 'none', 'csv', 'text/csv; charset=utf-8'],
  ['csv', 'gzip', 'csv.gz', 'application/gzip'],
  ['csv', 'zstd', 'csv.zst', 'application/zstd'],
  ['tsv', 'none', 'tsv', 'text/tab-separated-values; charset=utf-8'],
  ['tsv', 'gzip', 'tsv.gz', 'application/gzip'],
  ['jsonl', 'none', 'jsonl', 'application/x-ndjson'],
  ['jsonl', 'zstd', 'jsonl.zst', 'application/zstd'],
  ['parquet', 'snappy', 'parquet', 'application/vnd.apache.parquet'],
  ['parquet', 'zstd', 'parquet', 'application/vnd.apache.parquet'],
  ['parquet', 'none', 'parquet', 'application/vnd.apache.parquet'],
])('%s with %s is .%s, %s', (format, codec, extension, contentType) => {
  const output = { format, compression: { codec, level: null } };
  expect(extensionOf(output)).toBe(extension);
  expect(contentTypeOf(output)).toBe(contentType);
});
