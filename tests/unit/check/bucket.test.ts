/** What is said of a bucket, and the policy that a sink needs. */
import { bucketFindings, type SinkSettings, type TriedFolder } from '../../../src/check/bucket.ts';
import { iamPolicy } from '../../../src/check/iam-policy.ts';
import type { BucketAction, BucketEncryption, FolderFacts } from '../../../src/check-ports.ts';
import type { ErrorCode } from '../../../src/error-codes.ts';
import { TidemarkError } from '../../../src/errors.ts';

const SINK: SinkSettings = {
  bucket: 'exports',
  region: 'eu-west-1',
  prefix: 'p/',
  endpoint: null,
  server_side_encryption: null,
  kms_key_id: null,
};
const OWN: BucketEncryption = { kind: 'set', algorithm: 'AES256', keyId: null };
const FINE: FolderFacts = { failures: [], leftOpen: null, encryption: 'AES256' };

const tried = (task: string, facts: Partial<FolderFacts> = {}): TriedFolder => ({
  folder: `p/${task}/`,
  tasks: [task],
  facts: { ...FINE, ...facts },
});
const failing = (action: BucketAction, code: ErrorCode = 'S3_ACCESS_DENIED') => ({
  action,
  error: new TidemarkError(code, 'said no'),
});
const found = (
  folders: TriedFolder[],
  sink: Partial<SinkSettings> = {},
  encryption: BucketEncryption = OWN,
  untried: Omit<TriedFolder, 'facts'>[] = [],
) => bucketFindings('s3', { ...SINK, ...sink }, { tried: folders, untried, encryption });

it('that takes uploads is only told of', () => {
  expect(found([tried('a'), tried('b')])).toEqual([
    expect.objectContaining({
      severity: 'info',
      code: 'BUCKET',
      scope: 'sink',
      name: 's3',
      message: 'Bucket exports: an upload was begun and aborted under 2 folders.',
    }),
    expect.objectContaining({ severity: 'info', code: 'ENCRYPTION' }),
  ]);
  expect(found([tried('a')])[0]!.message).toContain('under p/a/.');
});

