/**
 * Who hears of what. A mail is written to the outbox, together with what is remembered of the failure, and sent from
 * there; only where the state cannot be used it is sent directly. Nothing that goes wrong here ends a run or the daemon.
 */
import { createHash } from 'node:crypto';
import type { Spec } from '../domain/spec.ts';
import type { RunReport } from '../domain/run.ts';
import { ERRORS } from '../error-codes.ts';
import type { FaultsError, TidemarkError } from '../errors.ts';
import type { Incident, MailBook } from '../mail-ports.ts';
import { redactReport } from '../report.ts';
import { invalidSpecMessage, logsUnwritableMessage } from './admin-message.ts';
import type { SmtpSettings } from './mailer.ts';
import { digests, type DigestOptions } from './digest.ts';
import { failureMessage } from './message.ts';
import type { RepeatingMeans } from './means.ts';
import type { Books, Posting } from './post.ts';
import { recoveryMessage } from './recovery-message.ts';
import { brokenBy, noteFailure, threadOf } from './repeat.ts';
import { schemaChangeMessage } from './schema-change-message.ts';
import { sizeMails } from './size-mails.ts';
import { staleMails, type StaleMails } from './stale-mails.ts';

export interface NotifierOptions extends RepeatingMeans {
  readonly book: MailBook;
  readonly smtp: Pick<SmtpSettings, 'admin'>;
  /** Null: none. */
  readonly digest: Pick<DigestOptions, 'to' | 'zone'> | null;
}

export interface RunContext {
  /** Null: the task is not going to fire again. */
  readonly nextFire: Date | null;
  /** The last lines of the run's log, oldest first. */
  readonly logTail: readonly string[];
  /** The statement that failed, where the report has none of it yet. */
  readonly sql?: string | null | undefined;
}

/** None of these throws. Mails are written when the call returns, and sent later. */
export interface Notifier {
  /** A run is about to begin: mails the owner of what earlier ones that died with their process have left unsaid. */
  runBegins(spec: Spec): void;
  /** Mails the owner when the run failed, unless the failure repeats, when it ended a failure, and of what is odd about a run. */
  runFinished(spec: Spec, report: RunReport, context: RunContext): void;
  /** Mails the owner of the last good version, or the administrator where there is none; the same faults once. */
  specInvalid(invalid: {
    readonly file: string;
    readonly lastGood: Spec | null;
    readonly error: FaultsError;
  }): void;
  /** These files can be used, or are gone: the next fault of theirs is news. */
  specsValid(files: readonly string[]): void;
  /** Mails the administrator, unless it repeats. */
  logsUnwritable(error: TidemarkError): void;
  /** What becomes of promised freshness. */
  readonly staleness: StaleMails;
  /** Writes the digest of what was done up to a time, once; null: the config wants none. */
  readonly digest: ReturnType<typeof digests> | null;
  /** Sends what there is from now on, until `close`. */
  start(): void;
  /** Sends what is due, for some seconds at most. */
  close(): Promise<void>;
}

