/** Who hears of runs of unexpected size: the owner, at the first one and then ever less often while it goes on. */
import type { Spec } from '../domain/spec.ts';
import type { RunReport } from '../domain/run.ts';
import type { MailBook } from '../mail-ports.ts';
import { redactReport } from '../report.ts';
import type { RepeatingMeans } from './means.ts';
import { noteFailure } from './repeat.ts';
import { sizeMessage } from './size-message.ts';

export interface SizeMailOptions extends RepeatingMeans {
  readonly book: Pick<MailBook, 'sizeNotices'>;
}

/** Neither throws. */
export interface SizeMails {
  /** What earlier processes have left unsaid; part of what looks at the state. */
  lookBack(spec: Spec): void;
  /** A live run has succeeded. */
  succeeded(spec: Spec, report: RunReport): void;
}

/** Beside the failures of a task, which a success ends: it is no name of a task. */
const subjectOf = (task: string): string => `size:${task}`;

export function sizeMails({ post, book, log, redact, instance, repeatAfterMs }: SizeMailOptions): SizeMails {
  /** Once for each run: the state has a notice of it until its owner has been told. */
  const tell = (spec: Spec, report: RunReport): void =>
    post.write(spec.taskName, (books, messageId) => {
      if (!books.takeSizeNotice(report.run_id)) return null;
      const subject = subjectOf(spec.taskName);
      const at = new Date(report.finished_at);
      const unexpected = { code: 'EXPECTATION_FAILED', at, owner: spec.owner, messageId };
      const noted = noteFailure(books.incidents(subject), unexpected, repeatAfterMs);
      books.putIncident(subject, noted.incident);
      if (!noted.mail) {
        const { failures } = noted.incident;
        log.info('unexpected size not mailed: it repeats', { task: spec.taskName, runs: failures });
        return null;
      }
      const zone = spec.timezone ?? instance.timezone;
      const { owner, file } = spec;
      const { repeat } = noted;
      const said = { owner, zone, file, report: redactReport(report, redact), instance, repeat };
      return { message: sizeMessage(said), answers: noted.answers };
    });

  return {
    lookBack: (spec) => {
      for (const report of book.sizeNotices(spec.taskName)) tell(spec, report);
    },
    succeeded: (spec, report) => {
      if (report.unexpected_sizes.length > 0) return tell(spec, report);
      // A run by hand is not compared with the usual: it proves nothing.
      if (report.kind === 'manual' || !post.knows(subjectOf(spec.taskName))) return;
      post.write(spec.taskName, (books) => {
        books.endIncidents(subjectOf(spec.taskName));
        return null;
      });
    },
  };
}