it('that refuses is one finding, with the policy for exactly what it refuses', () => {
  const facts = { failures: [failing('s3:PutObject'), failing('s3:GetObject')], encryption: null };
  const findings = found([tried('a'), tried('b', facts), tried('c', facts)]);
  expect(findings.map(({ severity, code }) => `${severity} ${code}`)).toEqual([
    'error S3_ACCESS_DENIED',
    'info ENCRYPTION',
  ]);
  const [refused] = findings;
  expect(refused!.tasks).toEqual(['b', 'c']);
  expect(refused!.message).toMatch(
    /under p\/b\/, p\/c\/: s3:PutObject \(.*\), s3:GetObject or s3:ListBucket \(.*said no$/,
  );
  expect(refused!.remedy!.kind).toBe('policy');
  const policy = JSON.parse(refused!.remedy!.text) as { Statement: { Resource: unknown }[] };
  expect(policy.Statement.map(({ Resource }) => Resource)).toEqual([
    ['arn:aws:s3:::exports/p/b/*', 'arn:aws:s3:::exports/p/c/*'],
    'arn:aws:s3:::exports',
  ]);
});

it('that refuses many folders is to be opened for the whole prefix', () => {
  const facts = { failures: [failing('s3:PutObject')], encryption: null };
  const [refused] = found(Array.from({ length: 11 }, (_, n) => tried(`t${n}`, facts)));
  expect(refused!.message).toContain('under 11 folders');
  expect(refused!.remedy!.text).toContain('"arn:aws:s3:::exports/p/*"');
});

it('that cannot be used at all is said once, for all of its tasks', () => {
  const gone = { failures: [failing('s3:PutObject', 'BUCKET_MISSING')], encryption: null };
  const findings = found([tried('a', gone)], {}, { kind: 'unknown', why: 'x' }, [
    { folder: 'p/b/', tasks: ['b', 'c'] },
  ]);
  expect(findings).toEqual([
    expect.objectContaining({ severity: 'error', code: 'BUCKET_MISSING', tasks: ['a', 'b', 'c'] }),
  ]);
});

it('in which the trial upload stays open is warned of, with the policy for all folders', () => {
  const facts = { failures: [failing('s3:AbortMultipartUpload')], leftOpen: 'p/a/_tidemark_check' };
  const [refused, left] = found([tried('a', facts)], {}, OWN, [{ folder: 'p/b/', tasks: ['b'] }]);
  expect(refused!.remedy!.text).toContain('"arn:aws:s3:::exports/p/b/*"');
  expect(left).toMatchObject({
    severity: 'warning',
    code: 'BUCKET_UPLOAD_LEFT',
    tasks: ['a'],
    message: expect.stringContaining('nobody sees: s3://exports/p/a/_tidemark_check.') as string,
  });
});

it.each([
  [null, 0],
  ['https://minio.example.com', 0],
  ['http://127.0.0.1:9000', 0],
  ['http://[::1]:9000', 0],
  ['http://minio.example.com:9000', 1],
])('by way of %s: %s warnings of the connection', (endpoint, count) => {
  const codes = found([tried('a')], { endpoint }).map(({ code }) => code);
  expect(codes.filter((code) => code === 'BUCKET_UNENCRYPTED_CONNECTION')).toHaveLength(count);
});

describe('encryption', () => {
  const kms = (keyId: string | null): BucketEncryption => ({ kind: 'set', algorithm: 'aws:kms', keyId });
  const wants = (algorithm: string | null, key: string | null = null): Partial<SinkSettings> => ({
    server_side_encryption: algorithm,
    kms_key_id: key,
  });
  const ARN = 'arn:aws:kms:eu-west-1:1:key/k1';

  it.each<[string, Partial<SinkSettings>, BucketEncryption, string | null, string]>([
    ['as the bucket has it', wants(null), kms(ARN), 'aws:kms', 'info ENCRYPTION'],
    ['as the sink asks', wants('aws:kms', 'k1'), kms(ARN), 'aws:kms', 'info ENCRYPTION'],
    ['weaker than the bucket’s', wants('AES256'), kms(ARN), 'AES256', 'warning ENCRYPTION_DIFFERS'],
    ['with another key', wants('aws:kms', 'k2'), kms(ARN), 'aws:kms', 'warning ENCRYPTION_DIFFERS'],
    ['stronger than the bucket’s', wants('aws:kms'), OWN, 'aws:kms', 'info ENCRYPTION'],
    ['with an alias', wants('aws:kms', 'alias/a'), kms(ARN), 'aws:kms', 'info ENCRYPTION'],
    ['none', wants(null), { kind: 'none' }, null, 'warning ENCRYPTION_NONE'],
    ['unknown', wants(null), { kind: 'unknown', why: 'x' }, null, 'info ENCRYPTION_UNKNOWN'],
  ])('that is %s', (_, sink, bucket, applied, expected) => {
    const findings = found([tried('a', { encryption: applied })], sink, bucket);
    expect(findings.map(({ severity, code }) => `${severity} ${code}`)).toEqual(['info BUCKET', expected]);
  });

  it('that the store passes over is warned of', () => {
    const codes = found([tried('a', { encryption: null })], wants('AES256'), { kind: 'none' }).map(
      ({ code }) => code,
    );
    expect(codes).toEqual(['BUCKET', 'ENCRYPTION_IGNORED']);
  });
});

describe('the policy', () => {
  const target = { bucket: 'b', region: 'eu-west-1', prefixes: ['p/a/'], kmsKey: null };

  it('allows what runs, recovery and verify do, and no more', () => {
    expect(JSON.parse(iamPolicy(target))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'TidemarkObjects',
          Effect: 'Allow',
          Action: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:GetObject', 's3:DeleteObject'],
          Resource: ['arn:aws:s3:::b/p/a/*'],
        },
        {
          Sid: 'TidemarkBucket',
          Effect: 'Allow',
          Action: ['s3:ListBucket', 's3:ListBucketMultipartUploads', 's3:GetEncryptionConfiguration'],
          Resource: 'arn:aws:s3:::b',
        },
      ],
    });
  });

  it.each([
    ['eu-west-1', 'k1', 'arn:aws:kms:eu-west-1:*:key/k1'],
    ['cn-north-1', 'k1', 'arn:aws-cn:kms:cn-north-1:*:key/k1'],
    ['us-gov-west-1', 'k1', 'arn:aws-us-gov:kms:us-gov-west-1:*:key/k1'],
    ['eu-west-1', 'arn:aws:kms:eu-west-1:1:key/k2', 'arn:aws:kms:eu-west-1:1:key/k2'],
    ['eu-west-1', 'alias/exports', 'arn:aws:kms:eu-west-1:*:key/*'],
  ])('in %s, with the key %s', (region, kmsKey, arn) => {
    const { Statement } = JSON.parse(iamPolicy({ ...target, region, kmsKey })) as { Statement: object[] };
    expect(Statement[2]).toMatchObject({ Action: ['kms:GenerateDataKey', 'kms:Decrypt'], Resource: arn });
  });
});
