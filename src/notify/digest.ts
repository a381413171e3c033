/** The daily digest: one for each owner, or one for all tasks, and one for the webhook; each day once. */
import type { Spec } from '../domain/spec.ts';
import type { DigestBook, MailBook } from '../mail-ports.ts';
import { digestMessage, type DigestEntry } from './digest-message.ts';
import { formatInstant, type MailAddress } from './letter.ts';
import type { MailMeans } from './means.ts';
import { ownerAddress } from './phrases.ts';
import type { Posting } from './post.ts';

/** A task that is in force. */
export interface DigestTask {
  readonly spec: Pick<Spec, 'taskName' | 'owner'>;
  /** Null: it does not run by itself. */
  readonly nextFire: Date | null;
  /** How often it runs in the next 24 hours. */
  readonly fires: number;
}

export interface DigestOptions extends MailMeans {
  readonly book: DigestBook;
  /** Which tasks are stale. */
  readonly incidents: Pick<MailBook, 'incidents'>;
  /** `owners`: each gets what is theirs. */
  readonly to: 'owners' | MailAddress;
  /** IANA zone of its times. */
  readonly zone: string;
}

/** A digest is never written sooner after the last one: that the hour was changed makes no second one of a day. */
const LEAST_MS = 12 * 3_600_000;

/** @returns writes the digest of what was done up to `due`, unless it has been written. It does not throw. */
export function digests(options: DigestOptions): (due: Date, tasks: () => readonly DigestTask[]) => void {
  const { post, book, log, instance, to, zone } = options;
  return (due, tasks) =>
    post.looking(() => {
      const told = book.toldUpTo();
      if (told === null) {
        // Of the day before there was a digest nobody asked for one.
        book.note(due);
        return;
      }
      if (due.getTime() - told.getTime() < LEAST_MS) return;
      post.writeAll(() => {
        const entries = entriesOf(options, tasks(), told, due);
        book.note(due);
        const about = { from: told, until: due, zone, instance };
        const all = [...entries.values()].flat();
        const write = (address: MailAddress, reader: string, own: readonly DigestEntry[]): Posting => ({
          message: digestMessage({ ...about, to: address, reader, entries: sorted(own) }),
          answers: null,
          channels: ['mail'],
        });
        const mails =
          to === 'owners'
            ? [...entries].map(([owner, own]) =>
                write(JSON.parse(owner) as MailAddress, 'owner of these tasks', own),
              )
            : [write(to, 'reader of the digest', all)];
        log.info('digest written', { mails: mails.length, tasks: all.length, up_to: due.toISOString() });
        const chat = write({ name: null, address: '' }, 'reader of the chat', all);
        return [...mails, { ...chat, channels: ['webhook'] }];
      });
    });
}

/** By the address of their owner, as JSON. */
function entriesOf(
  { book, incidents, redact, zone }: DigestOptions,
  tasks: readonly DigestTask[],
  from: Date,
  until: Date,
): Map<string, DigestEntry[]> {
  const totals = book.totals(from, until);
  const standings = book.standings();
  const byOwner = new Map<string, DigestEntry[]>();
  for (const { spec, nextFire, fires } of tasks) {
    const task = spec.taskName;
    const { last = null, failing = null } = standings.get(task) ?? {};
    const done = totals.get(task) ?? { succeeded: 0, failed: 0, rows: 0, bytes: 0 };
    const [stale] = incidents.incidents(`stale:${task}`);
    const state =
      failing !== null ? 'failed' : stale !== undefined ? 'stale' : last === null ? 'new' : 'well';
    let trouble: string | null = null;
    if (failing !== null && last?.error) {
      const { code, message, hint } = last.error;
      const since = formatInstant(new Date(failing.since), zone);
      trouble = `${code} since ${since}. ${redact(message)}\nWhat to do: ${redact(hint)}`;
    } else if (stale !== undefined) {
      trouble = `no recent success, since ${formatInstant(stale.since, zone)}.\nWhat to do: see tidemark status`;
    }
    const owner = JSON.stringify(ownerAddress(spec.owner));
    const own = byOwner.get(owner) ?? [];
    own.push({ task, state, trouble, ...done, nextFire, fires });
    byOwner.set(owner, own);
  }
  return byOwner;
}

function sorted(entries: readonly DigestEntry[]): DigestEntry[] {
  return entries.toSorted((one, other) => (one.task < other.task ? -1 : 1));
}
