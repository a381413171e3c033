/** What all mails about a run have in common: who gets them, and which run they are about. Pure. */
import type { Spec } from '../domain/spec.ts';
import type { RunReport } from '../domain/run.ts';
import { compose, type Limits } from './compose.ts';
import { type Block, formatInstant, type Letter, type MailMessage } from './letter.ts';
import { footerFor, inBothZones, type Instance, kindInWords, ownerAddress } from './phrases.ts';

export interface RunMail {
  readonly owner: Spec['owner'];
  /** IANA zone of the task. */
  readonly zone: string;
  readonly report: RunReport;
  readonly instance: Instance;
}

/**
 * @param headline of the letter, and with the code the subject of the mail.
 * @param code null: nothing is wrong.
 */
export function composeRunMail(
  { owner, zone, report, instance }: RunMail,
  headline: string,
  code: string | null,
  letter: (limits: Limits) => Pick<Letter, 'title' | 'blocks'>,
): MailMessage {
  const { task, run_id, scheduled_for } = report;
  return compose({
    to: ownerAddress(owner),
    subject: `[tidemark] ${headline}${code === null ? '' : `: ${code}`}`,
    headers: {
      'X-Tidemark-Task': task,
      ...(code === null ? {} : { 'X-Tidemark-Code': code }),
      'X-Tidemark-Run': run_id,
    },
    letter: (limits) => ({
      headline,
      code,
      when: `Scheduled for ${inBothZones(new Date(scheduled_for), zone)}`,
      ...letter(limits),
      footer: footerFor(instance, `owner of the task ${task}`),
    }),
  });
}

/** By what the run is found again. @param rows what the mail says of it besides. */
export function runFacts(
  { report, instance }: Pick<RunMail, 'report' | 'instance'>,
  rows: readonly (readonly [label: string, value: string])[],
): Block {
  const kind = kindInWords(report.kind);
  return {
    kind: 'facts',
    heading: 'The run',
    rows: [
      ['Task', report.task],
      ...(kind === null ? [] : [['Kind', kind] as const]),
      ['Started', formatInstant(new Date(report.started_at), 'UTC')],
      ...rows,
      ['Host', instance.host],
      ['Run id', report.run_id],
    ],
  };
}
