/** Which failures are worth a mail: the first of its kind, and then ever fewer. Pure. */
import type { Incident } from '../mail-ports.ts';

/** Fires are never spaced exactly as the intervals: a daily task is mailed about daily, not every other day. */
const NEARLY = 0.95;

export interface Failure {
  readonly code: string;
  readonly at: Date;
  readonly owner: Incident['owner'];
  /** How many failures this stands for; 1 by default. */
  readonly count?: number;
  /** `Message-ID` of the mail about it, if there is one. */
  readonly messageId: string;
}

/** A failure that has been mailed about before. */
export interface Repeat {
  readonly since: Date;
  /** Since then, this one included. */
  readonly failures: number;
  /** For so long the same failure is not mailed about again. */
  readonly quietMs: number;
}

export interface Noted {
  readonly incident: Incident;
  readonly mail: boolean;
  readonly repeat: Repeat | null;
  /** `Message-ID` that the mail answers; null: it begins a thread. */
  readonly answers: string | null;
}

/** The first mail about what is not over: all codes of a task are one thread. */
export function threadOf(incidents: readonly Incident[]): string | null {
  return incidents.find(({ thread }) => thread !== null)?.thread ?? null;
}

/**
 * What becomes of a failure: how it is remembered, and whether it is mailed.
 *
 * @param incidents what is remembered of the task; each code has intervals of its own, so that two codes in turn do
 * not make a mail of every fire.
 * @param intervalsMs after the first mail, the second … The last one repeats; must not be empty.
 */
export function noteFailure(
  incidents: readonly Incident[],
  failure: Failure,
  intervalsMs: readonly number[],
): Noted {
  const { code, at, owner, count = 1, messageId } = failure;
  const answers = threadOf(incidents);
  const known = incidents.find((one) => one.code === code);
  if (known === undefined) {
    const first = { code, since: at, failures: count, mails: 1, lastMailAt: at, lastFailureAt: at };
    const incident = { ...first, owner, fingerprint: null, thread: answers ?? messageId };
    return { incident, mail: true, repeat: null, answers };
  }
  const failures = known.failures + count;
  const quiet = at.getTime() - known.lastMailAt.getTime();
  // A clock that was set back must not make for silence until it has caught up.
  const mail = quiet < 0 || quiet >= intervalAfter(known.mails, intervalsMs) * NEARLY;
  const incident = {
    ...known,
    failures,
    owner,
    lastFailureAt: at,
    mails: mail ? known.mails + 1 : known.mails,
    lastMailAt: mail ? at : known.lastMailAt,
    thread: answers ?? (mail ? messageId : null),
  };
  const quietMs = intervalAfter(incident.mails, intervalsMs);
  return { incident, mail, repeat: { since: known.since, failures, quietMs }, answers };
}

/** How long to wait after so many mails. */
export function intervalAfter(mails: number, intervalsMs: readonly number[]): number {
  return intervalsMs[Math.min(mails, intervalsMs.length) - 1] ?? 0;
}

/** What a success ends. */
export interface Broken {
  readonly since: Date;
  readonly failures: number;
  /** In the order in which they came up. */
  readonly codes: readonly string[];
}

/** All incidents of a task as one; null where there is none, and nothing to recover from. */
export function brokenBy(incidents: readonly Incident[]): Broken | null {
  const [first] = incidents;
  if (first === undefined) return null;
  return {
    since: first.since,
    failures: incidents.reduce((sum, { failures }) => sum + failures, 0),
    codes: incidents.map(({ code }) => code),
  };
}
