/** `tidemark check --connect`: every spec against its real server, bucket, mail server and webhook. Leaves nothing behind. */
import type { Finding, TaskPlace } from '../check/finding.ts';
import { smtpFindings, webhookFindings } from '../check/mail-server.ts';
import { secretsOf, type Config } from '../config/config.ts';
import type { Spec } from '../domain/spec.ts';
import { asTidemarkError } from '../errors.ts';
import { fewAtOnce } from '../few-at-once.ts';
import { createMailer } from '../notify/mailer.ts';
import { createWebhook } from '../notify/webhook.ts';
import { createRedactor } from '../redact.ts';
import { checkSink } from './check-sink.ts';
import { checkSource } from './check-source.ts';
import { abortOnSignal } from './interrupt.ts';

/** Servers and buckets that are looked at together. */
const MOST_AT_ONCE = 4;

/**
 * Each source and sink that specs name, the mail server and the webhook, is tried once, whatever the number of specs.
 *
 * @param placeOf says where something stands in a spec.
 * @throws TidemarkError INTERRUPTED.
 */
export async function checkConnections(
  config: Config,
  specs: readonly Spec[],
  placeOf: (spec: Spec) => TaskPlace,
): Promise<Finding[]> {
  const { signal, release } = abortOnSignal();
  const findings: Finding[] = [];
  try {
    const [sources, sinks] = [
      grouped(specs, Object.keys(config.sources), ({ source }) => source),
      grouped(specs, Object.keys(config.sinks), ({ sink }) => sink),
    ];
    // Each to its end, also after an interruption: a trial upload is still to be aborted.
    const ends = await Promise.allSettled([
      fewAtOnce(sources, MOST_AT_ONCE, async ([name, its]) => {
        const placed = its.map((spec) => ({ ...placeOf(spec), spec }));
        findings.push(...(await checkSource(config, name, placed, signal)));
      }),
      fewAtOnce(sinks, MOST_AT_ONCE, async ([name, its]) => {
        findings.push(...(await checkSink(config, name, its, signal)));
      }),
      checkMailServer(config).then((found) => findings.push(...found)),
      checkWebhook(config, signal).then((found) => findings.push(...found)),
    ]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  } finally {
    release();
  }
  return redacted(findings, config);
}

/** Specs by the source or sink that they name; all entries of a config that has no specs yet. */
function grouped(
  specs: readonly Spec[],
  names: readonly string[],
  nameOf: (spec: Spec) => string,
): (readonly [string, readonly Spec[]])[] {
  return specs.length === 0 ? names.map((name) => [name, []] as const) : [...Map.groupBy(specs, nameOf)];
}

async function checkMailServer(config: Config): Promise<Finding[]> {
  const told = config.notify.webhook !== null;
  if (config.smtp === null) return smtpFindings(null, null, told);
  const mailer = createMailer(config.smtp, createRedactor(secretsOf(config)));
  try {
    const failure = await mailer.verify().then(() => null, asTidemarkError);
    return smtpFindings(config.smtp, failure, told);
  } finally {
    mailer.close();
  }
}

async function checkWebhook(config: Config, signal: AbortSignal): Promise<Finding[]> {
  const { webhook } = config.notify;
  if (webhook === null) return [];
  const settings = { url: webhook.url, timeoutMs: webhook.timeout_ms };
  const failure = await createWebhook(settings, createRedactor(secretsOf(config)))
    .reach(signal)
    .then(() => null, asTidemarkError);
  signal.throwIfAborted();
  return webhookFindings(new URL(webhook.url).host, failure);
}

/** What servers say may repeat what they were told. */
function redacted(findings: readonly Finding[], config: Config): Finding[] {
  const redact = createRedactor(secretsOf(config));
  return findings.map((finding) => ({
    ...finding,
    message: redact(finding.message),
    remedy: finding.remedy === null ? null : { ...finding.remedy, text: redact(finding.remedy.text) },
  }));
}
