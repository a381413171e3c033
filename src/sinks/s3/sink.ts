/**
 * Objects into a bucket in two phases: parts first, which nobody sees; then completing them, which makes each object
 * visible at once and whole. docs/decisions/0001-multipart.md says why this is not lib-storage's Upload.
 *
 * Multipart upload: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  type ServerSideEncryption,
} from '@aws-sdk/client-s3';
import { crc32 } from 'node:zlib';
import type { PreparedObject, PreparedPart } from '../../domain/run.ts';
import { TidemarkError } from '../../errors.ts';
import type { BucketEncryption } from '../../check-ports.ts';
import type { ObjectReader } from '../../object-ports.ts';
import type { ObjectMeta, PendingUpload, Sink } from '../../ports.ts';
import { s3Client } from './client.ts';
import { defaultEncryption } from './default-encryption.ts';
import { sinkError } from './errors.ts';
import type { S3SinkOptions } from './options.ts';
import { readObject } from './read.ts';

/** Name of the metadata that says which run wrote an object: `x-amz-meta-tidemark-run`. */
const RUN = 'tidemark-run';

/** A sink, and the means to let go of its sockets. */
export interface S3Sink extends Sink, ObjectReader {
  /** `encryption`: what the bucket answered it will encrypt the object with; null: it did not say. */
  begin(...args: Parameters<Sink['begin']>): Promise<PendingUpload & { readonly encryption: string | null }>;
  /**
   * Asks the bucket to remove an object that is not there: only a refusal is an error. The condition that there be one
   * keeps a bucket with versions from noting a removal.
   *
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html
   */
  removeNothing(key: string): Promise<void>;
  /** The bucket's default encryption. */
  defaultEncryption(): Promise<BucketEncryption>;
  close(): void;
}

export function s3Sink(options: S3SinkOptions): S3Sink {
  const client = s3Client(options);
  const { bucket } = options;
  const withChecksum = options.checksum === 'crc32';
  const encryption = {
    ...(options.serverSideEncryption === null
      ? {}
      : { ServerSideEncryption: options.serverSideEncryption as ServerSideEncryption }),
    ...(options.kmsKeyId === null ? {} : { SSEKMSKeyId: options.kmsKeyId }),
  };
  const call = <T>(verb: string, action: string, key: string, request: () => Promise<T>): Promise<T> =>
    request().catch((error: unknown) => {
      throw sinkError(error, { verb, action, bucket, key });
    });

  const abort = async (key: string, uploadId: string): Promise<void> => {
    const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId });
    await client.send(command).catch(unlessNamed('NoSuchUpload'));
  };
  const list = async (key: string): Promise<string[]> => {
    const listed = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key }));
    return (listed.Uploads ?? []).flatMap((upload) => (upload.Key === key ? [upload.UploadId!] : []));
  };
  /**
   * Ends what an earlier try of the same request has begun, its answer having been lost. Best effort: where listing
   * is not allowed, the run is none the worse, and the bucket's own rule for incomplete uploads remains.
   */
  const abortOthers = async (key: string, uploadId: string): Promise<void> => {
    const ids = await list(key).catch((): string[] => []);
    for (const id of ids) if (id !== uploadId) await abort(key, id).catch(() => {});
  };

  return {
    url: (key) => `s3://${bucket}/${key}`,
    partBytes: options.partBytes,
    concurrency: options.concurrency,

    async begin(key, meta, signal) {
      const { id: uploadId, encryption: applied } = await call(
        'Beginning the upload of',
        's3:PutObject',
        key,
        async () => {
          const created = await client.send(
            new CreateMultipartUploadCommand({
              Bucket: bucket,
              Key: key,
              ContentType: meta.contentType,
              Metadata: { [RUN]: meta.runId },
              ...encryption,
              ...(withChecksum ? { ChecksumAlgorithm: 'CRC32' } : {}),
            }),
          );
          const id = created.UploadId!;
          if ((created.$metadata.attempts ?? 1) > 1) await abortOthers(key, id);
          return { id, encryption: created.ServerSideEncryption ?? null };
        },
      );
      return {
        key,
        uploadId,
        encryption: applied,
        sendPart: (partNumber, body, crc) =>
          call(`Uploading part ${partNumber} of`, 's3:PutObject', key, async (): Promise<PreparedPart> => {
            const checksumCrc32 = withChecksum ? base64Of(crc) : null;
            const sent = await client.send(
              new UploadPartCommand({
                Bucket: bucket,
                Key: key,
                UploadId: uploadId,
                PartNumber: partNumber,
                Body: body,
                ...(checksumCrc32 === null ? {} : { ChecksumCRC32: checksumCrc32 }),
              }),
              { abortSignal: signal },
            );
            return { partNumber, etag: sent.ETag!, checksumCrc32 };
          }),
      };
    },

    complete: (prepared, runId) =>
      call('Completing the upload of', 's3:PutObject', prepared.key, () =>
        complete(client, bucket, prepared, runId, list),
      ),

    runOf: (key) => call('Looking at', 's3:GetObject', key, () => runOf(client, bucket, key)),

    abort: ({ key, uploadId }) =>
      call('Aborting the upload of', 's3:AbortMultipartUpload', key, () => abort(key, uploadId)),

    openUploads: (key) =>
      call('Listing open uploads of', 's3:ListBucketMultipartUploads', key, () => list(key)),

    async put(key: string, body: Buffer, meta: ObjectMeta) {
      await call('Writing', 's3:PutObject', key, () =>
        client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: body,
            ContentType: meta.contentType,
            Metadata: { [RUN]: meta.runId },
            ...encryption,
            ...(withChecksum ? { ChecksumCRC32: base64Of(crc32(body)) } : {}),
          }),
        ),
      );
    },

    async remove(key) {
      await call('Removing', 's3:DeleteObject', key, () =>
        client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key })),
      );
    },

    async removeNothing(key) {
      const command = new DeleteObjectCommand({ Bucket: bucket, Key: key, IfMatch: '*' });
      await call('Removing', 's3:DeleteObject', key, () => client.send(command).catch(unlessUnmet));
    },

    async read(key, signal) {
      const object = await readObject(client, bucket, key, signal);
      if (object === null) return null;
      const { bytes, metadata, body } = object;
      return { bytes, runId: metadata[RUN] ?? null, body };
    },

    defaultEncryption: () => defaultEncryption(client, bucket),
    close: () => client.destroy(),
  };
}

