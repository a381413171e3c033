/** S3's errors in Tidemark's words, with the permission that is missing. */
import type { ErrorCode } from '../../../../src/error-codes.ts';
import { TidemarkError } from '../../../../src/errors.ts';
import { sinkError } from '../../../../src/sinks/s3/errors.ts';
import type { SinkOperation } from '../../../../src/sinks/s3/errors.ts';

const PUT: SinkOperation = { verb: 'Writing', action: 's3:PutObject', bucket: 'exports', key: 'staff/a.csv' };

/** As the SDK throws it. */
function sdkError(name: string, message: string, status?: number, more: object = {}): Error {
  const metadata = status === undefined ? {} : { $metadata: { httpStatusCode: status } };
  return Object.assign(new Error(message), { name, ...metadata, ...more });
}

it.each<[ErrorCode, string, string, number?]>([
  ['BUCKET_MISSING', 'NoSuchBucket', 'The specified bucket does not exist', 404],
  ['BUCKET_MISSING', 'PermanentRedirect', 'must be addressed using the specified endpoint', 301],
  ['S3_ACCESS_DENIED', 'AccessDenied', 'Access Denied', 403],
  ['S3_ACCESS_DENIED', 'Forbidden', 'UnknownError', 403],
  ['S3_CREDENTIALS', 'ExpiredToken', 'The provided token has expired.', 400],
  ['S3_CREDENTIALS', 'InvalidAccessKeyId', 'does not exist in our records', 403],
  ['S3_CREDENTIALS', 'SignatureDoesNotMatch', 'does not match', 403],
  ['S3_CREDENTIALS', 'CredentialsProviderError', 'Could not load credentials from any providers'],
  ['S3_CREDENTIALS', 'Unauthorized', 'no', 401],
  ['S3_THROTTLED', 'SlowDown', 'Please reduce your request rate.', 503],
  ['S3_THROTTLED', 'Whatever', 'Too Many Requests', 429],
  ['S3_UNAVAILABLE', 'InternalError', 'We encountered an internal error', 500],
  ['S3_UNAVAILABLE', 'Whatever', 'Bad Gateway', 502],
  ['S3_UNAVAILABLE', 'TimeoutError', 'socket hang up'],
  ['S3_UNAVAILABLE', 'Error', 'socket hang up'],
  ['OBJECT_TOO_LARGE', 'EntityTooLarge', 'exceeds the maximum', 400],
  ['S3_FAILED', 'InvalidPart', 'could not be found', 400],
])('%s: %s', (code, name, message, status = 0) => {
  const error = sinkError(sdkError(name, message, status === 0 ? undefined : status), PUT);
  expect(error).toMatchObject({
    code,
    message: expect.stringContaining('Writing s3://exports/staff/a.csv failed'),
  });
  expect(error.message).toContain(`${message} (${name}${status === 0 ? '' : `, HTTP ${status}`})`);
});

it.each(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH'])(
  'takes %s for an endpoint that cannot be reached',
  (code) => {
    expect(sinkError(sdkError('Error', 'connect', undefined, { code }), PUT)).toMatchObject({
      code: 'S3_UNAVAILABLE',
      retryable: true,
    });
  },
);

it.each([
  ['at the first try', sdkError('AccessDenied', 'Access Denied', 403), true],
  [
    'at the second try, when the first may have been done',
    sdkError('AccessDenied', 'Access Denied', 403, { $metadata: { httpStatusCode: 403, attempts: 2 } }),
    false,
  ],
  ['without credentials to ask with', sdkError('CredentialsProviderError', 'none'), true],
  ['by nobody: there was no answer', sdkError('TimeoutError', 'socket hang up'), false],
  ['by nobody: the answer could not be read', sdkError('SyntaxError', 'Unexpected end of XML', 200), false],
  ['by nobody: the server failed', sdkError('InternalError', 'We encountered an internal error', 500), false],
])('knows whether a request was refused: %s', (_, error, refused) => {
  expect(sinkError(error, PUT).refused).toBe(refused);
});

it('names the IAM action and the object', () => {
  expect(sinkError(sdkError('AccessDenied', 'Access Denied', 403), PUT).hint).toContain(
    'Allow s3:PutObject on arn:aws:s3:::exports/staff/a.csv',
  );
});

it('names the key’s actions where the key is what is refused', () => {
  const denied = sdkError(
    'AccessDenied',
    'not authorized to perform: kms:GenerateDataKey on resource …',
    403,
  );
  expect(sinkError(denied, PUT).hint).toContain('kms:GenerateDataKey');
  expect(sinkError(sdkError('KMS.DisabledException', 'disabled', 400), PUT).hint).toContain('kms:Decrypt');
});

it('keeps the cause, and leaves alone what has its words already', () => {
  const cause = sdkError('SlowDown', 'slow', 503);
  expect(sinkError(cause, PUT).cause).toBe(cause);
  const known = new TidemarkError('INTERRUPTED', 'stopped');
  expect(sinkError(known, PUT)).toBe(known);
});
