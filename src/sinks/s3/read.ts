/**
 * An object as a stream of bytes. The SDK tries a request again until its answer has begun; a connection that breaks
 * after that is this module's to mend: the rest is asked for as a range.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { TidemarkError } from '../../errors.ts';
import { sinkError } from './errors.ts';

/** How often in a row reading may break off without a byte in between. */
const MAX_BREAKS = 5;
const FIRST_DELAY_MS = 100;

/** An object as S3 answers it. */
export interface ReadObject {
  readonly bytes: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * @returns null where there is no such object.
 * @throws TidemarkError, here and out of the body; the signal's reason where it was aborted.
 */
export async function readObject(
  client: S3Client,
  bucket: string,
  key: string,
  signal: AbortSignal,
): Promise<ReadObject | null> {
  const fail = (error: unknown): never => {
    signal.throwIfAborted();
    throw sinkError(error, { verb: 'Reading', action: 's3:GetObject', bucket, key });
  };
  const get = (from: number): Promise<GetObjectCommandOutput> => {
    const range = from === 0 ? {} : { Range: `bytes=${from}-` };
    return client.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...range }), { abortSignal: signal });
  };
  const first = await get(0).catch((error: unknown) =>
    (error as Error).name === 'NoSuchKey' ? null : fail(error),
  );
  if (first === null) return null;
  const bytes = first.ContentLength!;

  /** The rest of the same object, after a pause. */
  const getRest = async (from: number, breaks: number): Promise<GetObjectCommandOutput> => {
    await setTimeout(FIRST_DELAY_MS * 2 ** breaks, undefined, { signal });
    const rest = await get(from);
    const isRest = rest.ContentRange?.startsWith(`bytes ${from}-`) === true;
    if (isRest && rest.ETag === first.ETag) return rest;
    (rest.Body as Readable).destroy();
    if (!isRest) throw new Error('the answer to a request for a range is not that range');
    throw new TidemarkError('S3_FAILED', `s3://${bucket}/${key} was replaced while it was read.`, {
      hint: 'Somebody else writes under this key. Try again when that is done.',
    });
  };

  async function* body(): AsyncGenerator<Uint8Array> {
    let answer: GetObjectCommandOutput = first!;
    let at = 0;
    for (let breaks = 0; ; breaks++) {
      try {
        for await (const chunk of answer.Body as AsyncIterable<Buffer>) {
          at += chunk.length;
          breaks = 0;
          yield chunk;
        }
        // An answer that is cut off ends in an error; one that claims to be whole is taken at its word.
        return;
      } catch (error) {
        if (at === bytes) return;
        if (signal.aborted || breaks === MAX_BREAKS) fail(error);
      }
      answer = await getRest(at, breaks).catch(fail);
    }
  }
  return { bytes, metadata: first.Metadata ?? {}, body: body() };
}