export function createNotifier(options: NotifierOptions): Notifier {
  const { post, book, smtp, log, redact, instance, repeatAfterMs } = options;
  const sizes = sizeMails(options);

  /** The mail about a failure; null where it has been mailed about not long ago. */
  function failed(
    books: Books,
    spec: Spec,
    report: RunReport,
    context: RunContext,
    messageId: string,
    count = 1,
  ): Posting | null {
    const subject = subjectOfRun(report);
    const noted = noteFailure(
      books.incidents(subject),
      { code: report.error!.code, at: new Date(report.finished_at), owner: spec.owner, count, messageId },
      repeatAfterMs,
    );
    books.putIncident(subject, noted.incident);
    if (!noted.mail) {
      const { code, failures } = noted.incident;
      log.info('failure not mailed: it repeats', { task: report.task, code, failures });
      return null;
    }
    const message = failureMessage({
      spec,
      report: redactReport(report, redact),
      sql: context.sql === null || context.sql === undefined ? null : redact(context.sql),
      nextFire: context.nextFire,
      logTail: context.logTail.map(redact),
      instance,
      repeat: noted.repeat,
    });
    return { message, answers: noted.answers };
  }

  /** The mail about a recovery; null where nothing was mailed about, or the failures came after the success. */
  function recovered(books: Books, report: RunReport, spec: Spec | null): Posting | null {
    const subject = subjectOfRun(report);
    const incidents = books.incidents(subject);
    const broken = brokenBy(incidents);
    const owner = spec?.owner ?? incidents.at(-1)?.owner ?? null;
    const finished = new Date(report.finished_at);
    if (broken === null || owner === null) return null;
    if (incidents.some(({ lastFailureAt }) => lastFailureAt > finished)) return null;
    books.endIncidents(subject);
    const zone = spec?.timezone ?? instance.timezone;
    const said = { owner, zone, report: redactReport(report, redact), broken, instance };
    return { message: recoveryMessage(said), answers: threadOf(incidents) };
  }

  /** Once for each run that wrote changed columns: the state has a notice of it until it is mailed. */
  function tellSchemaChanges(spec: Spec, report: RunReport): void {
    post.write(spec.taskName, (books) => {
      if (!books.takeSchemaNotice(report.run_id)) return null;
      const zone = spec.timezone ?? instance.timezone;
      const said = { owner: spec.owner, zone, report: redactReport(report, redact), instance };
      return { message: schemaChangeMessage(said), answers: null };
    });
  }

  /** Successes that were recorded by another process than the one that ran them, or by one that died with them. */
  function lookBack(): void {
    post.looking(() => {
      for (const report of book.recoveries())
        post.write(report.task, (books) => recovered(books, report, null));
    });
  }

  return {
    runBegins: (spec) =>
      post.looking(() => {
        for (const report of book.schemaNotices(spec.taskName)) tellSchemaChanges(spec, report);
        sizes.lookBack(spec);
        for (const backfills of [false, true]) {
          const subject = subjectOf(spec.taskName, backfills);
          const deaths = book.deaths(spec.taskName, { subject, backfills });
          const last = deaths.at(-1);
          if (last === undefined) continue;
          const report = deathReport(spec, last);
          const context = { nextFire: null, logTail: [] };
          post.write(spec.taskName, (books, id) => failed(books, spec, report, context, id, deaths.length));
        }
      }),
    runFinished: (spec, report, context) => {
      if (report.status === 'failed')
        post.write(spec.taskName, (books, id) => failed(books, spec, report, context, id));
      if (report.status === 'succeeded' && post.knows(subjectOfRun(report)))
        post.write(spec.taskName, (books) => recovered(books, report, spec));
      // A backfill changes no memory: the next live run tells.
      if (report.status === 'succeeded' && report.kind !== 'backfill' && report.schema_changes.length > 0)
        tellSchemaChanges(spec, report);
      if (report.status === 'succeeded' && report.kind !== 'backfill') sizes.succeeded(spec, report);
      post.wake();
    },
    specInvalid: ({ file, lastGood, error }) => {
      const faults = error.faults.map((fault) => ({ ...fault, message: redact(fault.message) }));
      const fingerprint = digest([lastGood?.taskName ?? null, ...faults]);
      post.write(lastGood?.taskName ?? null, (books, messageId) => {
        const [known] = books.incidents(specSubject(file));
        if (known?.fingerprint === fingerprint) return null;
        const answers = known?.thread ?? null;
        books.putIncident(specSubject(file), faultIncident(fingerprint, answers ?? messageId));
        const message = invalidSpecMessage({ file, faults, lastGood, admin: smtp.admin, instance });
        return { message, answers };
      });
    },
    specsValid: (files) =>
      post.looking(() => {
        const valid = new Set(files.map(specSubject));
        for (const subject of book.subjects(SPEC)) if (valid.has(subject)) book.endIncidents(subject);
      }),
    logsUnwritable: ({ code, message, hint }) => {
      const said = { code, message: redact(message), hint: redact(hint) };
      post.write(null, (books, messageId) => {
        const failure = { code, at: new Date(), owner: null, messageId };
        const { incident, mail, answers } = noteFailure(books.incidents(LOGS), failure, repeatAfterMs);
        books.putIncident(LOGS, incident);
        return mail ? { message: logsUnwritableMessage(said, smtp.admin, instance), answers } : null;
      });
    },
    staleness: staleMails(options),
    digest:
      options.digest === null
        ? null
        : digests({ ...options, ...options.digest, book: book.digest, incidents: book }),
    start: () => post.start(lookBack),
    close: () => post.close(),
  };
}

/** No name of a task: those have no colon. */
const SPEC = 'spec:';
const LOGS = 'logs:';

function specSubject(file: string): string {
  return `${SPEC}${file}`;
}

/** A backfill fails and recovers for itself: it says nothing about the live runs. */
function subjectOf(task: string, ofBackfills: boolean): string {
  return ofBackfills ? `backfill:${task}` : task;
}

function subjectOfRun({ kind, task }: RunReport): string {
  return subjectOf(task, kind === 'backfill');
}

function faultIncident(fingerprint: string, thread: string): Incident {
  const now = new Date();
  const times = { since: now, lastMailAt: now, lastFailureAt: now };
  return { code: 'SPEC_INVALID', ...times, failures: 1, mails: 1, owner: null, fingerprint, thread };
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** The report that a run would have made, had its process not died. */
function deathReport({ taskName }: Spec, run: ReturnType<MailBook['deaths']>[number]): RunReport {
  const { title, cause, hint, retryable } = ERRORS.PROCESS_DIED;
  return {
    ...run,
    task: taskName,
    status: 'failed',
    duration_ms: Date.parse(run.finished_at) - Date.parse(run.started_at),
    attempts: 1,
    tables: [],
    files: [],
    manifest: null,
    windows: [],
    schema_changes: [],
    unexpected_sizes: [],
    warnings: [],
    error: { code: 'PROCESS_DIED', message: `${title}: ${cause}`, hint, retryable },
  };
}
