/**
 * Who hears of what. A mail that cannot be sent ends as one line in the log, with what it would have said; it is
 * never the end of a run or of the daemon.
 */
import type { RunReport, Spec } from '../domain.ts';
import { asTidemarkError, type FaultsError, type TidemarkError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { redactReport } from '../report.ts';
import { type MailMessage, shorten } from './letter.ts';
import type { Mailer, SmtpSettings } from './mailer.ts';
import { failureMessage, type Instance, invalidSpecMessage, logsUnwritableMessage } from './message.ts';

export interface NotifierOptions {
  readonly mailer: Pick<Mailer, 'send'>;
  readonly smtp: Pick<SmtpSettings, 'admin'>;
  readonly log: Log;
  /** Takes secrets out of everything that is mailed, before it is shortened. */
  readonly redact: (text: string) => string;
  readonly instance: Instance;
}

export interface RunContext {
  /** Null: the task is not going to fire again. */
  readonly nextFire: Date | null;
  /** The last lines of the run's log, oldest first. */
  readonly logTail: readonly string[];
  /** The statement that failed, where the report has none of it yet. */
  readonly sql?: string | null | undefined;
}

/** None of these rejects because a mail could not be sent. */
export interface Notifier {
  /** Mails the owner when the run failed. */
  runFinished(spec: Spec, report: RunReport, context: RunContext): Promise<void>;
  /** Mails the owner of the last good version, or the administrator where there is none. */
  specInvalid(invalid: {
    readonly file: string;
    readonly lastGood: Spec | null;
    readonly error: FaultsError;
  }): Promise<void>;
  /** Mails the administrator. */
  logsUnwritable(error: TidemarkError): Promise<void>;
}

/** What a log line keeps of a mail that was not sent, in characters. */
const SAID = 4_000;

export function createNotifier(options: NotifierOptions): Notifier {
  const { mailer, smtp, log, redact, instance } = options;

  async function send(message: MailMessage, task: string | undefined): Promise<void> {
    try {
      await mailer.send(message);
    } catch (thrown) {
      const error = asTidemarkError(thrown);
      log.error('a mail could not be sent', {
        task,
        code: 'MAIL_FAILED',
        cause: error.message,
        hint: error.hint,
        to: message.to.address,
        subject: message.subject,
        text: shorten(message.text, SAID),
      });
      return;
    }
    log.info('mail sent', { task, to: message.to.address, subject: message.subject });
  }

  return {
    runFinished: async (spec, report, context) => {
      if (report.status !== 'failed') return;
      const { taskName, owner, schedule, timezone, file } = spec;
      const message = failureMessage({
        spec: { taskName, owner, schedule, timezone, file },
        report: redactReport(report, redact),
        sql: context.sql === null || context.sql === undefined ? null : redact(context.sql),
        nextFire: context.nextFire,
        logTail: context.logTail.map(redact),
        instance,
      });
      await send(message, taskName);
    },
    specInvalid: async ({ file, lastGood, error }) => {
      const faults = error.faults.map((fault) => ({ ...fault, message: redact(fault.message) }));
      const message = invalidSpecMessage({ file, faults, lastGood, admin: smtp.admin, instance });
      await send(message, lastGood?.taskName);
    },
    logsUnwritable: async ({ code, message, hint }) => {
      const said = { code, message: redact(message), hint: redact(hint) };
      await send(logsUnwritableMessage(said, smtp.admin, instance), undefined);
    },
  };
}
