/** The mail about a task that succeeds again after its owner had mail about its failures. Pure. */
import type { Spec } from '../domain/spec.ts';
import type { RunReport } from '../domain/run.ts';
import { compose, type Limits } from './compose.ts';
import { type Block, formatInstant, type MailMessage, shorten, shortenList } from './letter.ts';
import { countOf, formatBounds, formatDuration, inBothZones, kindInWords } from './phrases.ts';
import { type Instance, ownerAddress } from './phrases.ts';
import type { Broken } from './repeat.ts';

export interface RecoveryDetails {
  readonly owner: Spec['owner'];
  /** IANA zone of the task. */
  readonly zone: string;
  /** Of the run that succeeded. */
  readonly report: RunReport;
  readonly broken: Broken;
  readonly instance: Instance;
}

/** Tells a task's owner, once, that it works again. */
export function recoveryMessage({ owner, zone, report, broken, instance }: RecoveryDetails): MailMessage {
  const { task } = report;
  const finished = new Date(report.finished_at);
  const codes = broken.codes.join(', ');
  const kind = kindInWords(report.kind);
  const what = report.kind === 'backfill' ? `The backfill of ${task}` : task;
  return compose({
    to: ownerAddress(owner),
    subject: `[tidemark] ${task} recovered`,
    headers: { 'X-Tidemark-Task': task, 'X-Tidemark-Run': report.run_id },
    letter: (limits) => ({
      headline: `${task} recovered`,
      code: null,
      title: `${what} succeeds again. Nothing needs to be done.`,
      when: `Scheduled for ${inBothZones(new Date(report.scheduled_for), zone)}`,
      blocks: [
        {
          kind: 'facts',
          heading: 'What was broken',
          rows: [
            ['For', formatDuration(Math.max(0, finished.getTime() - broken.since.getTime()))],
            ['Since', inBothZones(broken.since, zone)],
            ['Until', inBothZones(finished, zone)],
            ['Failed', countOf(broken.failures, 'run')],
            ['With', shorten(codes, limits.line)],
          ],
        },
        caughtUp(report, limits),
        {
          kind: 'facts',
          heading: 'The run',
          rows: [
            ['Task', task],
            ...(kind === null ? [] : [['Kind', kind] as const]),
            ['Started', formatInstant(new Date(report.started_at), 'UTC')],
            ['Took', formatDuration(report.duration_ms)],
            ['Manifest', shorten(report.manifest ?? 'none: there were no rows', limits.line)],
            ['Host', instance.host],
            ['Run id', report.run_id],
          ],
        },
      ],
      footer: `Tidemark on ${instance.host}. You get this mail as the owner of the task ${task}.`,
    }),
  });
}

/** What this run read of what the failed ones have not. */
function caughtUp({ tables, windows }: RunReport, limits: Limits): Block {
  const rows = tables.map(({ name, rows: count, files }) => {
    const own = windows.filter(({ table }) => table === name).map(formatBounds);
    const what = [`${countOf(count, 'row')} in ${countOf(files, 'object')}`, ...own].join('; ');
    return shorten(`${name}: ${what}`, limits.line);
  });
  const items = shortenList(rows, limits.entries);
  return { kind: 'list', heading: 'What it published', items };
}
