/** What a bucket is found to allow, and how it encrypts: the requests of runs, on a real S3 protocol. */
import { PutBucketEncryptionCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { S3SinkOptions } from '../../src/sinks/s3/options.ts';
import { probeBucket } from '../../src/sinks/s3/probe.ts';
import type { BucketProbe } from '../../src/check-ports.ts';
import { NEVER } from '../support/installation.ts';
import { startS3, sinkOptionsOf, type TestS3 } from '../support/s3.ts';
import { startS3Proxy, type S3Proxy } from '../support/s3-proxy.ts';

let s3: TestS3;
let proxy: S3Proxy;
beforeAll(async () => {
  s3 = await startS3();
  proxy = await startS3Proxy(s3.endpoint);
});
afterAll(async () => {
  await proxy.stop();
  await s3.stop();
});

/** Probes a new bucket by way of the proxy. */
async function probed<T>(
  look: (probe: BucketProbe, bucket: string) => Promise<T>,
  options: Partial<S3SinkOptions> = {},
): Promise<T> {
  const bucket = options.bucket ?? (await s3.bucket());
  const probe = probeBucket({ ...sinkOptionsOf(s3, bucket), endpoint: proxy.endpoint, ...options }, NEVER);
  try {
    return await look(probe, bucket);
  } finally {
    probe.close();
  }
}

it('begins an upload, sends a part and aborts it: nothing stays', async () => {
  await probed(async (probe, bucket) => {
    const before = proxy.requests().length;
    expect(await probe.folder('p/task/')).toMatchObject({ failures: [], leftOpen: null });
    const made = proxy.requests().slice(before);
    expect(made.map(({ method }) => method)).toEqual(['POST', 'PUT', 'DELETE', 'GET', 'HEAD', 'DELETE']);
    expect(made.filter(({ url }) => url.includes('/p/task/_tidemark_check'))).toHaveLength(5);
    expect([await s3.list(bucket), await s3.openUploads(bucket)]).toEqual([[], []]);
  });
});

it.each([
  ['s3:PutObject', { method: 'POST' }],
  ['s3:PutObject', { method: 'PUT' }],
  ['s3:ListBucketMultipartUploads', { method: 'GET', match: /uploads/ }],
  ['s3:GetObject', { method: 'HEAD' }],
  ['s3:DeleteObject', { method: 'DELETE', match: /_tidemark_check_[0-9a-f-]{36}/ }],
] as const)('finds %s refused to %j', async (action, when) => {
  const rule = proxy.fail({ ...when, status: 403 });
  await probed(async (probe, bucket) => {
    const { failures, leftOpen } = await probe.folder('task/');
    expect(failures.map((failure) => [failure.action, failure.error.code])).toEqual([
      [action, 'S3_ACCESS_DENIED'],
    ]);
    expect(leftOpen).toBeNull();
    rule.remove();
    expect(await s3.openUploads(bucket)).toEqual([]);
  });
});

it('names the upload that it may not abort', async () => {
  const rule = proxy.fail({ method: 'DELETE', match: /uploadId/, status: 403 });
  await probed(async (probe, bucket) => {
    const { failures, leftOpen } = await probe.folder('task/');
    expect(failures.map(({ action }) => action)).toEqual(['s3:AbortMultipartUpload']);
    expect(leftOpen).toBe('task/_tidemark_check');
    rule.remove();
    expect((await s3.openUploads(bucket)).map(({ key }) => key)).toEqual([leftOpen]);
  });
});

it.each([
  [404, 'NoSuchKey'],
  [412, 'PreconditionFailed'],
  [501, 'NotImplemented'],
])('takes %d for an object that could have been removed', async (status, code) => {
  const rule = proxy.fail({ method: 'DELETE', match: /_tidemark_check_/, status, code });
  await probed(async (probe) => expect((await probe.folder('task/')).failures).toEqual([]));
  expect(rule.hits()).toBe(1);
  rule.remove();
});

it('leaves alone what stands there', async () => {
  await probed(async (probe, bucket) => {
    await s3.client.send(new PutObjectCommand({ Bucket: bucket, Key: 'task/_tidemark_check', Body: 'mine' }));
    expect((await probe.folder('task/')).failures).toEqual([]);
    expect(await s3.list(bucket)).toEqual(['task/_tidemark_check']);
  });
});

it('asks no more of a bucket that is not there', async () => {
  const before = proxy.requests().length;
  const { failures } = await probed((probe) => probe.folder('task/'), { bucket: 'tidemark-no-such-bucket' });
  expect(failures.map(({ action, error }) => [action, error.code])).toEqual([
    ['s3:PutObject', 'BUCKET_MISSING'],
  ]);
  expect(proxy.requests().slice(before)).toHaveLength(1);
});

describe('encryption', () => {
  const set = (bucket: string, algorithm: 'AES256' | 'aws:kms', keyId?: string) =>
    s3.client.send(
      new PutBucketEncryptionCommand({
        Bucket: bucket,
        ServerSideEncryptionConfiguration: {
          Rules: [
            {
              ApplyServerSideEncryptionByDefault: {
                SSEAlgorithm: algorithm,
                ...(keyId === undefined ? {} : { KMSMasterKeyID: keyId }),
              },
            },
          ],
        },
      }),
    );

  it('of a bucket that has none', async () => {
    expect(await probed((probe) => probe.encryption())).toEqual({ kind: 'none' });
  });

  it('of a bucket with a default, which uploads are answered with', async () => {
    await probed(async (probe, bucket) => {
      await set(bucket, 'aws:kms', 'key-1');
      expect(await probe.encryption()).toEqual({ kind: 'set', algorithm: 'aws:kms', keyId: 'key-1' });
      expect((await probe.folder('task/')).encryption).toBe('aws:kms');
    });
  });

  it('of the sink is asked for', async () => {
    const facts = await probed((probe) => probe.folder('task/'), { serverSideEncryption: 'AES256' });
    expect(facts.encryption).toBe('AES256');
  });

  it.each([
    [403, 'AccessDenied', 's3:GetEncryptionConfiguration is not allowed'],
    [501, 'NotImplemented', 'the store does not know the question'],
    [400, 'SomethingElse', 'the store does not know the question'],
  ])('that is answered with %s %s is unknown', async (status, code, why) => {
    const rule = proxy.fail({ match: /encryption/, status, code });
    expect(await probed((probe) => probe.encryption())).toEqual({ kind: 'unknown', why });
    rule.remove();
  });
});
