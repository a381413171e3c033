/**
 * The mails about a task that has not succeeded for longer than its spec promises, and about its end. Whatever the
 * reason is, the first mail finds it: a failure, a pause, a spec without schedule, a daemon that was down. Pure.
 */
import type { Circumstances, FreshnessPromise, Success } from '../domain/freshness.ts';
import type { ErrorCode } from '../error-codes.ts';
import { compose, type Limits } from './compose.ts';
import { type Block, type MailMessage, shorten } from './letter.ts';
import { countOf, footerFor, formatDuration, inBothZones, type Instance, ownerAddress } from './phrases.ts';
import { type Reason, reasonOf } from './stale-reason.ts';

const CODE = 'NO_RECENT_SUCCESS' satisfies ErrorCode;

export interface StaleDetails {
  readonly promise: FreshnessPromise;
  /** Since when it is stale. */
  readonly since: Date;
  readonly circumstances: Circumstances;
  readonly now: Date;
  /** For so long it is not mailed about again. */
  readonly quietMs: number;
  /** Whether it has been mailed about before. */
  readonly repeated: boolean;
  readonly instance: Instance;
}

/** Tells a task's owner that nothing has come of it for too long. */
export function staleMessage(details: StaleDetails): MailMessage {
  const { promise, circumstances, since, instance } = details;
  const { task } = promise;
  const zone = promise.timezone ?? instance.timezone;
  return composeStaleMail(promise, `${task} is stale`, CODE, instance, (limits) => {
    const reason = reasonOf(promise, circumstances, (at) => inBothZones(at, zone));
    return {
      title: titleOf(details),
      when: `Stale since ${inBothZones(since, zone)}`,
      blocks: [
        { kind: 'words', heading: 'Cause', text: shorten(reason.cause, limits.value) },
        { kind: 'words', heading: 'What to do', text: shorten(reason.cure, limits.value), strong: true },
        ...(details.repeated ? [repeatBlock(details)] : []),
        { kind: 'list', heading: 'What this means', items: consequences(details, reason, zone) },
        factsBlock(details, zone, limits),
      ],
    };
  });
}

function titleOf({ promise, circumstances, now }: StaleDetails): string {
  const { success } = circumstances.past;
  const age = now.getTime() - (success?.finishedAt ?? promise.firstSeen).getTime();
  const last =
    success === null
      ? `No run has succeeded since the task is known, for ${formatDuration(age)}`
      : `The last success lies ${formatDuration(age)} back`;
  return `${last}; the spec promises one every ${spanOf(promise.freshnessMs)}.`;
}

function repeatBlock({ quietMs }: StaleDetails): Block {
  return {
    kind: 'words',
    heading: 'It goes on',
    text: `While it goes on, the next mail about it comes in ${formatDuration(quietMs)}; and one when a run has succeeded.`,
  };
}

function consequences({ circumstances }: StaleDetails, reason: Reason, zone: string): string[] {
  const { success } = circumstances.past;
  const data =
    success === null
      ? 'The bucket holds nothing that a run of this task has published, backfills aside.'
      : `The newest data of this task in the bucket is that of ${inBothZones(success.finishedAt, zone)}, backfills aside.`;
  return [data, `What happens next: ${reason.next}`];
}

/** `26 h`: without the parts that are zero. */
function spanOf(milliseconds: number): string {
  return formatDuration(milliseconds).replace(/ 0 (s|min|h)$|\.0(?= s$)/, '');
}

function factsBlock(
  { promise, circumstances, now, instance }: StaleDetails,
  zone: string,
  limits: Limits,
): Block {
  const { success, failure, failures } = circumstances.past;
  const ago = (at: Date): string =>
    `${inBothZones(at, zone)}, ${formatDuration(Math.max(0, now.getTime() - at.getTime()))} ago`;
  return {
    kind: 'facts',
    heading: 'The task',
    rows: [
      ['Task', promise.task],
      ['Promised', `a success at least every ${spanOf(promise.freshnessMs)} (freshness)`],
      ['Last success', success === null ? 'never' : ago(success.finishedAt)],
      ...(success === null ? [['Known since', ago(promise.firstSeen)] as const] : []),
      ...(failure === null
        ? []
        : [
            ['Last failure', `${ago(failure.finishedAt)}: ${failure.error.code}`] as const,
            ['Failed', countOf(failures, 'run')] as const,
          ]),
      ['Schedule', circumstances.schedule ?? 'none'],
      ['Spec', shorten(promise.file, limits.line)],
      ['Host', instance.host],
    ],
  };
}

export interface FreshDetails {
  readonly promise: FreshnessPromise;
  readonly success: Success;
  /** Since when it had been stale. */
  readonly since: Date;
  readonly instance: Instance;
}

/** Tells a task's owner, once, that a run has succeeded. */
export function freshMessage({ promise, success, since, instance }: FreshDetails): MailMessage {
  const { task, freshnessMs } = promise;
  const zone = promise.timezone ?? instance.timezone;
  const staleMs = Math.max(0, success.finishedAt.getTime() - since.getTime());
  return composeStaleMail(promise, `${task} is fresh again`, null, instance, () => ({
    title: `A run of ${task} has succeeded. Nothing needs to be done.`,
    when: null,
    blocks: [
      {
        kind: 'facts',
        heading: 'The task',
        rows: [
          ['Task', task],
          ['Stale for', formatDuration(staleMs)],
          ['Since', inBothZones(since, zone)],
          ['Succeeded', inBothZones(success.finishedAt, zone)],
          ['Promised', `a success at least every ${spanOf(freshnessMs)} (freshness)`],
          ['Run id', success.runId],
        ],
      },
    ],
  }));
}

function composeStaleMail(
  { task, owner }: FreshnessPromise,
  headline: string,
  code: string | null,
  instance: Instance,
  letter: (limits: Limits) => {
    readonly title: string;
    readonly when: string | null;
    readonly blocks: readonly Block[];
  },
): MailMessage {
  return compose({
    to: ownerAddress(owner),
    subject: `[tidemark] ${headline}${code === null ? '' : `: ${code}`}`,
    headers: { 'X-Tidemark-Task': task, ...(code === null ? {} : { 'X-Tidemark-Code': code }) },
    letter: (limits) => ({
      headline,
      code,
      ...letter(limits),
      footer: footerFor(instance, `owner of the task ${task}`),
    }),
  });
}
