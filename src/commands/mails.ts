/** Wires the mails of an installation: what is said, where it is kept, and how it reaches the server. */
import { hostname } from 'node:os';
import { secretsOf, type Config } from '../config/config.ts';
import type { Spec } from '../domain/spec.ts';
import type { Trigger } from '../domain/run.ts';
import { asTidemarkError } from '../errors.ts';
import { createLog } from '../log.ts';
import type { Carriers } from '../notify/carrier.ts';
import { createMailer } from '../notify/mailer.ts';
import { createNotifier, type Notifier } from '../notify/notify.ts';
import { openPost } from '../notify/post.ts';
import { createSender } from '../notify/sender.ts';
import { createWebhook } from '../notify/webhook.ts';
import { identifyRun } from '../planner.ts';
import type { Log, Settled } from '../ports.ts';
import type { MailBook } from '../mail-ports.ts';
import { createRedactor } from '../redact.ts';
import { beginRun, notBegun } from '../report.ts';
import { acquireLock, outboxLockPath } from '../state/lock.ts';
import { nextRun } from './load-limits.ts';
import { logSettings } from './log-settings.ts';

/** Null: the config names neither an SMTP server nor a webhook. */
export function openNotifier(
  config: Config,
  book: MailBook,
  log: Log,
  redact: (text: string) => string,
  settled?: Settled,
): Notifier | null {
  const { smtp, notify } = config;
  const { webhook } = notify;
  const mailer = smtp === null ? null : createMailer(smtp, redact);
  const carriers: Carriers = {
    ...(mailer === null ? {} : { mail: mailer }),
    ...(webhook === null
      ? {}
      : { webhook: createWebhook({ url: webhook.url, timeoutMs: webhook.timeout_ms }, redact) }),
  };
  if (Object.keys(carriers).length === 0) return null;
  const sender = createSender({
    carriers,
    outbox: book,
    lock: () => acquireLock(outboxLockPath(config.state_dir)),
    ...(settled === undefined ? {} : { settled }),
    log,
    settings: {
      firstDelayMs: notify.retry_delay_ms,
      maxDelayMs: notify.retry_delay_max_ms,
      giveUpAfterMs: notify.give_up_after_ms,
    },
  });
  const notifier = createNotifier({
    post: openPost({ carriers, sender, book, log, from: smtp?.from ?? `tidemark@${hostname()}` }),
    book,
    // Without mail nobody is written to.
    smtp: { admin: smtp?.admin ?? '' },
    log,
    redact,
    instance: { host: hostname(), timezone: config.timezone },
    repeatAfterMs: notify.repeat_after_ms,
    digest: notify.digest === null ? null : { to: notify.digest.to, zone: notify.digest.timezone },
  });
  return { ...notifier, close: () => notifier.close().finally(() => mailer?.close()) };
}

/** Mails the owner that a run could not begin because the state cannot be opened. Never rejects. */
export async function mailWithoutState(
  config: Config,
  spec: Spec,
  trigger: Trigger,
  thrown: unknown,
): Promise<void> {
  const error = asTidemarkError(thrown);
  const redact = createRedactor(secretsOf(config));
  const log = createLog({
    logsDir: config.logs_dir,
    ...logSettings(config),
    redact,
    onWriteFailure: () => {},
  });
  const attempt = { ...identifyRun(trigger), startedAt: new Date(), number: 1 };
  const { report } = notBegun(beginRun(spec.taskName, attempt), error);
  const notifier = openNotifier(config, noBook(error), log, redact);
  notifier?.runFinished(spec, report, { nextFire: nextRun(config, spec), logTail: [] });
  await notifier?.close();
}

/** The book of a state that cannot be opened. */
function noBook(error: Error): MailBook {
  const refuse = (): never => {
    throw error;
  };
  return {
    atOnce: refuse,
    incidents: refuse,
    putIncident: refuse,
    endIncidents: refuse,
    subjects: refuse,
    schemaNotices: refuse,
    takeSchemaNotice: refuse,
    sizeNotices: refuse,
    takeSizeNotice: refuse,
    recoveries: refuse,
    deaths: refuse,
    addMail: refuse,
    takeDue: refuse,
    // Nothing to send from here.
    nextDue: () => null,
    removeMail: refuse,
    keepMail: refuse,
    hurry: refuse,
    digest: { toldUpTo: refuse, note: refuse, totals: refuse, standings: refuse },
  };
}
