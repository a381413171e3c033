/**
 * The mails that Tidemark writes: what they say, to whom, and in which order. Whoever reads one at night finds the
 * cause and the cure first, then what it means for the data, then the details. Pure: all that a mail says comes in.
 */
import type { RunReport, Spec } from '../domain.ts';
import { ERRORS, type Fault, formatFault, type TidemarkError } from '../errors.ts';
import { compose, type Limits } from './compose.ts';
import {
  type Block,
  formatInstant,
  isUtc,
  type MailAddress,
  type MailMessage,
  oneLine,
  shorten,
  shortenList,
} from './letter.ts';

/** Where this Tidemark runs, so that a reader with several knows which one to look at. */
export interface Instance {
  readonly host: string;
  /** The config's zone: that of tasks which name none. */
  readonly timezone: string;
}

export interface FailureDetails {
  readonly spec: Pick<Spec, 'taskName' | 'owner' | 'schedule' | 'timezone' | 'file'>;
  readonly report: RunReport;
  /** The statement that failed, where the report has none of it yet. */
  readonly sql?: string | null | undefined;
  /** Null: the task is not going to fire again. */
  readonly nextFire: Date | null;
  /** Oldest first. */
  readonly logTail: readonly string[];
  readonly instance: Instance;
}

/** Tells a task's owner that a run failed. `report.error` must not be null. */
export function failureMessage(details: FailureDetails): MailMessage {
  const { spec, report, instance } = details;
  const { error } = report;
  if (error === null)
    throw new TypeError(`run ${report.run_id} of ${report.task} has no error to write about`);
  const zone = spec.timezone ?? instance.timezone;
  const scheduledFor = new Date(report.scheduled_for);

  return compose({
    to: ownerAddress(spec),
    subject: `[tidemark] ${spec.taskName} failed: ${error.code}`,
    headers: {
      'X-Tidemark-Task': spec.taskName,
      'X-Tidemark-Code': error.code,
      'X-Tidemark-Run': report.run_id,
    },
    letter: (limits) => ({
      headline: `${spec.taskName} failed`,
      code: error.code,
      title: ERRORS[error.code].title,
      when: `Scheduled for ${inBothZones(scheduledFor, zone)}`,
      blocks: [
        { kind: 'words', heading: 'Cause', text: shorten(error.message, limits.value) },
        { kind: 'words', heading: 'What to do', text: shorten(error.hint, limits.value), strong: true },
        { kind: 'list', heading: 'What this means', items: consequences(details, zone) },
        {
          kind: 'facts',
          heading: 'The run',
          rows: [
            ['Task', spec.taskName],
            ['Started', formatInstant(new Date(report.started_at), 'UTC')],
            ['Failed after', formatDuration(report.duration_ms)],
            ...shortenList(report.windows.map(formatWindow), limits.entries).map(
              (window, index) => [index === 0 ? 'Window' : '', shorten(window, limits.line)] as const,
            ),
            ['Spec', spec.file],
            ['Host', instance.host],
            ['Run id', report.run_id],
          ],
        },
        ...warningBlocks(report.warnings, limits),
        ...sqlBlocks(details, limits),
        logBlock(details.logTail, limits),
      ],
      footer: `Tidemark on ${instance.host}. You get this mail as the owner of the task ${spec.taskName}.`,
    }),
  });
}

function consequences({ spec, report, nextFire }: FailureDetails, zone: string): string[] {
  const again = `tidemark run -s ${spec.file}`;
  const outlook =
    report.error?.retryable === true
      ? 'The cause may have passed by then.'
      : 'It will fail in the same way unless the cause is removed before.';
  const next =
    nextFire === null
      ? `What happens next: nothing by itself${spec.schedule === null ? ', the task runs by hand only' : ', the task is no longer scheduled'}. To run it again: ${again}`
      : `What happens next: the task runs again at ${inBothZones(nextFire, zone)}. ${outlook} To run it sooner: ${again}`;
  const published =
    report.error?.code === 'PUBLISH_INCOMPLETE'
      ? 'The bucket may show objects of this run until they can be removed. It holds no manifest of it: read only what a manifest names.'
      : 'Nothing was published: the bucket holds no object and no manifest of this run.';
  return [
    published,
    'The watermark is where it was: this task remembers nothing between its runs, and nothing has to be reset.',
    next,
  ];
}

function sqlBlocks({ report, sql }: FailureDetails, limits: Limits): Block[] {
  const statements = new Map<string, string>();
  if (sql !== null && sql !== undefined) statements.set(sql, 'SQL that failed');
  for (const table of report.tables) {
    for (const statement of table.sql) {
      if (!statements.has(statement)) statements.set(statement, `SQL of ${oneLine(table.name, 100)}`);
    }
  }
  if (statements.size === 0) {
    return [{ kind: 'words', heading: 'SQL', text: 'The run failed before it began to read rows.' }];
  }
  const shown = [...statements].slice(0, Math.max(1, Math.floor(limits.entries / 4)));
  const each = Math.floor((2 * limits.sql) / (shown.length + 1));
  const blocks: Block[] = shown.map(([statement, heading]) => ({
    kind: 'code',
    heading,
    text: shorten(statement, each),
  }));
  const left = statements.size - shown.length;
  if (left === 0) return blocks;
  return [
    ...blocks,
    { kind: 'words', heading: 'More SQL', text: `${left} more statements are in the run’s log.` },
  ];
}

