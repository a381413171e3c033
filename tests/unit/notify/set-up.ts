/** A notifier on a state file in memory, with a mail server that the test answers for. */
import { DatabaseSync } from 'node:sqlite';
import type { RunReport } from '../../../src/domain/run.ts';
import type { WrittenMail } from '../../../src/notify/letter.ts';
import { obstacleOf } from '../../../src/notify/mailer.ts';
import { createNotifier, type Notifier } from '../../../src/notify/notify.ts';
import { openPost } from '../../../src/notify/post.ts';
import { createSender } from '../../../src/notify/sender.ts';
import type { Log, LogFields } from '../../../src/ports.ts';
import type { MailBook } from '../../../src/mail-ports.ts';
import { createRedactor } from '../../../src/redact.ts';
import { MIGRATIONS } from '../../../src/state/migrations.ts';
import { mailBook } from '../../../src/state/outbox.ts';
import { recordEnd } from '../../../src/state/runs.ts';
import { instance } from './sample.ts';

export const HOUR = 3_600_000;

export interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields | undefined;
}

export function keptLines(): { log: Log; lines: Line[] } {
  const lines: Line[] = [];
  const write =
    (level: string) =>
    (message: string, fields?: LogFields): void =>
      void lines.push({ level, message, fields });
  return {
    log: { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') },
    lines,
  };
}

export function stateInMemory(): DatabaseSync {
  const db = new DatabaseSync(':memory:');
  for (const step of MIGRATIONS) db.exec(step);
  return db;
}

export interface SetUp {
  readonly db: DatabaseSync;
  readonly book: MailBook;
  readonly notifier: Notifier;
  /** What the server has taken. */
  readonly sent: WrittenMail[];
  readonly lines: Line[];
  /** A notifier of a later process on the same state. */
  again(): SetUp;
}

export interface SetUpOptions {
  readonly db?: DatabaseSync;
  readonly digestTo?: 'owners' | { readonly name: null; readonly address: string };
  /** In place of the state's own. */
  readonly book?: MailBook;
  /** What the server answers; by default it takes everything. */
  readonly send?: (mail: WrittenMail, signal: AbortSignal) => Promise<void>;
}

export function setUp(options: SetUpOptions = {}): SetUp {
  const { db = stateInMemory(), send } = options;
  const book = options.book ?? mailBook(db);
  const sent: WrittenMail[] = [];
  const { log, lines } = keptLines();
  const mailer = {
    send: async (mail: WrittenMail, signal: AbortSignal) => {
      await send?.(mail, signal);
      sent.push(mail);
    },
    obstacleOf,
    pauseAfter: () => 0,
  };
  const carriers = { mail: mailer };
  const sender = createSender({
    carriers,
    outbox: book,
    lock: () => ({ release: () => {} }),
    log,
    settings: { firstDelayMs: 60_000, maxDelayMs: HOUR, giveUpAfterMs: 72 * HOUR },
  });
  const notifier = createNotifier({
    post: openPost({ carriers, sender, book, log, from: 'Tidemark <tidemark@mail.example.com>' }),
    book,
    smtp: { admin: 'admin@example.com' },
    log,
    redact: createRedactor(['hunter2', 'failed', '2026', 'PRIVILEGE']),
    instance,
    repeatAfterMs: [HOUR, 6 * HOUR, 24 * HOUR],
    digest: { to: options.digestTo ?? 'owners', zone: 'UTC' },
  });
  return { db, book, notifier, sent, lines, again: () => setUp({ ...options, db }) };
}

/** A run as the state keeps it. */
export function record(db: DatabaseSync, report: RunReport): void {
  const kept = { report, stamp: report.run_id, sink: 's3', watermarks: [], schemas: [], backfill: null };
  recordEnd(db, kept, new Date(report.finished_at));
}
