/** From a config that has been checked to one that is ready for use: spans to milliseconds, folders to paths. */
import { resolve } from 'node:path';
import { durationMs } from '../spec/duration.ts';
import { blackoutOf } from '../spec/blackout.ts';
import { maxLoadOf } from '../spec/load-schema.ts';
import { parseSpan } from '../spec/span.ts';
import type { Config, ExecutorConfig, SinkConfig, SourceConfig } from './config.ts';
import type { ConfigDocument } from './schema.ts';

/** Relative folders and files are taken from `cwd`. */
export function normaliseConfig(
  document: ConfigDocument,
  from: { readonly file: string; readonly cwd: string; readonly secrets: readonly string[] },
): Config {
  const {
    sources,
    sinks,
    smtp,
    notify,
    http,
    executor,
    watch,
    shutdown_grace,
    history_retention,
    logs_retention,
    log_rotation,
    $schema: _schema,
    ...settings
  } = document;
  const path = (name: string): string => resolve(from.cwd, name);
  return {
    ...settings,
    file: from.file,
    sources: mapEntries(sources, (source) => normaliseSource(source, path)),
    sinks: mapEntries(sinks, normaliseSink),
    // Copies, because what was read from JSON has no prototype.
    smtp: smtp === null ? null : { ...smtp, tls_ca: smtp.tls_ca === null ? null : path(smtp.tls_ca) },
    masking: { ...document.masking },
    notify: {
      repeat_after_ms: notify.repeat_after.map(milliseconds),
      retry_delay_ms: milliseconds(notify.retry_delay),
      retry_delay_max_ms: milliseconds(notify.retry_delay_max),
      give_up_after_ms: milliseconds(notify.give_up_after),
      webhook: webhookOf(notify.webhook),
      digest: digestOf(document),
    },
    http: http === null ? null : { ...http },
    executor: normaliseExecutor(executor, path),
    specs_dir: path(document.specs_dir),
    state_dir: path(document.state_dir),
    logs_dir: path(document.logs_dir),
    transforms_dir: path(document.transforms_dir),
    default_spec: path(document.default_spec),
    watch: { polling: watch.polling, interval_ms: milliseconds(watch.interval) },
    shutdown_grace_ms: milliseconds(shutdown_grace),
    history_retention: parseSpan(history_retention)!,
    logs_retention: parseSpan(logs_retention ?? history_retention)!,
    log_rotation: log_rotation === null ? null : normaliseRotation(log_rotation),
    substituted_secrets: from.secrets,
  };
}

function normaliseSource(
  { connect_timeout, idle_timeout, max_load, blackout, ...settings }: ConfigDocument['sources'][string],
  path: (file: string) => string,
): SourceConfig {
  return {
    ...settings,
    password: settings.password ?? '',
    blackout: blackoutOf(blackout) ?? [],
    max_load: maxLoadOf(max_load),
    tls_ca: settings.tls_ca === null ? null : path(settings.tls_ca),
    connect_timeout_ms: milliseconds(connect_timeout),
    idle_timeout_ms: milliseconds(idle_timeout),
  };
}

function normaliseSink({ request_timeout, ...settings }: ConfigDocument['sinks'][string]): SinkConfig {
  return { ...settings, request_timeout_ms: milliseconds(request_timeout) };
}

function normaliseExecutor(
  { type, url, tls_ca, prefix, lost_after, worker_wait, concurrency }: ConfigDocument['executor'],
  path: (file: string) => string,
): ExecutorConfig {
  if (type === 'embedded') return { type };
  return {
    type,
    url: url!,
    tls_ca: tls_ca === null ? null : path(tls_ca),
    prefix,
    lost_after_ms: milliseconds(lost_after),
    worker_wait_ms: milliseconds(worker_wait),
    concurrency,
  };
}

function normaliseRotation({
  max_mb,
  max_age,
  max_files,
}: NonNullable<ConfigDocument['log_rotation']>): NonNullable<Config['log_rotation']> {
  return { max_bytes: max_mb * 1_000_000, max_age_ms: milliseconds(max_age), max_files };
}

function webhookOf(webhook: ConfigDocument['notify']['webhook']): Config['notify']['webhook'] {
  return webhook === null ? null : { url: webhook.url, timeout_ms: milliseconds(webhook.timeout) };
}

function digestOf({ notify: { digest }, smtp, timezone }: ConfigDocument): Config['notify']['digest'] {
  if (digest === null) return null;
  const [hour, minute] = digest.at.split(':').map(Number);
  const address = digest.to === 'admin' ? (smtp?.admin ?? '') : digest.to;
  return {
    schedule: `${minute} ${hour} * * *`,
    timezone: digest.timezone ?? timezone,
    to: digest.to === 'owners' ? 'owners' : { name: null, address },
  };
}

/** Of a span that has been checked. */
function milliseconds(span: string): number {
  return durationMs(span)!;
}

function mapEntries<From, To>(
  map: Readonly<Record<string, From>>,
  convert: (entry: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(map).map(([name, entry]) => [name, convert(entry)]));
}
