/**
 * Where mails are handed in: into the outbox, in one transaction with what is remembered of the failure. Where the
 * state cannot be used, the mail is sent directly, and what it is about is remembered as long as the process lives.
 */
import { randomUUID } from 'node:crypto';
import { asTidemarkError } from '../errors.ts';
import type { Log } from '../ports.ts';
import type { Channel, Incident, MailBook } from '../mail-ports.ts';
import { type Carriers, channelsOf, recipientOn } from './carrier.ts';
import { type MailMessage, shorten, type WrittenMail } from './letter.ts';
import type { Sender } from './sender.ts';

export interface PostOptions {
  readonly carriers: Carriers;
  readonly sender: Sender;
  readonly book: MailBook;
  readonly log: Log;
  /** Sender of all mails, `Name <user@host>` or the address alone; its domain is that of their ids. */
  readonly from: string;
}

/** What is remembered of the subjects of mails, in the state or in this process. */
export type Books = Pick<
  MailBook,
  'incidents' | 'putIncident' | 'endIncidents' | 'takeSchemaNotice' | 'takeSizeNotice'
>;

/** A mail that has been decided on. */
export interface Posting {
  readonly message: MailMessage;
  /** `Message-ID` of the first mail of its thread; null: it begins one. */
  readonly answers: string | null;
  /** By default, all that there are. */
  readonly channels?: readonly Channel[];
}

export interface Post {
  /**
   * @param decide what to remember, and the mail; null: none. It may be called twice, with different books.
   * `messageId` is what the mail is going to have.
   */
  write(task: string | null, decide: (books: Books, messageId: string) => Posting | null): void;
  /** Several at once, all or none; where the state cannot be used, none, and one line in the log says so. */
  writeAll(decide: () => readonly Posting[]): void;
  /** Whether anything is remembered of this subject. */
  knows(subject: string): boolean;
  /** Does what reads the state; where that fails, one line in the log says so. */
  looking(look: () => void): void;
  wake(): void;
  /** `before`: called before every look into the outbox. */
  start(before: () => void): void;
  /** Settles when what is due is sent or has failed, at the latest after some seconds. */
  close(): Promise<void>;
}

/** What another daemon records now, it also tells. */
function isAnothers(thrown: unknown, log: Log): boolean {
  const error = asTidemarkError(thrown);
  if (error.code !== 'NOT_LEADER') return false;
  log.warn('a mail is left to the daemon that leads', { error });
  return true;
}

/** What a log line keeps of a mail that is lost, in characters. */
const SAID = 4_000;
const CLOSE_MS = 10_000;

export function openPost({ carriers, sender, book, log, from }: PostOptions): Post {
  const memory = memoryBooks();
  const direct = new Set<Promise<void>>();
  const cutOff = new AbortController();
  const domain = /@([^@<>\s]+)>?$/.exec(from)?.[1] ?? 'tidemark';

  const newId = (): string => `<${randomUUID()}@${domain}>`;

  const written = (task: string | null, { message, answers }: Posting, messageId: string): WrittenMail => ({
    ...message,
    headers: { ...message.headers, ...threadHeaders(answers), 'List-Id': listId(task, domain) },
    messageId,
    date: new Date().toISOString(),
  });

  /** Into the outbox, once for each channel. */
  function add(task: string | null, posting: Posting, messageId: string): void {
    const mail = written(task, posting, messageId);
    for (const channel of channelsOf(carriers)) {
      if (posting.channels?.includes(channel) === false) continue;
      const message = JSON.stringify(formFor(channel, mail));
      book.addMail({ channel, task, recipient: recipientOn(channel, mail), message }, new Date());
    }
  }

  function sendDirectly(channel: Channel, task: string | null, message: WrittenMail): void {
    const about = { task: task ?? undefined, to: recipientOn(channel, message), subject: message.subject };
    const sent: Promise<void> = carriers[channel]!.send(message, cutOff.signal)
      .then(
        () => log.info(`${channel === 'mail' ? 'mail' : 'message'} sent`, about),
        (thrown: unknown) => {
          const { code, message: cause, hint } = asTidemarkError(thrown);
          const text = shorten(message.text, SAID);
          log.error('a mail could not be sent', { code, cause, hint, ...about, text });
        },
      )
      .finally(() => direct.delete(sent));
    direct.add(sent);
  }

  return {
    write: (task, decide) => {
      const messageId = newId();
      try {
        book.atOnce(() => {
          const posting = decide(book, messageId);
          if (posting === null) return;
          add(task, posting, messageId);
        });
      } catch (error) {
        if (isAnothers(error, log)) return;
        log.warn('mails are sent directly: the outbox cannot be used', { error: asTidemarkError(error) });
        const posting = decide(memory, messageId);
        if (posting === null) return;
        const mail = written(task, posting, messageId);
        for (const channel of channelsOf(carriers)) sendDirectly(channel, task, mail);
      } finally {
        sender.wake();
      }
    },
    writeAll: (decide) => {
      try {
        book.atOnce(() => {
          for (const posting of decide()) add(null, posting, newId());
        });
      } catch (error) {
        log.error('mails cannot be written', { error: asTidemarkError(error) });
      }
      sender.wake();
    },
    knows: (subject) => {
      try {
        return book.incidents(subject).length > 0;
      } catch {
        // Writing meets the same error, and deals with it.
        return true;
      }
    },
    looking: (look) => {
      try {
        look();
      } catch (error) {
        log.error('the state cannot be asked about mails', { error: asTidemarkError(error) });
      }
    },
    wake: () => sender.wake(),
    start: (before) => sender.start(before),
    close: async () => {
      const timer = setTimeout(() => cutOff.abort(), CLOSE_MS);
      await Promise.all([sender.stop(), ...direct]);
      clearTimeout(timer);
    },
  };
}

/** What a channel has no use for is not kept. */
function formFor(channel: Channel, mail: WrittenMail): Partial<WrittenMail> {
  const { chat: _chat, ...forMail } = mail;
  const { html: _html, headers: _headers, ...forWebhook } = mail;
  return channel === 'mail' ? forMail : forWebhook;
}

function threadHeaders(answers: string | null): Record<string, string> {
  return answers === null ? {} : { 'In-Reply-To': answers, References: answers };
}

/** What mail programs sort by: `<orders.tidemark.example.com>`, and without a task `<tidemark.example.com>`. */
function listId(task: string | null, domain: string): string {
  // RFC 2919: words of letters, digits and a few signs, with single dots between them.
  const label = task?.replaceAll(/[^A-Za-z0-9_.-]/g, '-').replaceAll(/\.{2,}|^\.|\.$/g, '-');
  return `<${label === undefined ? '' : `${label}.`}tidemark.${domain}>`;
}

function memoryBooks(): Books {
  const subjects = new Map<string, Map<string, Incident>>();
  return {
    incidents: (subject) => [...(subjects.get(subject)?.values() ?? [])],
    putIncident: (subject, incident) => {
      const codes = subjects.get(subject) ?? new Map<string, Incident>();
      subjects.set(subject, codes.set(incident.code, incident));
    },
    endIncidents: (subject) => void subjects.delete(subject),
    takeSchemaNotice: () => true,
    takeSizeNotice: () => true,
  };
}
