/**
 * The mail about a run that failed. Whoever reads it at night finds the cause and the cure first, then what it means
 * for the data, then the details. Pure: all that a mail says comes in.
 */
import type { Spec } from '../domain/spec.ts';
import type { RunReport } from '../domain/run.ts';
import { ERRORS } from '../error-codes.ts';
import type { Limits } from './compose.ts';
import { type Block, type MailMessage, oneLine, shorten, shortenList } from './letter.ts';
import { countOf, formatDuration, formatWindow, inBothZones, type Instance } from './phrases.ts';
import type { Repeat } from './repeat.ts';
import { composeRunMail, runFacts } from './run-mail.ts';

export interface FailureDetails {
  readonly spec: Pick<
    Spec,
    'taskName' | 'owner' | 'schedule' | 'timezone' | 'file' | 'tables' | 'queryWatermark'
  >;
  readonly report: RunReport;
  /** The statement that failed, where the report has none of it yet. */
  readonly sql?: string | null | undefined;
  /** Null: the task is not going to fire again. */
  readonly nextFire: Date | null;
  /** Oldest first. */
  readonly logTail: readonly string[];
  readonly instance: Instance;
  /** Null: this is the first mail about the failure. */
  readonly repeat: Repeat | null;
}

/** Tells a task's owner that a run failed. `report.error` must not be null. */
export function failureMessage(details: FailureDetails): MailMessage {
  const { spec, report, instance, repeat } = details;
  const { error } = report;
  if (error === null)
    throw new TypeError(`run ${report.run_id} of ${report.task} has no error to write about`);
  const zone = spec.timezone ?? instance.timezone;
  const about = { owner: spec.owner, zone, report, instance };

  return composeRunMail(about, `${spec.taskName} failed`, error.code, (limits) => ({
    title: ERRORS[error.code].title,
    blocks: [
      { kind: 'words', heading: 'Cause', text: shorten(error.message, limits.value) },
      { kind: 'words', heading: 'What to do', text: shorten(error.hint, limits.value), strong: true },
      ...(repeat === null ? [] : [repeatBlock(repeat, zone)]),
      { kind: 'list', heading: 'What this means', items: consequences(details, zone, limits) },
      runFacts(about, [
        ['Failed after', `${formatDuration(report.duration_ms)}, ${countOf(report.attempts, 'attempt')}`],
        ...shortenList(report.windows.map(formatWindow), limits.entries).map(
          (window, index) => [index === 0 ? 'Window' : '', shorten(window, limits.line)] as const,
        ),
        ['Spec', spec.file],
      ]),
      ...warningBlocks(report.warnings, limits),
      ...(error.code === 'PROCESS_DIED'
        ? [AFTER_DEATH]
        : [...sqlBlocks(details, limits), logBlock(details.logTail, limits)]),
    ],
  }));
}

const AFTER_DEATH: Block = {
  kind: 'words',
  heading: 'SQL and log',
  text: 'The process took what it knew with it. What the run read, and how far it came, is in its log, in the folder of the task in `logs_dir`.',
};

function repeatBlock({ since, failures, quietMs }: Repeat, zone: string): Block {
  return {
    kind: 'words',
    heading: 'It goes on',
    text: `${countOf(failures, 'run')} have failed with this code since ${inBothZones(since, zone)}. While it goes on, the next mail about it comes in ${formatDuration(quietMs)} at the earliest; another code is mailed about at once, and so is the recovery.`,
  };
}

function consequences(details: FailureDetails, zone: string, limits: Limits): string[] {
  if (details.report.error?.code === 'PROCESS_DIED') return [...afterDeath(details), outlook(details, zone)];
  const published =
    details.report.error?.code === 'PUBLISH_INCOMPLETE'
      ? 'The bucket may show objects of this run until it can be finished or cleared away: read only what a manifest names.'
      : 'Nothing was published: the bucket holds no object and no manifest of this run.';
  return [published, watermarkInWords(details, limits), outlook(details, zone)];
}

/** Whether its commit had begun, the dead process cannot tell: recovery will know. */
function afterDeath({ spec, report }: FailureDetails): string[] {
  const published =
    'What the run left in the bucket is cleared away before the task runs again. Only where its commit had begun, it is published whole instead: read only what a manifest names.';
  const hasWatermark =
    spec.queryWatermark !== null ||
    spec.tables.some(({ cdc }) => cdc.some(({ bound }) => bound.kind === 'watermark'));
  if (!hasWatermark || report.kind === 'backfill') return [published];
  return [
    published,
    'The watermark is where it was, or, where the run is published after all, where the run ended: the next run begins there, so no row is left out or read twice.',
  ];
}

/** Where the next success will begin: what was not read now is read then. */
function watermarkInWords({ spec, report }: FailureDetails, limits: Limits): string {
  const same = 'The watermark is where it was';
  if (report.kind === 'backfill') return `${same}: a backfill never moves it.`;
  const remembered = report.windows.filter(({ mode }) => mode === 'watermark');
  if (remembered.length > 0) {
    const places = remembered.map(({ table, column, from }) =>
      from === null ? `${table}.${column} has none yet` : `${table}.${column} = ${from}`,
    );
    const shown = shorten(shortenList(places, limits.entries).join(', '), limits.value);
    return `${same}: ${shown}. The next run that succeeds begins there, so its window covers the gap.`;
  }
  const bounds = new Set(spec.tables.flatMap(({ cdc }) => cdc.map(({ bound }) => bound.kind)));
  if (bounds.has('watermark') || spec.queryWatermark !== null)
    return `${same}: only a run that succeeds moves it. The next one begins there, so its window covers the gap.`;
  if (bounds.has('span')) {
    const reach =
      spec.schedule === null
        ? 'that counts back from each run'
        : 'and that of the next run reaches back to the last success, so it covers the gap';
    return `${same}: this task has none. Its window is a span of time, ${reach}.`;
  }
  return `${same}: this task has none, it reads the same rows on every run, and nothing has to be reset.`;
}

function outlook({ spec, report, nextFire }: FailureDetails, zone: string): string {
  const error = report.error!;
  const tried = report.attempts > 1 ? `The run was tried ${report.attempts} times. ` : '';
  if (report.kind === 'backfill')
    return `${tried}What happens next: nothing by itself. Windows that were done stay done; the same tidemark backfill command goes on where this one stopped.`;
  if (error.code === 'PROCESS_DIED') return 'What happens next: the task has just begun to run again.';
  const again = `tidemark run -s ${spec.file}`;
  const passes = error.retryable
    ? 'The cause may have passed by then.'
    : 'It will fail in the same way unless the cause is removed before.';
  if (nextFire !== null)
    return `${tried}What happens next: the task runs again at ${inBothZones(nextFire, zone)}. ${passes} To run it sooner: ${again}`;
  const why = spec.schedule === null ? 'the task runs by hand only' : 'the task is no longer scheduled';
  return `${tried}What happens next: nothing by itself, ${why}. To run it again: ${again}`;
}

function sqlBlocks({ report, sql }: FailureDetails, limits: Limits): Block[] {
  const statements = new Map<string, string>();
  if (sql !== null && sql !== undefined) statements.set(sql, 'SQL that failed');
  for (const table of report.tables) {
    for (const statement of table.sql) {
      if (!statements.has(statement)) statements.set(statement, `SQL of ${oneLine(table.name, 100)}`);
    }
  }
  if (statements.size === 0)
    return [{ kind: 'words', heading: 'SQL', text: 'The run failed before it began to read rows.' }];
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
