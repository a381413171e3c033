/** The mail of a day: which tasks need somebody, what was published, and what runs the next day. Pure. */
import { compose, type Limits } from './compose.ts';
import {
  type Block,
  formatInstant,
  type MailAddress,
  type MailMessage,
  shorten,
  shortenList,
} from './letter.ts';
import { countOf, footerFor, type Instance } from './phrases.ts';

/** How a task stands at the end of the day, and what it did in it. */
export interface DigestEntry {
  readonly task: string;
  /** `new`: it has not run yet. */
  readonly state: 'failed' | 'stale' | 'well' | 'new';
  /** What is wrong and what to do, in a sentence or two; null: nothing is wrong. */
  readonly trouble: string | null;
  readonly succeeded: number;
  readonly failed: number;
  readonly rows: number;
  readonly bytes: number;
  /** Null: it does not run by itself. */
  readonly nextFire: Date | null;
  /** How often it runs in the next 24 hours. */
  readonly fires: number;
}

export interface DigestDetails {
  readonly to: MailAddress;
  /** Whom the mail goes to: `owner of these tasks`. */
  readonly reader: string;
  readonly entries: readonly DigestEntry[];
  readonly from: Date;
  readonly until: Date;
  /** IANA zone of the reader. */
  readonly zone: string;
  readonly instance: Instance;
}

export function digestMessage(details: DigestDetails): MailMessage {
  const { to, entries, from, until, zone, instance, reader } = details;
  const summary = summaryOf(entries);
  const troubled = entries.filter(({ trouble }) => trouble !== null);
  return compose({
    to,
    subject: `[tidemark] digest: ${summary}`,
    headers: { 'X-Tidemark-Digest': until.toISOString() },
    letter: (limits) => ({
      headline: summary,
      code: null,
      tone: troubled.length === 0 ? 'good' : 'bad',
      title:
        troubled.length === 0
          ? 'Nothing needs to be done.'
          : `${countOf(troubled.length, 'task')} to look after.`,
      when: `From ${formatInstant(from, zone)} to ${formatInstant(until, zone)}`,
      blocks: [
        ...troubleBlocks('Failed', 'failed', entries, limits),
        ...troubleBlocks('Stale', 'stale', entries, limits),
        totalsOf(entries),
        tasksOf(entries, limits),
        nextDay(entries, zone, limits),
      ],
      footer: footerFor(instance, reader),
    }),
  });
}

/** `1 failed, 2 stale, 5 well` */
function summaryOf(entries: readonly DigestEntry[]): string {
  const count = (state: DigestEntry['state']): number => entries.filter((one) => one.state === state).length;
  const parts = [
    [count('failed'), 'failed'],
    [count('stale'), 'stale'],
    [count('well'), 'well'],
    [count('new'), 'not run yet'],
  ] as const;
  const named = parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${number.toLocaleString('en')} ${what}`);
  return named.length === 0 ? 'no tasks' : named.join(', ');
}

function troubleBlocks(
  heading: string,
  state: DigestEntry['state'],
  entries: readonly DigestEntry[],
  limits: Limits,
): Block[] {
  const items = entries
    .filter((entry) => entry.state === state)
    .map(({ task, trouble }) => shorten(`${task}: ${trouble ?? ''}`, limits.line));
  return items.length === 0 ? [] : [{ kind: 'list', heading, items: shortenList(items, limits.entries) }];
}

function totalsOf(entries: readonly DigestEntry[]): Block {
  const sum = (what: 'succeeded' | 'failed' | 'rows' | 'bytes'): number =>
    entries.reduce((total, entry) => total + entry[what], 0);
  return {
    kind: 'facts',
    heading: 'The day',
    rows: [
      ['Succeeded', countOf(sum('succeeded'), 'run')],
      ['Failed', countOf(sum('failed'), 'run')],
      ['Rows', sum('rows').toLocaleString('en')],
      ['Bytes', formatBytes(sum('bytes'))],
    ],
  };
}

function tasksOf(entries: readonly DigestEntry[], limits: Limits): Block {
  const items = entries.map(({ task, succeeded, failed, rows, bytes }) => {
    const runs =
      failed === 0 ? countOf(succeeded, 'run') : `${countOf(succeeded + failed, 'run')}, ${failed} failed`;
    return `${task}: ${succeeded + failed === 0 ? 'no runs' : `${runs}, ${countOf(rows, 'row')}, ${formatBytes(bytes)}`}`;
  });
  return { kind: 'list', heading: 'What each task did', items: shortenList(items, limits.entries) };
}

function nextDay(entries: readonly DigestEntry[], zone: string, limits: Limits): Block {
  const fires = entries.reduce((total, entry) => total + entry.fires, 0);
  const soonest = entries
    .filter((entry) => entry.fires > 0 && entry.nextFire !== null)
    .toSorted((one, other) => one.nextFire!.getTime() - other.nextFire!.getTime());
  const items = soonest.map(
    ({ task, nextFire, fires: often }) =>
      `${task}: ${formatInstant(nextFire!, zone)}${often > 1 ? ` and ${countOf(often - 1, 'time')} more` : ''}`,
  );
  const total = `${countOf(fires, 'run')} of ${countOf(soonest.length, 'task')} in the next 24 hours.`;
  return { kind: 'list', heading: 'The next day', items: [total, ...shortenList(items, limits.entries)] };
}

/** `6.1 MB`, of 1,000 bytes. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let [value, unit] = [bytes, 0];
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${unit === 0 ? value.toLocaleString('en') : value.toFixed(1)} ${units[unit]}`;
}
