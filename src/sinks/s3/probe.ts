/** Tries what a run does in a bucket, by the same requests, and leaves nothing behind. */
import { randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { BucketAction, BucketProbe, FolderFacts } from '../../check-ports.ts';
import { TidemarkError } from '../../errors.ts';
import type { S3SinkOptions } from './options.ts';
import { s3Sink, type S3Sink } from './sink.ts';

const NAME = '_tidemark_check';
const BODY = 'check';
const META = { contentType: 'text/plain', runId: 'check' };

export function probeBucket(options: S3SinkOptions, signal: AbortSignal): BucketProbe {
  const sink = s3Sink(options);
  return {
    folder: (folder) => tryFolder(sink, `${folder}${NAME}`, signal),
    encryption: () => sink.defaultEncryption(),
    close: () => sink.close(),
  };
}

async function tryFolder(sink: S3Sink, key: string, signal: AbortSignal): Promise<FolderFacts> {
  const failures: { action: BucketAction; error: TidemarkError }[] = [];
  const attempt = async <T>(action: BucketAction, step: () => Promise<T>): Promise<T | null> => {
    try {
      return await step();
    } catch (error) {
      // What is no answer of the bucket is a fault in the program.
      if (!(error instanceof TidemarkError)) throw error;
      failures.push({ action, error });
      return null;
    }
  };
  let leftOpen: string | null = null;
  const upload = await attempt('s3:PutObject', () => sink.begin(key, META, signal));
  if (upload !== null) {
    const body = Buffer.from(BODY);
    await attempt('s3:PutObject', () => upload.sendPart(1, body, crc32(body)));
    const before = failures.length;
    await attempt('s3:AbortMultipartUpload', () => sink.abort(upload));
    if (failures.length > before) leftOpen = key;
  }
  // Of what is refused, all is named at once; a bucket that cannot be used at all is not asked on.
  if (failures.every(({ error }) => error.code === 'S3_ACCESS_DENIED')) {
    await attempt('s3:ListBucketMultipartUploads', () => sink.openUploads(key));
    await attempt('s3:GetObject', () => sink.runOf(key));
    // A name that nobody has ever written to.
    await attempt('s3:DeleteObject', () => sink.removeNothing(`${key}_${randomUUID()}`));
  }
  return { failures, leftOpen, encryption: upload?.encryption ?? null };
}