function warningBlocks(warnings: readonly string[], limits: Limits): Block[] {
  if (warnings.length === 0) return [];
  const items = shortenList(warnings, limits.entries).map((warning) => shorten(warning, limits.line));
  return [{ kind: 'list', heading: 'Warnings', items }];
}

function logBlock(logTail: readonly string[], limits: Limits): Block {
  const heading = 'Last log lines';
  if (logTail.length === 0) return { kind: 'words', heading, text: 'The run left no log lines.' };
  const lines = logTail.slice(-limits.entries).map((line) => shorten(line, limits.line));
  return { kind: 'code', heading, text: shorten(lines.join('\n'), limits.sql * 2) };
}

export interface InvalidSpecDetails {
  readonly file: string;
  readonly faults: readonly Fault[];
  /** The version that stays scheduled; null: the file never was a valid spec. */
  readonly lastGood: Pick<Spec, 'taskName' | 'owner'> | null;
  /** Who is told where there is no last good version. */
  readonly admin: string;
  readonly instance: Instance;
}

/** Tells the owner, or the administrator, that a spec file is not valid. */
export function invalidSpecMessage(details: InvalidSpecDetails): MailMessage {
  const { file, faults, lastGood, admin, instance } = details;
  const code = 'SPEC_INVALID';
  const name = lastGood?.taskName ?? oneLine(file.split('/').at(-1) ?? file, 128);
  const count = faults.length === 1 ? '1 fault was' : `${faults.length.toLocaleString('en')} faults were`;

  return compose({
    to: lastGood === null ? { name: null, address: admin } : ownerAddress(lastGood),
    subject: `[tidemark] ${name} failed: ${code}`,
    headers: { 'X-Tidemark-Task': name, 'X-Tidemark-Code': code },
    letter: (limits) => ({
      headline: `${name}: the spec cannot be used`,
      code,
      title: ERRORS[code].title,
      when: null,
      blocks: [
        { kind: 'words', heading: 'Cause', text: `${count} found in ${shorten(file, limits.line)}.` },
        {
          kind: 'code',
          heading: 'Faults',
          text: shortenList(
            faults.map((fault) => shorten(formatFault(fault), limits.line)),
            limits.entries,
          ).join('\n'),
        },
        {
          kind: 'words',
          heading: 'What to do',
          text: `Correct what is listed and save the file. To see every fault while editing: tidemark check ${shorten(file, limits.line)}`,
          strong: true,
        },
        {
          kind: 'list',
          heading: 'What this means',
          items:
            lastGood === null
              ? [
                  'The task is not scheduled: no valid version of the file has been seen.',
                  'What happens next: the file is read again as soon as it changes.',
                ]
              : [
                  `The last good version of ${lastGood.taskName} stays scheduled and runs as before; the edit has no effect.`,
                  'What happens next: the file is read again as soon as it changes.',
                ],
        },
        {
          kind: 'facts',
          heading: 'Where',
          rows: [
            ['File', shorten(file, limits.line)],
            ['Host', instance.host],
          ],
        },
      ],
      footer: `Tidemark on ${instance.host}. You get this mail as the ${lastGood === null ? 'administrator of this Tidemark' : `owner of the task ${lastGood.taskName}`}.`,
    }),
  });
}

/** Tells the administrator that log lines are lost to the files. */
export function logsUnwritableMessage(
  error: Pick<TidemarkError, 'code' | 'message' | 'hint'>,
  admin: string,
  instance: Instance,
): MailMessage {
  return compose({
    to: { name: null, address: admin },
    subject: `[tidemark] logs on ${oneLine(instance.host, 100)} failed: ${error.code}`,
    headers: { 'X-Tidemark-Code': error.code },
    letter: (limits) => ({
      headline: `Logs on ${instance.host} cannot be written`,
      code: error.code,
      title: ERRORS[error.code].title,
      when: null,
      blocks: [
        { kind: 'words', heading: 'Cause', text: shorten(error.message, limits.value) },
        { kind: 'words', heading: 'What to do', text: shorten(error.hint, limits.value), strong: true },
        {
          kind: 'list',
          heading: 'What this means',
          items: [
            'Tasks go on running and publishing. Their log lines go to stderr only.',
            'What happens next: the files are tried again with every line, and written again as soon as that works.',
          ],
        },
      ],
      footer: `Tidemark on ${instance.host}. You get this mail as the administrator of this Tidemark.`,
    }),
  });
}

function ownerAddress(spec: Pick<Spec, 'owner'>): MailAddress {
  const { name, email } = spec.owner;
  return { name: name === null ? null : oneLine(name, 200), address: oneLine(email, 320) };
}

function inBothZones(instant: Date, zone: string): string {
  const utc = formatInstant(instant, 'UTC');
  return isUtc(zone) ? utc : `${utc}, ${formatInstant(instant, zone)}`;
}

function formatWindow(window: RunReport['windows'][number]): string {
  return `${window.table}: ${window.column} > ${window.from}`;
}

function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
