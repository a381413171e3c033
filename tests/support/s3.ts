/**
 * An S3 endpoint for tests and the demo: an emulator in this process, or any endpoint that is named by
 * `TEST_S3_ENDPOINT`, `TEST_S3_ACCESS_KEY` and `TEST_S3_SECRET_KEY` (and `TEST_S3_REGION`).
 * The emulator checks no signatures.
 */
import { randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  paginateListObjectsV2,
  ListMultipartUploadsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { S3SinkOptions } from '../../src/sinks/s3/options.ts';
import { startS3Emulator } from './s3-emulator.ts';

export interface TestS3 {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Path-style client of the endpoint, for what the functions below do not offer. */
  readonly client: S3Client;
  /** Creates a bucket of a new name. */
  bucket(): Promise<string>;
  /** All keys, in order. */
  list(bucket: string): Promise<string[]>;
  get(bucket: string, key: string): Promise<Buffer>;
  /** Multipart uploads neither completed nor aborted. */
  openUploads(bucket: string): Promise<{ key: string; uploadId: string }[]>;
  /** Removes the buckets that were made through this handle, and the emulator if it began with it. */
  stop(): Promise<void>;
}

/** What a sink of `src` takes to work on a bucket. */
export function sinkOptionsOf(s3: TestS3, bucket: string): S3SinkOptions {
  return {
    bucket,
    region: s3.region,
    endpoint: s3.endpoint,
    forcePathStyle: true,
    credentials: { ...s3.credentials, sessionToken: null },
    serverSideEncryption: null,
    kmsKeyId: null,
    checksum: 'crc32',
    partBytes: 5 * 1024 * 1024,
    concurrency: 3,
    requestTimeoutMs: 30_000,
  };
}

/** The endpoint that the test run uses; where there is none, an emulator of its own. */
export async function startS3(): Promise<TestS3> {
  const given = process.env['TEST_S3_ENDPOINT'];
  const emulator = given === undefined ? await startS3Emulator() : null;
  const endpoint = given ?? emulator!.endpoint;
  const region = process.env['TEST_S3_REGION'] ?? 'us-east-1';
  const credentials = {
    accessKeyId: process.env['TEST_S3_ACCESS_KEY'] ?? 'test',
    secretAccessKey: process.env['TEST_S3_SECRET_KEY'] ?? 'test-secret',
  };
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const buckets: string[] = [];

  const list = async (bucket: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket })) {
      for (const object of page.Contents ?? []) keys.push(object.Key!);
    }
    return keys;
  };
  const openUploads = async (bucket: string) => {
    const page = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    return (page.Uploads ?? []).map((upload) => ({ key: upload.Key!, uploadId: upload.UploadId! }));
  };
  const removeBucket = async (bucket: string): Promise<void> => {
    for (const { key, uploadId } of await openUploads(bucket)) {
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }));
    }
    for (const key of await list(bucket)) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    }
    await client.send(new DeleteBucketCommand({ Bucket: bucket }));
  };

  return {
    endpoint,
    region,
    credentials,
    client,
    list,
    openUploads,
    async bucket() {
      const bucket = `tidemark-test-${randomBytes(5).toString('hex')}`;
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      buckets.push(bucket);
      return bucket;
    },
    async get(bucket, key) {
      const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return Buffer.from(await object.Body!.transformToByteArray());
    },
    async stop() {
      for (const bucket of buckets) await removeBucket(bucket);
      client.destroy();
      await emulator?.stop();
    },
  };
}
