/**
 * What every mail of Tidemark consists of, before it is text or HTML: both forms are made from the same blocks, so
 * neither can say less than the other. Also the pieces that letters are put together from. Pure.
 */

export interface MailAddress {
  readonly name: string | null;
  readonly address: string;
}

/** A mail as the mailer sends it; the sender is the mailer's. */
export interface MailMessage {
  readonly to: MailAddress;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly chat: ChatMessage;
}

/** What a webhook is sent: the form of Slack's incoming webhooks. */
export interface ChatMessage {
  readonly text: string;
  readonly blocks: readonly object[];
}

/** A mail that has been written: the same however often it is sent, so that a second copy is known as one. */
export interface WrittenMail extends MailMessage {
  /** `<…@…>` */
  readonly messageId: string;
  /** When it was written, ISO 8601 UTC. */
  readonly date: string;
}

export type Block =
  /** `strong` marks what to do: it stands out in the HTML. */
  | { readonly kind: 'words'; readonly heading: string; readonly text: string; readonly strong?: boolean }
  | { readonly kind: 'list'; readonly heading: string; readonly items: readonly string[] }
  | {
      readonly kind: 'facts';
      readonly heading: string;
      readonly rows: readonly (readonly [label: string, value: string])[];
    }
  /** Set in a fixed width, line by line. */
  | { readonly kind: 'code'; readonly heading: string; readonly text: string };

export interface Letter {
  /** What happened, in a few words. */
  readonly headline: string;
  /** Null: nothing is wrong, or the mail is about several things. */
  readonly code: string | null;
  /** Its colour; by default `bad` where there is a code. */
  readonly tone?: 'good' | 'bad';
  /** What it means, in one line. */
  readonly title: string;
  /** For which scheduled time; null where there is none. */
  readonly when: string | null;
  /** In the order of reading: cause and cure first. */
  readonly blocks: readonly Block[];
  readonly footer: Footer;
}

export interface Footer {
  /** Which Tidemark it is. */
  readonly sender: string;
  /** Why the reader of a mail gets it; whoever reads a chat does not. */
  readonly reason: string;
}

/** The letter in one line. */
export function summaryOf({ headline, code }: Letter): string {
  return code === null ? headline : `${headline}: ${code}`;
}

/** Without what a mail client could choke on: control characters become visible, line ends become `\n`. */
export function clean(text: string): string {
  return (
    Buffer.from(text)
      .toString()
      .replaceAll(/\r\n?|\u2028|\u2029/g, '\n')
      // oxlint-disable-next-line no-control-regex -- these are the characters that are made visible
      .replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
  );
}

/** The text with its middle left out, and saying so, where it is longer than `limit` characters. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const left = text.length - limit;
  const head = text.slice(0, Math.ceil(limit / 2));
  const tail = text.slice(text.length - Math.floor(limit / 2));
  // A cut through a surrogate pair would leave a character that no mail can carry.
  const whole = [head.replace(/[\ud800-\udbff]$/, ''), tail.replace(/^[\udc00-\udfff]/, '')];
  return whole.join(` … [${left.toLocaleString('en')} characters left out] … `);
}

/** The first `limit` items, and how many more there are. */
export function shortenList(items: readonly string[], limit: number): string[] {
  if (items.length <= limit) return [...items];
  return [...items.slice(0, limit), `… and ${(items.length - limit).toLocaleString('en')} more`];
}

/** Fit for one line of a header: no line breaks or other control characters, and of bounded length. */
export function oneLine(text: string, limit: number): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  const line = text.replaceAll(/[\x00-\x20\x7f-\x9f\u2028\u2029]+/g, ' ').trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** `2026-03-01 02:03:04` in a zone, with the zone's offset where it is not UTC. */
export function formatInstant(instant: Date, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  }).formatToParts(instant);
  const part = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((found) => found.type === type)?.value ?? '';
  const text = `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}:${part('second')}`;
  if (isUtc(zone)) return `${text} UTC`;
  return `${text} ${zone} (${part('timeZoneName').replace(/^GMT$/, 'GMT+00:00').replace('GMT', 'UTC')})`;
}

export function isUtc(zone: string): boolean {
  return /^(Etc\/)?(UTC|UCT|GMT|Zulu|Universal)$/i.test(zone);
}
