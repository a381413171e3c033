/** The mail about a task that succeeds again after its owner had mail about its failures. Pure. */
import type { RunReport } from '../domain/run.ts';
import type { Limits } from './compose.ts';
import { type Block, type MailMessage, shorten, shortenList } from './letter.ts';
import { countOf, formatBounds, formatDuration, inBothZones } from './phrases.ts';
import type { Broken } from './repeat.ts';
import { composeRunMail, runFacts, type RunMail } from './run-mail.ts';

/** Of the run that succeeded. */
export interface RecoveryDetails extends RunMail {
  readonly broken: Broken;
}

/** Tells a task's owner, once, that it works again. */
export function recoveryMessage(details: RecoveryDetails): MailMessage {
  const { zone, report, broken } = details;
  const { task } = report;
  const finished = new Date(report.finished_at);
  const codes = broken.codes.join(', ');
  const what = report.kind === 'backfill' ? `The backfill of ${task}` : task;
  return composeRunMail(details, `${task} recovered`, null, (limits) => ({
    title: `${what} succeeds again. Nothing needs to be done.`,
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
      runFacts(details, [
        ['Took', formatDuration(report.duration_ms)],
        ['Manifest', shorten(report.manifest ?? 'none: there were no rows', limits.line)],
      ]),
    ],
  }));
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
