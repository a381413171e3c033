/** Wires the mails of an installation: what is said, where it is kept, and how it reaches the server. */
import { hostname } from 'node:os';
import type { DatabaseSync } from 'node:sqlite';
import type { Config } from '../config/config.ts';
import { createMailer } from '../notify/mailer.ts';
import { createNotifier, type Notifier } from '../notify/notify.ts';
import { openPost } from '../notify/post.ts';
import { createSender } from '../notify/sender.ts';
import type { Log } from '../ports.ts';
import { acquireLock, outboxLockPath } from '../state/lock.ts';
import { mailBook } from '../state/outbox.ts';

/** Null: the config names no SMTP server. */
export function openNotifier(
  config: Config,
  db: DatabaseSync,
  log: Log,
  redact: (text: string) => string,
): Notifier | null {
  const { smtp, notify } = config;
  if (smtp === null) return null;
  const mailer = createMailer(smtp, redact);
  const book = mailBook(db);
  const sender = createSender({
    mailer,
    outbox: book,
    lock: () => acquireLock(outboxLockPath(config.state_dir)),
    log,
    settings: {
      firstMs: notify.retry_delay_ms,
      maxMs: notify.retry_delay_max_ms,
      giveUpAfterMs: notify.give_up_after_ms,
    },
  });
  const notifier = createNotifier({
    post: openPost({ mailer, sender, book, log, from: smtp.from }),
    book,
    smtp,
    log,
    redact,
    instance: { host: hostname(), timezone: config.timezone },
    repeatAfterMs: notify.repeat_after_ms,
  });
  return { ...notifier, close: () => notifier.close().finally(() => mailer.close()) };
}
