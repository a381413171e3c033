/**
 * `tidemark run` in each text format and with each compression: what the objects are called, what they say they are, and
 * what is in them. Each with each: tests/integration/formats.test.ts.
 */
import { execFileSync } from 'node:child_process';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { writeFileSync } from 'node:fs';
import { reportOf, stampOf } from './report.ts';
import { openSite, type Site } from './site.ts';
import { regionsSpec } from './specs.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

const LINES = {
  csv: 'region_id,region_name\n1,North\n',
  tsv: 'region_id\tregion_name\n1\tNorth\n',
  jsonl: '{"region_id":1,"region_name":"North"}\n',
};
const PROGRAMS = { none: 'cat', gzip: 'zcat', zstd: 'zstdcat' };

it.each([
  ['csv', 'gzip', 'csv.gz', 'application/gzip'],
  ['tsv', 'none', 'tsv', 'text/tab-separated-values; charset=utf-8'],
  ['jsonl', 'zstd', 'jsonl.zst', 'application/zstd'],
] as const)('%s, %s', async (format, codec, extension, contentType) => {
  const place = await site.place();
  const spec = regionsSpec({
    table: { name: 'regions', filters: { region_id: { condition: '=', metric: 1 } } },
    output_file_format: format,
    compression: { codec, level: codec === 'none' ? null : 9 },
  });
  const result = await place.tidemark('run', '-s', place.writeSpec('regions', spec), '--json');
  const report = reportOf(result);
  const key = `regions/regions_${stampOf(report.scheduled_for)}.${extension}`;
  expect(report.files.map((file) => file.key)).toEqual([key]);
  const object = await site.s3.client.send(new GetObjectCommand({ Bucket: place.bucket, Key: key }));
  expect([object.ContentType, object.ContentEncoding]).toEqual([contentType, undefined]);
  const bytes = await object.Body!.transformToByteArray();
  expect(report.files[0]).toMatchObject({ rows: 1, bytes: bytes.length });
  const file = place.path(`object.${extension}`);
  writeFileSync(file, bytes);
  expect(execFileSync(PROGRAMS[codec], [file]).toString()).toBe(LINES[format]);
  const verified = await place.tidemark('verify', 'regions');
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('1 row,')]);
});

it('says with the line what does not go together', async () => {
  const place = await site.place();
  const file = place.writeSpec('regions', regionsSpec({ output_file_format: 'tsv', compression: 'snappy' }));
  const { code, stderr } = await place.tidemark('run', '-s', file);
  expect(code).toBe(2);
  expect(stderr).toMatch(/compression: found "snappy" for tsv\. Allowed: "none", "gzip", "zstd"\./);
});

it('plans the same keys', async () => {
  const place = await site.place();
  const spec = regionsSpec({ output_file_format: 'jsonl', compression: 'zstd' });
  const { stdout } = await place.tidemark('plan', '-s', place.writeSpec('regions', spec), '--json');
  expect(stdout).toMatch(/regions\/regions_\d{14}\.jsonl\.zst/);
});
