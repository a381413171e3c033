/** What has been mailed about and is not over: failures of tasks and faults of spec files, each by its code. */
import type { DatabaseSync } from 'node:sqlite';
import type { RunReport } from '../domain/run.ts';
import type { Incident, MailBook } from '../mail-ports.ts';
import { reportOf } from './runs.ts';

/** By `since`. */
export function incidentsOf(db: DatabaseSync, subject: string): Incident[] {
  const rows = db
    .prepare(
      `SELECT code, since, failures, mails, last_mail_at, last_failure_at, owner, fingerprint, thread
       FROM incident WHERE task = ? ORDER BY since, code`,
    )
    .all(subject);
  return rows.map((row) => ({
    code: row['code'] as string,
    since: new Date(row['since'] as string),
    failures: row['failures'] as number,
    mails: row['mails'] as number,
    lastMailAt: new Date(row['last_mail_at'] as string),
    lastFailureAt: new Date(row['last_failure_at'] as string),
    owner: row['owner'] === null ? null : (JSON.parse(row['owner'] as string) as Incident['owner']),
    fingerprint: row['fingerprint'] as string | null,
    thread: row['thread'] as string | null,
  }));
}

export function putIncident(db: DatabaseSync, subject: string, incident: Incident): void {
  db.prepare(
    `INSERT OR REPLACE INTO incident
       (task, code, since, failures, mails, last_mail_at, last_failure_at, owner, fingerprint, thread)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    subject,
    incident.code,
    incident.since.toISOString(),
    incident.failures,
    incident.mails,
    incident.lastMailAt.toISOString(),
    incident.lastFailureAt.toISOString(),
    incident.owner === null ? null : JSON.stringify(incident.owner),
    incident.fingerprint,
    incident.thread,
  );
}

export function endIncidents(db: DatabaseSync, subject: string): void {
  db.prepare('DELETE FROM incident WHERE task = ?').run(subject);
}

export function subjectsLike(db: DatabaseSync, prefix: string): string[] {
  return db
    .prepare('SELECT DISTINCT task FROM incident WHERE substr(task, 1, length(?1)) = ?1')
    .all(prefix)
    .map((row) => row['task'] as string);
}

/** The last success of each task whose incidents it has ended: a run that was recorded by a later process, mostly. */
export function unnotedRecoveries(db: DatabaseSync): RunReport[] {
  const rows = db
    .prepare(
      `SELECT run.id, run.report
       FROM (SELECT task, max(last_failure_at) AS failed_at FROM incident GROUP BY task) AS broken
       JOIN run ON run.id = (SELECT max(id) FROM run
                             WHERE task = broken.task AND status = 'succeeded' AND kind <> 'backfill')
       WHERE run.finished_at > broken.failed_at`,
    )
    .all();
  return rows.map((row) => reportOf(db, row['id'] as number, row['report'] as string));
}

/** See `MailBook.deaths`. */
export function unnotedDeaths(
  db: DatabaseSync,
  task: string,
  { subject, backfills }: Parameters<MailBook['deaths']>[1],
): ReturnType<MailBook['deaths']> {
  return db
    .prepare(
      `SELECT run_id, kind, scheduled_for, started_at, finished_at FROM run
       WHERE task = ?1 AND error_code = 'PROCESS_DIED' AND (kind = 'backfill') = ?3
         AND id > coalesce((SELECT max(id) FROM run
                            WHERE task = ?1 AND status = 'succeeded' AND kind <> 'backfill'), 0)
         AND NOT EXISTS (SELECT 1 FROM run AS later
                         WHERE later.task = ?1 AND later.id > run.id
                           AND later.status = 'succeeded' AND (later.kind = 'backfill') = ?3)
         AND finished_at > coalesce((SELECT last_failure_at FROM incident
                                     WHERE task = ?2 AND code = 'PROCESS_DIED'), '')
       ORDER BY id`,
    )
    .all(task, subject, Number(backfills)) as unknown as ReturnType<MailBook['deaths']>;
}
