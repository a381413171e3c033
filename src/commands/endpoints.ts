/** What the config says of a source or a sink, as those who connect to it want it. */
import type { SinkConfig, SourceConfig } from '../config/config.ts';
import { TidemarkError } from '../errors.ts';
import type { S3SinkOptions } from '../sinks/s3/options.ts';
import type { MysqlSourceOptions } from '../sources/mysql/connect.ts';

/** Specs are checked against these names when they are read; a journal may name one that has since been removed. */
export function entryOf<T>(entries: Readonly<Record<string, T>>, name: string, what: 'source' | 'sink'): T {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry !== undefined) return entry;
  throw new TidemarkError('CONFIG_INVALID', `The config has no ${what} "${name}".`);
}

/** @param hmacKey of the config, for the mask `hmac`. */
export function sourceOptions(source: SourceConfig, hmacKey: string | null = null): MysqlSourceOptions {
  return {
    host: source.host,
    port: source.port,
    user: source.user,
    password: source.password,
    database: source.database,
    tls: source.tls,
    tlsCa: source.tls_ca,
    connectTimeoutMs: source.connect_timeout_ms,
    idleTimeoutMs: source.idle_timeout_ms,
    hmacKey,
  };
}

export function sinkOptions(sink: SinkConfig): S3SinkOptions {
  return {
    bucket: sink.bucket,
    region: sink.region,
    endpoint: sink.endpoint,
    forcePathStyle: sink.force_path_style,
    credentials:
      sink.access_key_id === null || sink.secret_access_key === null
        ? null
        : {
            accessKeyId: sink.access_key_id,
            secretAccessKey: sink.secret_access_key,
            sessionToken: sink.session_token,
          },
    serverSideEncryption: sink.server_side_encryption,
    kmsKeyId: sink.kms_key_id,
    checksum: sink.checksum,
    partBytes: sink.part_size_mb * 1024 * 1024,
    concurrency: sink.upload_concurrency,
    requestTimeoutMs: sink.request_timeout_ms,
  };
}