async function complete(
  client: S3Client,
  bucket: string,
  prepared: PreparedObject,
  runId: string,
  open: (key: string) => Promise<string[]>,
): Promise<void> {
  const { key, uploadId, parts } = prepared;
  // Ceph says 500 of an upload that was aborted: then only the list of open uploads tells that it is gone.
  const isGone = async (error: unknown): Promise<boolean> => {
    const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
    if (name === 'NoSuchUpload') return true;
    if (($metadata?.httpStatusCode ?? 0) < 500) return false;
    return open(key).then(
      (ids) => !ids.includes(uploadId),
      () => false,
    );
  };
  try {
    await client.send(
      new CompleteMultipartUploadCommand({
        Bucket: bucket,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: {
          Parts: parts.map(({ partNumber, etag, checksumCrc32 }) => ({
            PartNumber: partNumber,
            ETag: etag,
            ...(checksumCrc32 === null ? {} : { ChecksumCRC32: checksumCrc32 }),
          })),
        },
      }),
    );
  } catch (error) {
    if (!(await isGone(error))) throw error;
    // Completed before, and the answer was lost: then the object stands there, whole.
    if ((await runOf(client, bucket, key)) === runId) return;
    throw new TidemarkError(
      'UPLOAD_GONE',
      `The upload of s3://${bucket}/${key} was ended by somebody else.`,
      {
        cause: error,
      },
    );
  }
}

async function runOf(client: S3Client, bucket: string, key: string): Promise<string | null> {
  try {
    const head = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
    return head.Metadata?.[RUN] ?? null;
  } catch (error) {
    if ((error as Error).name === 'NotFound') return null;
    throw error;
  }
}

function unlessNamed(name: string): (error: unknown) => void {
  return (error) => {
    if ((error as Error).name !== name) throw error;
  };
}

/** 404 and 412: there is no such object. 501: the store does not know conditions. */
function unlessUnmet(error: unknown): void {
  const { httpStatusCode = 0 } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
  if (![404, 412, 501].includes(httpStatusCode)) throw error;
}

/** CRC-32 as S3 writes it: four bytes, big-endian, base64. */
function base64Of(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString('base64');
}
