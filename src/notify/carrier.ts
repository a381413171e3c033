/** What takes messages to their readers: a mail server, a webhook. */
import type { TidemarkError } from '../errors.ts';
import type { Channel, MailObstacle } from '../mail-ports.ts';
import type { WrittenMail } from './letter.ts';

export interface Carrier {
  /**
   * Settles when the message has been taken; rejects with a TidemarkError.
   *
   * @param signal gives up; it may have been taken nevertheless.
   */
  send(mail: WrittenMail, signal: AbortSignal): Promise<void>;
  /** What kept a message that `send` rejected. */
  obstacleOf(error: TidemarkError): MailObstacle;
  /** For how long the other side wants to be left alone after it; 0: it has not said. */
  pauseAfter(error: TidemarkError): number;
}

/** Those that the config names, at least one. */
export type Carriers = Readonly<Partial<Record<Channel, Carrier>>>;

export function channelsOf(carriers: Carriers): Channel[] {
  return Object.keys(carriers) as Channel[];
}

/** How the log and the outbox name whom a message goes to. */
export function recipientOn(channel: Channel, { to }: Pick<WrittenMail, 'to'>): string {
  return channel === 'mail' ? to.address : 'webhook';
}
