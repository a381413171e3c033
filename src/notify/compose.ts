/** From a draft to a mail: both forms of it, small enough, with headers that a value cannot break out of. Pure. */
import { type Letter, type MailAddress, type MailMessage, oneLine } from './letter.ts';
import { renderChat } from './render-chat.ts';
import { renderHtml } from './render-html.ts';
import { renderText } from './render-text.ts';

/** Mail clients cut a mail off at about this size. Bytes, of either form. */
const MAX_BYTES = 95_000;

/** How much of what is said, in characters and entries. */
export interface Limits {
  readonly value: number;
  readonly sql: number;
  readonly line: number;
  readonly entries: number;
}

const GENEROUS: Limits = { value: 6_000, sql: 10_000, line: 1_000, entries: 40 };

export interface Draft {
  readonly to: MailAddress;
  readonly subject: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly letter: (limits: Limits) => Letter;
}

/** Renders with ever tighter limits until both forms are small enough. */
export function compose(draft: Draft): MailMessage {
  for (let divisor = 1; ; divisor *= 2) {
    const letter = draft.letter({
      value: Math.ceil(GENEROUS.value / divisor),
      sql: Math.ceil(GENEROUS.sql / divisor),
      line: Math.ceil(GENEROUS.line / divisor),
      entries: Math.ceil(GENEROUS.entries / divisor),
    });
    const text = renderText(letter);
    const html = renderHtml(letter);
    const tooLong = Math.max(Buffer.byteLength(text), Buffer.byteLength(html)) > MAX_BYTES;
    if (tooLong && divisor < 64) continue;
    return {
      to: draft.to,
      subject: oneLine(draft.subject, 250),
      text,
      html,
      headers: headers(draft.headers),
      chat: renderChat(letter),
    };
  }
}

function headers(own: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(own).map(([name, value]) => [
    name,
    oneLine(value, 200).replaceAll(/[^ -~]/g, '?'),
  ]);
  return {
    ...Object.fromEntries(entries),
    // No out-of-office notes back to a program.
    'Auto-Submitted': 'auto-generated',
    'X-Auto-Response-Suppress': 'All',
  };
}
