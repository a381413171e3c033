/** Mails that have been written and not reached the server yet, in the state file. */
import type { DatabaseSync } from 'node:sqlite';
import type { Channel, MailBook, MailObstacle, OutboxEntry } from '../mail-ports.ts';
import { consulted, durably } from './database.ts';
import { digestBook } from './digest.ts';
import {
  endIncidents,
  incidentsOf,
  putIncident,
  subjectsLike,
  unnotedDeaths,
  unnotedRecoveries,
} from './incidents.ts';
import { runNotices, takeNotice } from './run-notices.ts';

/** All that the state remembers about mails, bound to an open state file. */
export function mailBook(db: DatabaseSync): MailBook {
  const read = <T>(look: () => T): T => consulted('what has been mailed', look);
  const write = <T>(change: () => T): T => (db.isTransaction ? change() : durably(db, 'a mail', change));
  return {
    digest: digestBook(db),
    atOnce: (act) => durably(db, 'a mail', act),
    incidents: (subject) => read(() => incidentsOf(db, subject)),
    putIncident: (subject, incident) => write(() => putIncident(db, subject, incident)),
    endIncidents: (subject) => write(() => endIncidents(db, subject)),
    subjects: (prefix) => read(() => subjectsLike(db, prefix)),
    schemaNotices: (task) => read(() => runNotices(db, 'schema_notice', task)),
    takeSchemaNotice: (runId) => write(() => takeNotice(db, 'schema_notice', runId)),
    sizeNotices: (task) => read(() => runNotices(db, 'size_notice', task)),
    takeSizeNotice: (runId) => write(() => takeNotice(db, 'size_notice', runId)),
    recoveries: () => read(() => unnotedRecoveries(db)),
    deaths: (task, of) => read(() => unnotedDeaths(db, task, of)),
    addMail: (mail, at) => write(() => addMail(db, mail, at)),
    takeDue: (now, putOff, channels = CHANNELS) => {
      // Most looks find nothing: they need no transaction.
      if (read(() => dueMail(db, now, channels)) === undefined) return null;
      return write(() => takeDue(db, now, putOff, channels));
    },
    nextDue: (channels = CHANNELS) => read(() => nextDue(db, channels)),
    removeMail: (id, serverUp, now) => write(() => removeMail(db, id, serverUp, now)),
    keepMail: (id, obstacle, error, until) => write(() => keepMail(db, id, obstacle, error, until)),
    hurry: (now) =>
      write(
        () =>
          void db.prepare('UPDATE outbox SET next_attempt_at = ?1 WHERE next_attempt_at > ?1').run(text(now)),
      ),
  };
}

/**
 * How many mails there are that the server has not taken yet.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function mailsWaiting(db: DatabaseSync): number {
  return consulted(
    'the mails that wait',
    () => db.prepare('SELECT count(*) AS mails FROM outbox').get()!['mails'] as number,
  );
}

const CHANNELS: readonly Channel[] = ['mail', 'webhook'];
/** ?1 is a JSON list of channels. */
const OF_CHANNELS = 'channel IN (SELECT value FROM json_each(?1))';
const sameChannel = (id: string): string => `channel = (SELECT channel FROM outbox WHERE id = ${id})`;

/** No earlier mail of the same task to the same recipient waits; one that was refused holds nobody up. */
const FIRST_IN_LINE = `NOT EXISTS (
  SELECT 1 FROM outbox AS earlier
  WHERE earlier.task IS mail.task AND earlier.recipient = mail.recipient
    AND earlier.id < mail.id AND earlier.obstacle IS NOT 'refused')`;

function addMail(db: DatabaseSync, mail: Parameters<MailBook['addMail']>[0], at: Date): void {
  db.prepare(
    `INSERT INTO outbox (channel, task, recipient, message, created_at, next_attempt_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?5)`,
  ).run(mail.channel ?? 'mail', mail.task, mail.recipient, mail.message, text(at));
}

function takeDue(
  db: DatabaseSync,
  now: Date,
  putOff: (attempts: number) => Date,
  channels: readonly Channel[],
): OutboxEntry | null {
  const due = dueMail(db, now, channels);
  if (due === undefined) return null;
  const attempts = (due['attempts'] as number) + 1;
  db.prepare('UPDATE outbox SET attempts = ?, next_attempt_at = ? WHERE id = ?').run(
    attempts,
    text(putOff(attempts)),
    due['id'] as number,
  );
  return {
    id: due['id'] as number,
    channel: due['channel'] as Channel,
    task: due['task'] as string | null,
    message: due['message'] as string,
    createdAt: new Date(due['created_at'] as string),
    attempts,
  };
}

/** The oldest that is due, of those that are first in their line. */
function dueMail(
  db: DatabaseSync,
  now: Date,
  channels: readonly Channel[],
): Record<string, unknown> | undefined {
  return db
    .prepare(
      `SELECT id, channel, task, message, created_at, attempts FROM outbox AS mail
       WHERE next_attempt_at <= ?2 AND ${OF_CHANNELS} AND ${FIRST_IN_LINE} ORDER BY id LIMIT 1`,
    )
    .get(JSON.stringify(channels), text(now));
}

function nextDue(db: DatabaseSync, channels: readonly Channel[]): Date | null {
  const { at } = db
    .prepare(
      `SELECT min(next_attempt_at) AS at FROM outbox AS mail WHERE ${OF_CHANNELS} AND ${FIRST_IN_LINE}`,
    )
    .get(JSON.stringify(channels)) as { at: string | null };
  return at === null ? null : new Date(at);
}

function removeMail(db: DatabaseSync, id: number, serverUp: boolean, now: Date): void {
  if (serverUp)
    db.prepare(
      `UPDATE outbox SET next_attempt_at = ?1
       WHERE obstacle = 'server' AND next_attempt_at > ?1 AND ${sameChannel('?2')}`,
    ).run(text(now), id);
  db.prepare('DELETE FROM outbox WHERE id = ?').run(id);
}

function keepMail(db: DatabaseSync, id: number, obstacle: MailObstacle, error: string, until: Date): void {
  db.prepare('UPDATE outbox SET obstacle = ?, last_error = ?, next_attempt_at = ? WHERE id = ?').run(
    obstacle,
    error,
    text(until),
    id,
  );
  if (obstacle !== 'server') return;
  db.prepare(
    `UPDATE outbox SET next_attempt_at = ?1, obstacle = coalesce(obstacle, 'server')
     WHERE next_attempt_at < ?1 AND ${sameChannel('?2')}`,
  ).run(text(until), id);
}

function text(instant: Date): string {
  return instant.toISOString();
}
