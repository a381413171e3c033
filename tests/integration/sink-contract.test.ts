/** The S3 sink keeps what every sink promises, and checks what it sends. */
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { crc32 } from 'node:zlib';
import type { S3SinkOptions } from '../../src/sinks/s3/options.ts';
import { s3Sink } from '../../src/sinks/s3/sink.ts';
import { NEVER } from '../support/installation.ts';
import { sinkOptionsOf, startS3, type TestS3 } from '../support/s3.ts';
import { sinkContract } from '../support/sink-contract.ts';

let s3: TestS3;
let bucket: string;
const sinks: ReturnType<typeof s3Sink>[] = [];
beforeAll(async () => {
  s3 = await startS3();
  bucket = await s3.bucket();
});
afterAll(async () => {
  for (const sink of sinks) sink.close();
  await s3.stop();
});

const open = (more: Partial<S3SinkOptions> = {}): ReturnType<typeof s3Sink> => {
  const sink = s3Sink({ ...sinkOptionsOf(s3, bucket), ...more });
  sinks.push(sink);
  return sink;
};

for (const checksum of ['crc32', 'none'] as const) {
  sinkContract(`S3 with checksum ${checksum}`, async () => {
    const own = await s3.bucket();
    return {
      sink: open({ checksum, bucket: own }),
      keys: () => s3.list(own),
      read: (key) => s3.get(own, key),
      uploads: async () => (await s3.openUploads(own)).map(({ key }) => key),
    };
  });
}

it.each([
  ['crc32', 'rQO6gw=='],
  ['none', null],
] as const)('with checksum %s keeps of a part what completing needs', async (checksum, kept) => {
  const sink = open({ checksum });
  const upload = await sink.begin('checked', { contentType: 'text/csv', runId: 'run-1' }, NEVER);
  const part = await upload.sendPart(1, Buffer.from('checked'), crc32('checked'));
  await sink.abort(upload);
  expect(part).toEqual({ partNumber: 1, etag: expect.any(String), checksumCrc32: kept });
});

it('sets the content type', async () => {
  const sink = open();
  await sink.put('typed', Buffer.from('{}'), { contentType: 'application/json', runId: 'run-1' });
  const head = await s3.client.send(new HeadObjectCommand({ Bucket: bucket, Key: 'typed' }));
  expect(head.ContentType).toBe('application/json');
});

it('tells of a bucket that is not there', async () => {
  const sink = open({ bucket: `${bucket}-missing` });
  await expect(sink.begin('a', { contentType: 'text/csv', runId: 'run-1' }, NEVER)).rejects.toMatchObject({
    code: 'BUCKET_MISSING',
    message: expect.stringContaining(`s3://${bucket}-missing/a`),
    retryable: false,
  });
});

it('tells of an endpoint where nobody listens', async () => {
  const sink = open({ endpoint: 'http://127.0.0.1:1' });
  await expect(
    sink.put('a', Buffer.from(''), { contentType: 'text/csv', runId: 'run-1' }),
  ).rejects.toMatchObject({
    code: 'S3_UNAVAILABLE',
    retryable: true,
  });
});

it('does not take the object of another run for its own', async () => {
  const sink = open();
  const meta = { contentType: 'text/csv', runId: 'run-1' };
  const upload = await sink.begin('taken', meta, NEVER);
  const part = await upload.sendPart(1, Buffer.from('mine'), crc32('mine'));
  await sink.abort(upload);
  await sink.put('taken', Buffer.from('somebody else’s'), { ...meta, runId: 'run-2' });
  const prepared = { ...upload, table: 't', batch: null, rows: 1, bytes: 4, crc32: '', parts: [part] };
  await expect(sink.complete(prepared, 'run-1')).rejects.toMatchObject({ code: 'UPLOAD_GONE' });
});
