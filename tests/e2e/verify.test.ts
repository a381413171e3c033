/** `tidemark verify` as somebody at a terminal or a script sees it: what is said, as JSON and as text, and exit codes. */
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { readdirSync } from 'node:fs';
import { reportOf } from './report.ts';
import { openSite, type Place, type Site } from './site.ts';
import { regionsSpec, twoTablesSpec } from './specs.ts';
import type { RunReport } from '../../src/domain/run.ts';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

async function published(place: Place, spec = twoTablesSpec()): Promise<RunReport> {
  const file = place.writeSpec(String(spec['task_name']), spec);
  const result = await place.tidemark('run', '-s', file, '--verify', 'count', '--json');
  expect(result.code).toBe(0);
  return reportOf(result);
}

/** Changes the last byte of a value in an object. */
async function corrupt(place: Place, key: string): Promise<void> {
  const text = await place.text(key);
  const body = `${text.slice(0, -2)}${text.at(-2) === 'x' ? 'y' : 'x'}\n`;
  await site.s3.client.send(new PutObjectCommand({ Bucket: place.bucket, Key: key, Body: body }));
}

it('says of a run that is whole that it is, by task, key or URL', async () => {
  const place = await site.place();
  const report = await published(place);
  const url = `s3://${place.bucket}/${report.manifest}`;
  for (const what of ['places', report.manifest!, url]) {
    const { code, stdout, stderr } = await place.tidemark('verify', what);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      new RegExp(`^places, run ${report.run_id}: 2 objects, 14 rows, [\\d,]+ bytes\n  ${url}\nwhole: `),
    );
  }
  const { code, stdout } = await place.tidemark('verify', 'places', '--json');
  expect(code).toBe(0);
  const bytes = report.files.reduce((sum, file) => sum + file.bytes, 0);
  expect(JSON.parse(stdout)).toEqual({
    task: 'places',
    run_id: report.run_id,
    scheduled_for: report.scheduled_for,
    manifest: url,
    status: 'whole',
    files: 2,
    rows: 14,
    bytes,
    duration_ms: expect.any(Number),
    differences: [],
    error: null,
  });
});

it('names every object that differs, the first at once, and ends with 1', async () => {
  const place = await site.place();
  const report = await published(place);
  const [countries, regions] = report.files.map(({ key }) => key);
  await corrupt(place, countries!);
  await site.s3.client.send(new DeleteObjectCommand({ Bucket: place.bucket, Key: regions! }));

  const result = await place.tidemark('verify', 'places');
  expect(result.code).toBe(1);
  expect(result.stderr).toMatch(/^different: s3:\/\/.*; going on with the other objects\n$/);
  const found = new RegExp(
    `\ndifferent: s3://${place.bucket}/${countries} .*CRC-32 .*\ndifferent: s3://${place.bucket}/${regions} is missing; .*\nVERIFY_FAILED: 2 of 2 objects differ`,
  );
  expect(result.stdout).toMatch(found);

  const { code, stdout } = await place.tidemark('verify', 'places', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'different',
    differences: [
      {
        key: countries,
        kind: 'overwritten',
        found: { record_count: 10, run_id: null },
        expected: { record_count: 10 },
      },
      { key: regions, kind: 'missing', found: null },
    ],
    error: { code: 'VERIFY_FAILED', message: expect.stringContaining('2 of 2'), retryable: false },
  });
});

it('tells of a manifest that is gone or is none', async () => {
  const place = await site.place();
  const report = await published(place, regionsSpec());
  const object = await place.tidemark('verify', report.files[0]!.key, '--json');
  expect(object.code).toBe(1);
  expect(JSON.parse(object.stdout)).toMatchObject({ error: { code: 'MANIFEST_UNREADABLE' } });
  await site.s3.client.send(new DeleteObjectCommand({ Bucket: place.bucket, Key: report.manifest! }));
  const { code, stderr } = await place.tidemark('verify', 'regions');
  expect(code).toBe(1);
  expect(stderr).toContain(
    `MANIFEST_UNREADABLE: The manifest s3://${place.bucket}/${report.manifest} does not exist.`,
  );
});

it('does not take the manifest of another run for that of the last one', async () => {
  const place = await site.place();
  const report = await published(place, regionsSpec());
  const key = report.manifest!;
  const body = (await place.text(key)).replace(report.run_id, 'another');
  await site.s3.client.send(new PutObjectCommand({ Bucket: place.bucket, Key: key, Body: body }));
  const { code, stderr } = await place.tidemark('verify', 'regions');
  expect(stderr).toMatch(new RegExp(`^VERIFY_FAILED: .* is of run another; .* was ${report.run_id}\\.`));
  expect(code).toBe(1);
});

it('refuses what it cannot place, and makes nothing', async () => {
  const place = await site.place();
  const cases: [string[], RegExp][] = [
    [['verify'], /missing required argument/],
    [['verify', 'unknown'], /No run of a task "unknown" .* is remembered/],
    [['verify', 's3://elsewhere/a/_manifest_1.json'], /No sink of the config writes to/],
    [['verify', 'regions', '--sink', 's4'], /no sink "s4" \(did you mean s3\?\)/],
    [['run', '--verify', 'sum'], /Allowed choices are count/],
  ];
  for (const [args, message] of cases) {
    const { code, stderr } = await place.tidemark(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  }
  expect(readdirSync(place.path('state'))).toEqual([]);
  await published(place, regionsSpec());
  const near = await place.tidemark('verify', 'region');
  expect(near.stderr).toContain('Did you mean regions?');
});

it('asks which sink is meant where several may be', async () => {
  const plain = await site.place();
  const sinks = plain.config['sinks'] as { s3: object };
  const place = await site.place({
    config: { sinks: { s3: sinks.s3, other: { ...sinks.s3, prefix: 'reg' } } },
  });
  const report = await published(place, regionsSpec());
  const unclear = await place.tidemark('verify', report.manifest!);
  expect([unclear.code, unclear.stderr]).toEqual([2, expect.stringContaining('--sink NAME')]);
  expect((await place.tidemark('verify', report.manifest!, '--sink', 's3')).code).toBe(0);
});
