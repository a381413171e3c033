/** Waiting for what a process does in its own time. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ParsedMail } from 'mailparser';
import type { Mailbox } from '../support/smtp.ts';

const WAIT_SECONDS = 30;

/** The first value that is not null. `what` names it where it does not come within half a minute. */
export async function waitFor<T>(what: string, look: () => T | null | Promise<T | null>): Promise<T> {
  for (const end = Date.now() + WAIT_SECONDS * 1000; Date.now() < end; await sleep(50)) {
    const found = await look();
    if (found !== null) return found;
  }
  throw new Error(`${what}: not within ${WAIT_SECONDS} s`);
}

/** The first mail with such a subject. */
export async function mailAbout(mailbox: Mailbox, subject: string): Promise<ParsedMail> {
  return waitFor(`mail about ${subject}`, () => mailsAbout(mailbox, subject)[0] ?? null);
}

export function mailsAbout(mailbox: Mailbox, subject: string): ParsedMail[] {
  return mailbox.mails().filter((mail) => mail.subject?.includes(subject) === true);
}

/** Address of a mail's recipient. */
export function recipientOf(mail: ParsedMail): string | undefined {
  const to = Array.isArray(mail.to) ? mail.to[0] : mail.to;
  return to?.value[0]?.address;
}
