/** Who hears of stale tasks: the owner, when it begins, then ever less often, and once when it is over. */
import type { Circumstances, FreshnessPromise, Success } from '../domain/freshness.ts';
import type { Incident } from '../mail-ports.ts';
import type { RepeatingMeans } from './means.ts';
import type { Books } from './post.ts';
import { intervalAfter, noteFailure, threadOf } from './repeat.ts';
import { freshMessage, staleMessage } from './stale-message.ts';

export interface StaleMailOptions extends RepeatingMeans {
  readonly book: Pick<Books, 'incidents'>;
}

export interface StaleMails {
  /**
   * A task is stale: may be said as often as one likes.
   *
   * @param circumstances asked for where a mail is due; what it throws is thrown.
   * @returns when the next mail is due; null where that cannot be known.
   */
  stale(promise: FreshnessPromise, since: Date, now: Date, circumstances: () => Circumstances): Date | null;
  fresh(promise: FreshnessPromise, success: Success | null): void;
  /** Nothing is promised of these tasks any more. */
  forgotten(tasks: readonly string[]): void;
}

/** Beside the failures of a task, which a success ends: it is no name of a task. */
const subjectOf = (task: string): string => `stale:${task}`;

export function staleMails({
  post,
  book,
  log,
  redact,
  instance,
  repeatAfterMs,
}: StaleMailOptions): StaleMails {
  /** When the next mail about it is due; a clock that was set back must not make for silence. */
  const dueAfter = ({ lastMailAt, mails }: Incident, now: Date): Date => {
    if (lastMailAt > now) return now;
    return new Date(lastMailAt.getTime() + intervalAfter(mails, repeatAfterMs));
  };

  /** What is remembered; undefined: nothing. Throws nothing: where the state cannot be read, writing will tell. */
  const known = (task: string): Incident | undefined => {
    let found: Incident | undefined;
    post.looking(() => ([found] = book.incidents(subjectOf(task))));
    return found;
  };

  const end = (task: string): void =>
    post.write(task, (books) => {
      books.endIncidents(subjectOf(task));
      return null;
    });

  return {
    stale(promise, since, now, circumstances) {
      const { task, owner } = promise;
      const remembered = known(task);
      if (remembered !== undefined && dueAfter(remembered, now) > now) return dueAfter(remembered, now);
      let next: Date | null = null;
      const facts = redacted(circumstances(), redact);
      post.write(task, (books, messageId) => {
        const subject = subjectOf(task);
        const incidents = books.incidents(subject);
        const failure = { code: 'NO_RECENT_SUCCESS', at: now, owner, messageId };
        const { incident, mail, answers, repeat } = noteFailure(incidents, failure, repeatAfterMs);
        next = dueAfter(incident, now);
        if (!mail) return null;
        books.putIncident(subject, repeat === null ? { ...incident, since } : incident);
        const quietMs = intervalAfter(incident.mails, repeatAfterMs);
        const repeated = repeat !== null;
        const said = { promise, since, circumstances: facts, now, quietMs, repeated, instance };
        return { message: staleMessage(said), answers };
      });
      return next;
    },
    fresh(promise, success) {
      const { task } = promise;
      if (!post.knows(subjectOf(task))) return;
      post.write(task, (books) => {
        const incidents = books.incidents(subjectOf(task));
        books.endIncidents(subjectOf(task));
        const [first] = incidents;
        if (first === undefined) return null;
        if (success === null || success.finishedAt < first.since) {
          log.info('task is no longer stale: the spec promises less than before', { task });
          return null;
        }
        const message = freshMessage({ promise, success, since: first.since, instance });
        return { message, answers: threadOf(incidents) };
      });
    },
    forgotten(tasks) {
      for (const task of tasks) if (post.knows(subjectOf(task))) end(task);
    },
  };
}

/** What a server, a file or a person has said, without secrets. */
function redacted(circumstances: Circumstances, redact: (text: string) => string): Circumstances {
  const { past, problem } = circumstances;
  const { failure } = past;
  return {
    ...circumstances,
    problem: problem === null ? null : redact(problem),
    past:
      failure === null
        ? past
        : {
            ...past,
            failure: {
              ...failure,
              error: {
                ...failure.error,
                message: redact(failure.error.message),
                hint: redact(failure.error.hint),
              },
            },
          },
  };
}
