/**
 * What the schema cannot say about the settings. The checks run beside the schema, on values of any shape, so that
 * all faults come at once; a value of the wrong type is passed over here, because the schema reports it.
 */
import { durationFault } from '../spec/duration.ts';
import type { Segment } from '../spec/json-document.ts';
import { loadFaults } from '../spec/load-faults.ts';
import { zoneFault } from '../spec/schedule.ts';
import { showText } from '../spec/show.ts';
import { parseSpan } from '../spec/span.ts';
import { REDIS_URL_ALLOWED, redisUrlFault, webhookFault } from './secret-url.ts';
import { settingPaths } from './settings.ts';

type Report = (path: readonly Segment[], message: string) => void;
type Values = Readonly<Record<string, unknown>>;

/** 24 days are what a timer of Node can wait; a longer one would fire at once. */
const SPAN = { example: '30 seconds', longestDays: 24, zero: false };

/** Nothing waits for it. */
const AGE = { example: '7 days', longestDays: 3660, zero: false };

const SHORTEST_RETENTION_MS = 86_400_000;

/** Checks of single settings, by the last part of their path. */
const TEXT_CHECKS: Readonly<Record<string, (text: string) => string | null>> = {
  timezone: zoneFault,
  endpoint: endpointFault,
  shutdown_grace: spanFault,
  history_retention: retentionFault,
  logs_retention: retentionFault,
  max_age: ageFault,
  interval: spanFault,
  repeat_after: spanFault,
  retry_delay: spanFault,
  retry_delay_max: spanFault,
  give_up_after: spanFault,
  lost_after: spanFault,
  worker_wait: spanFault,
  timeout: spanFault,
  connect_timeout: spanFault,
  idle_timeout: spanFault,
  request_timeout: spanFault,
};

/** The same, of settings that share the last part of their path with others. */
const PATH_CHECKS: typeof TEXT_CHECKS = {
  'notify.webhook.url': webhookFault,
  'executor.url': redisUrlFault,
};

/** Reports every fault of a config that has not been validated yet. */
export function checkConfig(config: Values, report: Report): void {
  for (const path of settingPaths((map) => Object.keys(valuesAt(config, map)))) {
    const check = PATH_CHECKS[path.join('.')] ?? TEXT_CHECKS[String(path.at(-1))];
    const value = path.reduce<unknown>((at, key) => (isValues(at) ? at[key] : undefined), config);
    if (check === undefined) continue;
    const list = Array.isArray(value);
    for (const [index, text] of (list ? value : [value]).entries()) {
      const message = typeof text === 'string' ? check(text) : null;
      if (message !== null) report(list ? [...path, index] : path, message);
    }
  }
  checkNames('sources', config, report);
  checkNames('sinks', config, report);
  for (const [name, source] of Object.entries(valuesAt(config, 'sources'))) {
    if (!isValues(source)) continue;
    for (const { path, message } of loadFaults(source)) report(['sources', name, ...path], message);
  }
  for (const [name, sink] of Object.entries(valuesAt(config, 'sinks'))) {
    if (isValues(sink)) checkSink(sink, ['sinks', name], report);
  }
  const smtp = valuesAt(config, 'smtp');
  if (isSet(smtp['password']) && !isSet(smtp['user'])) {
    report(['smtp', 'user'], 'is missing beside the password. Give both, or neither for no login.');
  }
  const executor = valuesAt(config, 'executor');
  if (executor['type'] === 'bullmq' && !isSet(executor['url'])) {
    report(['executor', 'url'], `is missing: bullmq keeps its queue in a server. ${REDIS_URL_ALLOWED}`);
  }
  if (config['ha'] === true && executor['type'] !== 'bullmq') {
    report(
      ['ha'],
      'found true, but no Redis by which two daemons could share their state. Add "executor": {"type": "bullmq", "url": "redis://…"}, or set ha to false.',
    );
  }
}

function checkSink(sink: Values, at: readonly Segment[], report: Report): void {
  const both = 'Give both, or neither for the default chain.';
  if (isSet(sink['access_key_id']) && !isSet(sink['secret_access_key'])) {
    report([...at, 'secret_access_key'], `is missing beside access_key_id. ${both}`);
  }
  if (!isSet(sink['access_key_id']) && (isSet(sink['secret_access_key']) || isSet(sink['session_token']))) {
    report([...at, 'access_key_id'], `is missing beside the secret. ${both}`);
  }
  const encryption = sink['server_side_encryption'];
  if (isSet(sink['kms_key_id']) && !(typeof encryption === 'string' && encryption.startsWith('aws:kms'))) {
    report(
      [...at, 'kms_key_id'],
      'found a key, but no encryption that uses it. Add "server_side_encryption": "aws:kms".',
    );
  }
}

function endpointFault(endpoint: string): string | null {
  const allowed = 'Allowed: a URL such as "http://127.0.0.1:9000".';
  // Not shown: before the @ may stand a password.
  if (endpoint.includes('@')) {
    return `found a URL with a user. ${allowed} Credentials go into access_key_id and secret_access_key.`;
  }
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  return url !== null && /^https?:$/.test(url.protocol) ? null : `found ${showText(endpoint)}. ${allowed}`;
}

function spanFault(text: string): string | null {
  return durationFault(text, SPAN);
}

function ageFault(text: string): string | null {
  return durationFault(text, AGE);
}

function retentionFault(text: string): string | null {
  const span = parseSpan(text);
  if (span !== null && (span.months > 0 || span.milliseconds >= SHORTEST_RETENTION_MS)) return null;
  return `found ${showText(text)}. Allowed: a span of time of at least a day, such as "90 days" or "1 year".`;
}

/** The names become parts of environment variables, where "__" separates levels. */
function checkNames(map: string, config: Values, report: Report): void {
  for (const name of Object.keys(valuesAt(config, map))) {
    if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) && !name.includes('__')) continue;
    const allowed = 'Allowed: up to 64 letters, digits, dots, hyphens and single underscores.';
    report([map, name], `found the name ${showText(name)}. ${allowed}`);
  }
}

function valuesAt(config: Values, key: string): Values {
  const value = config[key];
  return isValues(value) ? value : {};
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
