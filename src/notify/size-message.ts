/** The mail about a run that was published and has not the size that its spec expects. Pure. */
import type { Limits } from './compose.ts';
import { type Block, type MailMessage, shorten, shortenList } from './letter.ts';
import { countOf, formatBounds, formatDuration, inBothZones } from './phrases.ts';
import type { Repeat } from './repeat.ts';
import { composeRunMail, runFacts, type RunMail } from './run-mail.ts';

/** Of the run that succeeded; its report has unexpected sizes. */
export interface SizeDetails extends RunMail {
  /** Path of the spec. */
  readonly file: string;
  /** Null: this is the first mail about it. */
  readonly repeat: Repeat | null;
}

/** Tells a task's owner that a run has far fewer or far more rows than is expected. */
export function sizeMessage(details: SizeDetails): MailMessage {
  const { report, file, zone, repeat } = details;
  const { task, unexpected_sizes: sizes, manifest } = report;
  return composeRunMail(details, `${task}: unexpected size`, null, (limits) => ({
    title: 'The run succeeded, and what it has published has not the size that is expected.',
    blocks: [
      {
        kind: 'list',
        heading: 'What is unexpected',
        items: sizes.map(({ message }) => shorten(message, limits.line)),
      },
      {
        kind: 'words',
        heading: 'What to do',
        text: `Look at the source: were rows deleted, or loaded twice, or not yet? If the size is right, change expect in ${shorten(file, limits.line)}: it is read anew when it is saved.`,
        strong: true,
      },
      ...(repeat === null ? [] : [repeatBlock(repeat, zone)]),
      rowsBlock(details, limits),
      {
        kind: 'list',
        heading: 'What this means',
        items: [
          'The objects are in the bucket, and whatever loads them gets these rows. The manifest has the same warning.',
          'The task runs on as scheduled. To have such a run fail before anything is published, set "on_violation": "fail" under expect.',
        ],
      },
      runFacts(details, [
        ['Manifest', shorten(manifest ?? 'none: there were no rows', limits.line)],
        ['Spec', shorten(file, limits.line)],
      ]),
    ],
  }));
}

function repeatBlock({ since, failures, quietMs }: Repeat, zone: string): Block {
  return {
    kind: 'words',
    heading: 'It goes on',
    text: `${countOf(failures, 'run')} have had an unexpected size since ${inBothZones(since, zone)}. While it goes on, the next mail about it comes in ${formatDuration(quietMs)} at the earliest.`,
  };
}

function rowsBlock({ report: { tables, windows } }: RunMail, limits: Limits): Block {
  const rows = tables.map(({ name, rows: count }) => {
    const own = windows.filter(({ table }) => table === name).map(formatBounds);
    return shorten([`${name}: ${countOf(count, 'row')}`, ...own].join('; '), limits.line);
  });
  return { kind: 'list', heading: 'What the run has', items: shortenList(rows, limits.entries) };
}
