/**
 * S3's errors in Tidemark's words.
 *
 * Error codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
import type { ErrorCode } from '../../error-codes.ts';
import { TidemarkError } from '../../errors.ts';

/** What the SDK throws, as far as it is looked at here. */
interface SdkError {
  readonly name: string;
  readonly message: string;
  readonly Code?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
}

const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  NoSuchBucket: 'BUCKET_MISSING',
  PermanentRedirect: 'BUCKET_MISSING',
  AuthorizationHeaderMalformed: 'BUCKET_MISSING',
  AccessDenied: 'S3_ACCESS_DENIED',
  AllAccessDisabled: 'S3_ACCESS_DENIED',
  'KMS.DisabledException': 'S3_ACCESS_DENIED',
  'KMS.NotFoundException': 'S3_ACCESS_DENIED',
  ExpiredToken: 'S3_CREDENTIALS',
  ExpiredTokenException: 'S3_CREDENTIALS',
  TokenRefreshRequired: 'S3_CREDENTIALS',
  InvalidToken: 'S3_CREDENTIALS',
  InvalidAccessKeyId: 'S3_CREDENTIALS',
  SignatureDoesNotMatch: 'S3_CREDENTIALS',
  CredentialsProviderError: 'S3_CREDENTIALS',
  TokenProviderError: 'S3_CREDENTIALS',
  RequestTimeTooSkewed: 'S3_CREDENTIALS',
  SlowDown: 'S3_THROTTLED',
  Throttling: 'S3_THROTTLED',
  ThrottlingException: 'S3_THROTTLED',
  RequestLimitExceeded: 'S3_THROTTLED',
  TooManyRequests: 'S3_THROTTLED',
  // Moved to an archive by a lifecycle rule: the answer is a 403, and no permission would help.
  InvalidObjectState: 'S3_FAILED',
  EntityTooLarge: 'OBJECT_TOO_LARGE',
  InternalError: 'S3_UNAVAILABLE',
  ServiceUnavailable: 'S3_UNAVAILABLE',
  RequestTimeout: 'S3_UNAVAILABLE',
  TimeoutError: 'S3_UNAVAILABLE',
  NetworkingError: 'S3_UNAVAILABLE',
};

// Anywhere in the text: the SDK wraps some errors of the socket and keeps only their message.
const NETWORK =
  /\b(ECONN\w+|EPIPE|ENOTFOUND|EAI_\w+|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_SOCKET\w*|EADDRNOTAVAIL)\b/;

/** What was being done, and which permission it takes. */
export interface SinkOperation {
  readonly verb: string;
  readonly action: string;
  readonly bucket: string;
  readonly key: string;
}

export function sinkError(error: unknown, operation: SinkOperation): TidemarkError {
  if (error instanceof TidemarkError) return error;
  const thrown = error as SdkError;
  const code = codeOf(thrown);
  const status = thrown.$metadata?.httpStatusCode;
  const said = [thrown.name, status === undefined ? null : `HTTP ${status}`].filter(Boolean).join(', ');
  return new TidemarkError(
    code,
    `${operation.verb} s3://${operation.bucket}/${operation.key} failed: ${thrown.message} (${said})`,
    { hint: hint(code, thrown, operation), refused: isRefused(thrown), cause: error },
  );
}

/** Answered so at the first try. Of several, an earlier one may have been done whose answer was lost. */
function isRefused({ name, $metadata }: SdkError): boolean {
  // No request was made without credentials.
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') return true;
  const { httpStatusCode: status = 0, attempts = 1 } = $metadata ?? {};
  return status >= 400 && status < 500 && attempts === 1;
}

function codeOf(error: SdkError): ErrorCode {
  const named = BY_NAME[error.name] ?? BY_NAME[error.Code ?? ''];
  if (named !== undefined) return named;
  const status = error.$metadata?.httpStatusCode;
  if (status === 403) return 'S3_ACCESS_DENIED';
  if (status === 401) return 'S3_CREDENTIALS';
  if (status === 429) return 'S3_THROTTLED';
  if (status !== undefined && status >= 500) return 'S3_UNAVAILABLE';
  if ([error.code ?? '', error.name, error.message].some((text) => NETWORK.test(text)))
    return 'S3_UNAVAILABLE';
  if (/socket hang up|timed? ?out|aborted by the server/i.test(error.message)) return 'S3_UNAVAILABLE';
  return 'S3_FAILED';
}

function hint(code: ErrorCode, error: SdkError, operation: SinkOperation): string | undefined {
  if (code !== 'S3_ACCESS_DENIED') return undefined;
  if (/kms/i.test(error.message) || error.name.startsWith('KMS')) {
    return `Allow kms:GenerateDataKey and kms:Decrypt on the bucket’s key for the identity that Tidemark runs with.`;
  }
  return (
    `Allow ${operation.action} on arn:aws:s3:::${operation.bucket}/${operation.key} (better: on the whole prefix) ` +
    `for the identity that Tidemark runs with.`
  );
}
