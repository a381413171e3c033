import type { DatabaseSync } from 'node:sqlite';
import type { Incident, MailBook } from '../../../src/mail-ports.ts';
import { mailBook } from '../../../src/state/outbox.ts';
import { recordEnd } from '../../../src/state/runs.ts';
import { attemptOf, backfillOf, recordFor, slotOf } from '../../support/runs.ts';
import { closeStates, stateDb } from './folder.ts';

const NOW = new Date('2026-07-01T00:00:00Z');
const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const inAMinute = (): Date => after(60);

/** Another process on the same state, so to speak. */
function open(): { book: MailBook; db: DatabaseSync } {
  const db = stateDb();
  return { book: mailBook(db), db };
}
const add = (
  book: MailBook,
  message: string,
  task: string | null = null,
  recipient = 'o@example.com',
): void => book.addMail({ task, recipient, message }, NOW);
const take = (book: MailBook, at = NOW): string | null => book.takeDue(at, inAMinute)?.message ?? null;

const incident: Incident = {
  code: 'TABLE_UNKNOWN',
  since: NOW,
  failures: 3,
  mails: 1,
  lastMailAt: NOW,
  lastFailureAt: after(30),
  owner: { name: null, email: 'o@example.com' },
  fingerprint: null,
  thread: '<1@example.com>',
};

describe('the outbox', () => {
  it('is the same for every process, and outlives them', () => {
    const first = open();
    add(first.book, 'a');
    closeStates();
    const [second, third] = [open(), open()];
    expect(second.book.takeDue(NOW, inAMinute)).toEqual({
      id: 1,
      channel: 'mail',
      task: null,
      message: 'a',
      createdAt: NOW,
      attempts: 1,
    });
    expect(take(third.book)).toBeNull();
    expect(third.book.nextDue()).toEqual(after(60));
  });

  it('gives out mails in the order in which they were written, one of each line at a time', () => {
    const { book } = open();
    add(book, 'a1', 'a');
    add(book, 'b1', 'b');
    add(book, 'a2', 'a');
    add(book, 'a2 to another', 'a', 'p@example.com');
    expect([take(book), take(book), take(book), take(book)]).toEqual(['a1', 'b1', 'a2 to another', null]);
    book.removeMail(1, true, NOW);
    expect([take(book), take(book)]).toEqual(['a2', null]);
  });

  it('does not count those as next that wait in line', () => {
    const { book } = open();
    add(book, 'a1', 'a');
    add(book, 'a2', 'a');
    book.keepMail(1, 'deferred', 'busy', after(600));
    expect(book.nextDue()).toEqual(after(600));
    book.keepMail(1, 'refused', 'unknown', after(600));
    expect(book.nextDue()).toEqual(NOW);
  });

  it('puts all off where the server is down, and takes them up again as soon as it is up', () => {
    const { book } = open();
    for (const task of ['a', 'b', 'c']) add(book, task, task);
    book.keepMail(2, 'refused', 'unknown', after(3_000));
    book.keepMail(1, 'server', 'down', after(600));
    expect([take(book, after(599)), book.nextDue()]).toEqual([null, after(600)]);
    book.removeMail(1, true, after(10));
    expect([take(book, after(10)), take(book, after(10))]).toEqual(['c', null]);
  });

  it('puts off and takes up again only what goes the same way', () => {
    const { book } = open();
    for (const task of ['a', 'b']) {
      add(book, `mail ${task}`, task);
      book.addMail({ channel: 'webhook', task, recipient: 'webhook', message: `webhook ${task}` }, NOW);
    }
    book.keepMail(1, 'server', 'down', after(600));
    expect([book.nextDue(), book.nextDue(['mail'])]).toEqual([NOW, after(600)]);
    book.keepMail(2, 'server', 'down', after(900));
    expect([book.nextDue(['mail']), book.nextDue(['webhook'])]).toEqual([after(600), after(900)]);
    book.removeMail(1, true, after(10));
    expect([take(book, after(10)), take(book, after(10))]).toEqual(['mail b', null]);
    expect(book.takeDue(after(900), inAMinute, ['webhook'])).toMatchObject({
      channel: 'webhook',
      message: 'webhook a',
    });
  });

  it('makes everything due where that is asked for', () => {
    const { book } = open();
    add(book, 'a', 'a');
    book.keepMail(1, 'refused', 'unknown', after(3_000));
    book.hurry(after(1));
    expect(take(book, after(1))).toBe('a');
  });

  it('takes what is remembered and the mail about it together, or neither', () => {
    const { book } = open();
    expect(() =>
      book.atOnce(() => {
        book.putIncident('employees', incident);
        add(book, 'a');
        throw new Error('out of space');
      }),
    ).toThrow('out of space');
    expect([book.incidents('employees'), take(book)]).toEqual([[], null]);
  });

  it('says which file cannot be used', () => {
    const { book, db } = open();
    db.exec('DROP TABLE outbox; DROP TABLE incident');
    const unusable = expect.objectContaining({ code: 'STATE_UNUSABLE' }) as Error;
    expect(() => take(book)).toThrow(unusable);
    expect(() => book.incidents('a')).toThrow(unusable);
    expect(() => add(book, 'a')).toThrow(unusable);
  });
});

describe('incidents', () => {
  it('are kept as they are, each code for itself', () => {
    const { book } = open();
    const other = { ...incident, code: 'A', since: after(-1), owner: null, fingerprint: 'f' };
    book.putIncident('employees', incident);
    book.putIncident('employees', other);
    book.putIncident('spec:a.json', other);
    expect(open().book.incidents('employees')).toEqual([other, incident]);
    expect(book.subjects('spec:')).toEqual(['spec:a.json']);
    book.endIncidents('employees');
    expect([book.incidents('employees'), book.incidents('spec:a.json')]).toEqual([[], [other]]);
  });

  it('are over with a success that came later, that of a backfill aside', () => {
    const { book, db } = open();
    const succeeds = (at: Date, backfill = false): void => {
      const trigger = backfill ? backfillOf(at, 'a', 'b') : slotOf(at);
      const record = recordFor(attemptOf(trigger), 'employees');
      recordEnd(db, record, at);
    };
    book.putIncident('employees', incident);
    succeeds(after(-60));
    succeeds(after(60), true);
    expect(book.recoveries()).toEqual([]);
    succeeds(after(120));
    expect(book.recoveries()).toMatchObject([
      {
        task: 'employees',
        status: 'succeeded',
        scheduled_for: after(120).toISOString(),
        files: [{ rows: 3 }],
      },
    ]);
    book.endIncidents('employees');
    expect(book.recoveries()).toEqual([]);
  });
});
