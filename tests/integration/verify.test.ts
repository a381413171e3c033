/** What a real run has published, changed behind its back in every way, and verified over HTTP. */
import { CopyObjectCommand, DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { RunReport } from '../../src/domain/run.ts';
import { executeRun } from '../../src/execute.ts';
import { s3Sink, type S3Sink } from '../../src/sinks/s3/sink.ts';
import { readManifest } from '../../src/verify/manifest.ts';
import { verifyObjects, type Difference } from '../../src/verify/verify.ts';
import { loadLargeTable } from '../support/hr.ts';
import { NEVER, NO_OBSERVER, testInstallation, type TestInstallation } from '../support/installation.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

let here: TestInstallation;
let reader: S3Sink;
beforeAll(async () => {
  here = await testInstallation({ config: { batch_threshold_mb: 0.1 } });
  reader = s3Sink(here.sink);
  await loadLargeTable(here.database.connection, 4000);
});
afterAll(async () => {
  reader.close();
  await here.close();
});

/** A run in several batches, with texts that need quotes. */
async function publish(fields: Readonly<Record<string, unknown>> = {}): Promise<RunReport> {
  const trigger = { kind: 'manual', scheduledFor: new Date(), until: null, backfill: null } as const;
  const spec = here.spec({ table: { name: 'events' }, ...fields });
  const { report } = await executeRun(here.installation, spec, trigger, NO_OBSERVER, NEVER);
  expect(report).toMatchObject({ status: 'succeeded', error: null });
  return report;
}

async function verify(report: RunReport, from = reader): Promise<Difference[]> {
  const manifest = await readManifest(from, report.manifest!, NEVER);
  return verifyObjects(manifest, from, { progress: () => {}, different: () => {} }, NEVER);
}

/** Writes an object anew, as the same run would have. */
async function rewrite(report: RunReport, key: string, change: (content: Buffer) => Buffer): Promise<void> {
  const body = change(await here.s3.get(here.bucket, key));
  await reader.put(key, body, { contentType: 'text/csv', runId: report.run_id });
}

it.each([
  ['the default', {}],
  [
    'another dialect',
    { csv: { delimiter: ';', quote: "'", header: false, line_ending: '\r\n', quote_all: true } },
  ],
])('finds nothing after a run in %s dialect', async (_, fields) => {
  const report = await publish(fields);
  expect(report.files.length).toBeGreaterThan(2);
  expect(await verify(report)).toEqual([]);
});

describe('after a run', () => {
  const changes: [Difference['kind'], string, (run: RunReport, key: string, other: string) => Promise<unknown>][] = [
    ['crc32', 'a byte is another', (run, key) => rewrite(run, key, (content) => {
      content[content.length - 3]! ^= 1;
      return content;
    })],
    ['content_length', 'an object is cut off', (run, key) => rewrite(run, key, (content) => content.subarray(0, -100))],
    ['content_length', 'a row is there twice', (run, key) => rewrite(run, key, (content) => {
      const lastLine = content.subarray(content.lastIndexOf('\n', -2) + 1);
      return Buffer.concat([content, lastLine]);
    })],
    ['missing', 'an object is gone', (_, key) => here.s3.client.send(new DeleteObjectCommand({ Bucket: here.bucket, Key: key }))],
    ['swapped', 'an object is another one', (_, key, other) => here.s3.client.send(
      new CopyObjectCommand({ Bucket: here.bucket, Key: key, CopySource: `${here.bucket}/${other}` }),
    )],
    ['overwritten', 'somebody wrote an object of the same key', (_, key) => here.s3.client.send(
      new PutObjectCommand({ Bucket: here.bucket, Key: key, Body: 'a,b\n1,2\n' }),
    )],
  ]; // prettier-ignore

  it.each(changes)('says %s where %s', async (kind, _, change) => {
    const report = await publish();
    const [first, second, third] = report.files.map(({ key }) => key);
    await change(report, second!, third!);
    const differences = await verify(report);
    expect(differences.map((difference) => [difference.key, difference.kind])).toEqual([[second, kind]]);
    expect(first).not.toBe(second);
  });

  it('names the run that has overwritten an object', async () => {
    const report = await publish();
    const { key } = report.files[0]!;
    await rewrite({ ...report, run_id: 'later' }, key, () => Buffer.from('a,b\n1,2\n'));
    expect(await verify(report)).toMatchObject([
      { key, kind: 'overwritten', found: { content_length: 8, record_count: 1, run_id: 'later' } },
    ]);
  });
});

it('is not misled by a connection that breaks', async () => {
  const report = await publish();
  const proxy = await startTcpProxy({ port: Number(new URL(here.s3.endpoint).port) });
  const shaky = s3Sink({ ...here.sink, endpoint: `http://${proxy.host}:${proxy.port}` });
  let cuts = 0;
  for (const bytes of [30_000, 120_000, 250_000])
    proxy.onBytes(bytes, () => {
      cuts++;
      proxy.cut('reset');
    });
  expect(await verify(report, shaky)).toEqual([]);
  expect(cuts).toBe(3);
  shaky.close();
  await proxy.stop();
});
