/** Mails that a test waits for, and what it asks of them. */
import type { ParsedMail } from 'mailparser';
import type { Mailbox } from '../support/smtp.ts';
import { waitFor } from '../support/wait-for.ts';

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
