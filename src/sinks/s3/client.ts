/** The SDK's client, set up for long uploads to AWS or to any S3-compatible endpoint. */
import { S3Client } from '@aws-sdk/client-s3';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { S3SinkOptions } from './options.ts';

/** Tries of one request, the first included; the SDK waits longer before each. */
const MAX_ATTEMPTS = 5;

export function s3Client(options: S3SinkOptions): S3Client {
  const agent = { keepAlive: true, maxSockets: 64 };
  const client = new S3Client({
    region: options.region,
    ...(options.endpoint === null ? {} : { endpoint: options.endpoint }),
    forcePathStyle: options.forcePathStyle,
    ...(options.credentials === null
      ? {}
      : {
          credentials: {
            accessKeyId: options.credentials.accessKeyId,
            secretAccessKey: options.credentials.secretAccessKey,
            ...(options.credentials.sessionToken === null
              ? {}
              : { sessionToken: options.credentials.sessionToken }),
          },
        }),
    maxAttempts: MAX_ATTEMPTS,
    // Parts carry checksums of our own making, computed once; the SDK adds none that a store may not know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 10_000,
      socketTimeout: options.requestTimeoutMs,
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
    },
  });
  if (options.checksum === 'crc32') leaveBodiesUnsigned(client);
  return client;
}

/**
 * A part whose CRC-32 stands in a signed header needs no SHA-256 besides, which would cost more than encoding it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
function leaveBodiesUnsigned(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { headers?: Record<string, string> };
      if (request.headers?.['x-amz-checksum-crc32'] !== undefined) {
        request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
      }
      return next(args);
    },
    { step: 'build', name: 'leaveBodiesUnsigned', priority: 'low' },
  );
}
