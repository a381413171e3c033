/** The config as the rest of the program sees it: complete, checked, and without anything left to work out. */
import type { DayWindow, MaxLoad, Span } from '../domain/spec.ts';
import { secretsInRedisUrl, secretsInUrl } from './secret-url.ts';
import type { ConfigDocument } from './schema.ts';

type SourceDocument = ConfigDocument['sources'][string];
type SinkDocument = ConfigDocument['sinks'][string];

/** A source. Times are milliseconds; `tls_ca` is an absolute path. */
export type SourceConfig = Readonly<
  Omit<SourceDocument, 'connect_timeout' | 'idle_timeout' | 'password' | 'max_load' | 'blackout'>
> & {
  readonly password: string;
  /** Of the tasks that say nothing else, in the config's zone. */
  readonly blackout: readonly DayWindow[];
  /** Of the tasks that say nothing else; null: no limit. */
  readonly max_load: MaxLoad | null;
  readonly connect_timeout_ms: number;
  readonly idle_timeout_ms: number;
};

/** A sink. Times are milliseconds; `access_key_id` is null exactly where `secret_access_key` is. */
export type SinkConfig = Readonly<Omit<SinkDocument, 'request_timeout'>> & {
  readonly request_timeout_ms: number;
};

export type SmtpConfig = Readonly<NonNullable<ConfigDocument['smtp']>>;

/** Where batches are read. Times are milliseconds; `tls_ca` is an absolute path. */
export type ExecutorConfig =
  | { readonly type: 'embedded' }
  | {
      readonly type: 'bullmq';
      readonly url: string;
      readonly tls_ca: string | null;
      readonly prefix: string;
      readonly lost_after_ms: number;
      readonly worker_wait_ms: number;
      /** Null: one for each processor. */
      readonly concurrency: number | null;
    };

/** The settings of `config.schema.json`; spans of time have become milliseconds, folders absolute paths. */
export type Config = Readonly<
  Omit<
    ConfigDocument,
    | '$schema'
    | 'sources'
    | 'sinks'
    | 'smtp'
    | 'notify'
    | 'executor'
    | 'http'
    | 'watch'
    | 'shutdown_grace'
    | 'history_retention'
    | 'logs_retention'
    | 'log_rotation'
  >
> & {
  /** The file it was read from, as given. */
  readonly file: string;
  readonly sources: Readonly<Record<string, SourceConfig>>;
  readonly sinks: Readonly<Record<string, SinkConfig>>;
  /** Null: no mails; messages to a webhook all the same. */
  readonly smtp: SmtpConfig | null;
  /** Times are milliseconds. */
  readonly notify: {
    /** At least one. */
    readonly repeat_after_ms: readonly number[];
    readonly retry_delay_ms: number;
    readonly retry_delay_max_ms: number;
    readonly give_up_after_ms: number;
    /** Null: messages go by mail only. */
    readonly webhook: { readonly url: string; readonly timeout_ms: number } | null;
    /** Null: none. Due at the times of the cron expression. */
    readonly digest: {
      readonly schedule: string;
      readonly timezone: string;
      /** `owners`: each hears of their own tasks. */
      readonly to: 'owners' | { readonly name: null; readonly address: string };
    } | null;
  };
  readonly executor: ExecutorConfig;
  /** Null: no HTTP server. */
  readonly http: Readonly<NonNullable<ConfigDocument['http']>> | null;
  readonly watch: { readonly polling: boolean; readonly interval_ms: number };
  readonly shutdown_grace_ms: number;
  readonly history_retention: Span;
  readonly logs_retention: Span;
  /** Null: something else rotates `tidemark.log`. */
  readonly log_rotation: {
    readonly max_bytes: number;
    readonly max_age_ms: number;
    readonly max_files: number;
  } | null;
  /** What `${…}` stood for in the secret settings. */
  readonly substituted_secrets: readonly string[];
};

/** Settings whose value is never shown. */
export const SECRET_SETTINGS: readonly string[] = [
  'password',
  'secret_access_key',
  'session_token',
  'hmac_key',
  'token',
  // Of the webhook: whoever knows it may write to the channel. Of the queue: it may hold a password.
  'url',
];

/**
 * Every value that must never be shown: passwords, secret keys, session tokens, the HMAC key, the token of the
 * status page, the password of the queue, and what `${…}` put into them.
 * The longest first, so that one that contains another is taken out whole.
 */
export function secretsOf(config: Config): string[] {
  const values = [
    ...Object.values(config.sources).map(({ password }) => password),
    ...Object.values(config.sinks).flatMap((sink) => [sink.secret_access_key, sink.session_token]),
    config.smtp?.password ?? null,
    config.masking.hmac_key,
    ...(config.notify.webhook === null ? [] : secretsInUrl(config.notify.webhook.url)),
    config.http?.token ?? null,
    ...(config.executor.type === 'bullmq' ? secretsInRedisUrl(config.executor.url) : []),
    ...config.substituted_secrets,
  ];
  const secrets = new Set(values.filter((value) => value !== null && value !== ''));
  return [...(secrets as Set<string>)].toSorted((a, b) => b.length - a.length);
}
