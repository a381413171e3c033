/** A bucket, and how it is written to. */
export interface S3SinkOptions {
  readonly bucket: string;
  readonly region: string;
  readonly endpoint: string | null;
  readonly forcePathStyle: boolean;
  /** Null: the SDK's default chain. */
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string | null;
  } | null;
  readonly serverSideEncryption: string | null;
  readonly kmsKeyId: string | null;
  /** Whether parts carry a CRC-32 that the service checks and keeps; some S3-compatible stores know none. */
  readonly checksum: 'crc32' | 'none';
  readonly partBytes: number;
  readonly concurrency: number;
  /** A request on which nothing moves for so long is tried again. */
  readonly requestTimeoutMs: number;
}
