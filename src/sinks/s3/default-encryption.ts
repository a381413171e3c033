/** How a bucket encrypts what is written without a word about it. */
import { GetBucketEncryptionCommand, type S3Client } from '@aws-sdk/client-s3';
import type { BucketEncryption } from '../../check-ports.ts';
import { sinkError } from './errors.ts';

/** What a store says that knows no such question. */
const UNKNOWN_QUESTION = new Set([
  'NotImplemented',
  'MethodNotAllowed',
  'UnknownOperation',
  'InvalidRequest',
]);

/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketEncryption.html
 *
 * @throws TidemarkError of the way to the bucket. That the question is refused, or not understood, is an answer.
 */
export async function defaultEncryption(client: S3Client, bucket: string): Promise<BucketEncryption> {
  try {
    const answer = await client.send(new GetBucketEncryptionCommand({ Bucket: bucket }));
    const [rule] = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
    const { SSEAlgorithm, KMSMasterKeyID } = rule?.ApplyServerSideEncryptionByDefault ?? {};
    if (SSEAlgorithm === undefined)
      return { kind: 'unknown', why: 'the store does not answer with an algorithm' };
    return { kind: 'set', algorithm: SSEAlgorithm, keyId: KMSMasterKeyID ?? null };
  } catch (error) {
    const { name } = error as { readonly name?: string };
    if (name === 'ServerSideEncryptionConfigurationNotFoundError') return { kind: 'none' };
    if (UNKNOWN_QUESTION.has(name ?? ''))
      return { kind: 'unknown', why: 'the store does not know the question' };
    const failure = sinkError(error, {
      verb: 'Asking for the encryption of',
      action: 's3:GetEncryptionConfiguration',
      bucket,
      key: '',
    });
    if (failure.code === 'S3_ACCESS_DENIED')
      return { kind: 'unknown', why: 's3:GetEncryptionConfiguration is not allowed' };
    if (failure.code === 'S3_FAILED') return { kind: 'unknown', why: 'the store does not know the question' };
    throw failure;
  }
}
