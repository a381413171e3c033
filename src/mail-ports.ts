/** What mails ask of the state: which failures have been mailed about, and which mails still have to go. */
import type { PastRun, RunReport } from './domain/run.ts';

/** Failures with one code that have been mailed about and not been followed by a success. */
export interface Incident {
  readonly code: string;
  /** When the first of them ended. */
  readonly since: Date;
  readonly failures: number;
  readonly mails: number;
  readonly lastMailAt: Date;
  readonly lastFailureAt: Date;
  /** Who was mailed; null of a spec file. */
  readonly owner: { readonly name: string | null; readonly email: string } | null;
  /** Of a spec file: which faults were mailed. */
  readonly fingerprint: string | null;
  /** `Message-ID` of the first mail about it, which later ones answer; null where that was not kept. */
  readonly thread: string | null;
}

/** How a message reaches people. */
export type Channel = 'mail' | 'webhook';

/** A message that has been written and not been taken yet. `message` is opaque text. */
export interface OutboxEntry {
  readonly id: number;
  readonly channel: Channel;
  readonly task: string | null;
  readonly message: string;
  readonly createdAt: Date;
  /** This one included. */
  readonly attempts: number;
}

/**
 * What kept a mail from being sent: the server as a whole (`server`), or its answer to this very mail, for now
 * (`deferred`) or for good (`refused`).
 */
export type MailObstacle = 'server' | 'deferred' | 'refused';

/** What a digest asks of the state. Every function throws TidemarkError STATE_UNUSABLE. */
export interface DigestBook {
  /** Up to when digests have been written; null: there has been none. */
  toldUpTo(): Date | null;
  note(upTo: Date): void;
  /** By task: what ended after one time and up to another. Rows and bytes are those that were published. */
  totals(
    after: Date,
    upTo: Date,
  ): Map<
    string,
    { readonly succeeded: number; readonly failed: number; readonly rows: number; readonly bytes: number }
  >;
  /** By task: its last run that succeeded or failed, and since when it fails (ISO 8601 UTC). */
  standings(): Map<
    string,
    { readonly last: PastRun | null; readonly failing: { readonly since: string } | null }
  >;
}

/** What the state remembers about mails. Every function throws TidemarkError STATE_UNUSABLE. */
export interface MailBook {
  /** All of it or nothing. What is read in it stays true until its end. */
  atOnce<T>(act: () => T): T;
  /** By `since`. `subject`: a task, `backfill:TASK`, `spec:FILE`. */
  incidents(subject: string): Incident[];
  putIncident(subject: string, incident: Incident): void;
  endIncidents(subject: string): void;
  /** Subjects that begin with this. */
  subjects(prefix: string): string[];
  /** Reports of runs of a task that wrote changed columns, of which the owner has not been mailed. */
  schemaNotices(task: string): RunReport[];
  /** Notes that the owner is being mailed of the changed columns of a run; false: there is nothing to be said. */
  takeSchemaNotice(runId: string): boolean;
  /** The same for runs of unexpected size. */
  sizeNotices(task: string): RunReport[];
  takeSizeNotice(runId: string): boolean;
  /** Reports of the runs that have ended an incident of their task without anybody noting it. */
  recoveries(): RunReport[];
  /**
   * Live runs of a task, or its backfills, that died with their process: after the last live success, after the last
   * success among them, and after the last death that was noted under `subject`.
   */
  deaths(
    task: string,
    of: { readonly subject: string; readonly backfills: boolean },
  ): Pick<RunReport, 'run_id' | 'kind' | 'scheduled_for' | 'started_at' | 'finished_at'>[];
  addMail(
    mail: {
      /** By default, `mail`. */
      readonly channel?: Channel;
      readonly task: string | null;
      readonly recipient: string;
      readonly message: string;
    },
    at: Date,
  ): void;
  /**
   * Takes the oldest mail that is due and overtakes no other of its task and recipient; one that was refused holds
   * nobody up. Until its end is noted it is put off, so that a crash does not make it be sent over and over.
   *
   * @param putOff until when, given how often it will have been tried.
   * @param channels only of these; by default, all.
   */
  takeDue(now: Date, putOff: (attempts: number) => Date, channels?: readonly Channel[]): OutboxEntry | null;
  /** When the next mail of these channels is due; null: there is none. */
  nextDue(channels?: readonly Channel[]): Date | null;
  /** Gone from the outbox: sent or given up. `serverUp`: what only waited for the same server is due now. */
  removeMail(id: number, serverUp: boolean, now: Date): void;
  /** It stays; where the server itself is the obstacle, all others of its channel are put off as long. */
  keepMail(id: number, obstacle: MailObstacle, error: string, until: Date): void;
  /** Everything is due. */
  hurry(now: Date): void;
  readonly digest: DigestBook;
}
