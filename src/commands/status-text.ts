/** `tidemark status` on a terminal: a line for each task, and below it what deserves attention. Pure. */
import { countOf } from '../notify/phrases.ts';
import { BELOW_ALL } from '../plan/watermark.ts';
import { cut, tableLines, type TableColumn } from './table.ts';
import { shownDuration, shownGap, shownTime } from './time-text.ts';
import type { StatusDocument, TaskStatus, WatermarkStatus } from './status-document.ts';

export interface Screen {
  /** In characters; null: no terminal, names are never cut. */
  readonly width: number | null;
  readonly paint: (colour: 'red' | 'green' | 'yellow' | 'dim', text: string) => string;
  readonly now: Date;
}

/** As wide as a table may be where nobody says how wide the terminal is. */
const WIDTH = 100;
const INDENT = '    ';
// Made once: it takes longer to make than to use.
const COUNTS = new Intl.NumberFormat('en');

export function statusText({ daemon, tasks, unusable }: StatusDocument, screen: Screen): string {
  const { paint } = screen;
  const lines = [
    daemon === null
      ? paint('yellow', 'No daemon runs on this state folder: nothing is scheduled.')
      : `The daemon runs: process ${daemon.pid}, since ${shownTime(daemon.since)} UTC.`,
    '',
  ];
  if (tasks.length === 0) lines.push('There is no task: the specs folder holds none, and none has run.');
  else lines.push(...taskLines(tasks, screen));
  if (unusable.length > 0) lines.push('', 'Specs that cannot be used:');
  for (const { message } of unusable) lines.push(...wrapped(message, '  ').map((line) => paint('red', line)));
  return `${lines.join('\n')}\n`;
}

function taskLines(tasks: readonly TaskStatus[], screen: Screen): string[] {
  const { width, paint, now } = screen;
  const columns: TableColumn[] = [
    { heading: 'TASK', ...(width === null ? {} : { least: 10 }) },
    { heading: 'RESULT' },
    { heading: 'LAST RUN (UTC)' },
    { heading: 'TOOK', right: true },
    { heading: 'ROWS', right: true },
    { heading: 'NEXT (UTC)' },
    { heading: 'IN', right: true },
    { heading: 'SCHEDULE', least: 3 },
  ];
  const cells = tasks.map(({ task, last_run: last, next_fire, schedule, ...status }) => [
    task,
    resultOf({ last_run: last, ...status }),
    shownTime(last?.finished_at ?? null),
    shownDuration(last?.duration_ms ?? null),
    last === null ? '-' : COUNTS.format(last.rows),
    status.paused === null ? shownTime(next_fire) : 'paused',
    next_fire === null ? '' : shownGap(now, new Date(next_fire)),
    schedule ?? (status.file === null ? 'no spec' : 'by hand'),
  ]);
  const [heading, ...rows] = tableLines(columns, cells, width ?? WIDTH);
  return [
    paint('dim', heading!),
    ...rows.flatMap((row, at) => [coloured(row, tasks[at]!, paint), ...detailLines(tasks[at]!, screen)]),
  ];
}

function resultOf({
  running,
  failures,
  stale_since,
  last_run,
}: Pick<TaskStatus, 'running' | 'failures' | 'stale_since' | 'last_run'>): string {
  if (running) return 'running';
  if (failures > 0) return 'failed';
  if (stale_since !== null) return 'stale';
  return last_run === null ? '-' : 'ok';
}

/** The word for the result is coloured after the table is laid out: colours have no width. */
function coloured(row: string, status: TaskStatus, paint: Screen['paint']): string {
  const word = resultOf(status);
  const colour = { failed: 'red', stale: 'red', ok: 'green', running: 'yellow' }[word] as
    'red' | 'green' | 'yellow' | undefined;
  return colour === undefined ? row : row.replace(`  ${word}`, `  ${paint(colour, word)}`);
}

function detailLines(status: TaskStatus, { width, paint, now }: Screen): string[] {
  const ago = (iso: string): string => `${shownTime(iso)} UTC, ${shownGap(new Date(iso), now)} ago`;
  const { failing_since, failures, last_run, running_since, died_since, skipped, missed_since, paused } =
    status;
  const lines: string[] = [];
  if (failing_since !== null && last_run !== null && last_run.error !== null) {
    const { code, hint } = last_run.error;
    const text = `${code}: ${countOf(failures, 'failed run')} since ${ago(failing_since)}. ${firstSentence(hint)}`;
    lines.push(...wrapped(text, INDENT).map((line) => paint('red', line)));
  }
  if (status.stale_since !== null)
    lines.push(
      paint('red', `${INDENT}stale since ${ago(status.stale_since)}: no run has succeeded for too long`),
    );
  if (running_since !== null) lines.push(`${INDENT}running since ${ago(running_since)}`);
  if (died_since !== null)
    lines.push(`${INDENT}a run that began ${ago(died_since)}, died; what it left is cleared before the next`);
  if (paused !== null)
    lines.push(paint('yellow', `${INDENT}paused since ${ago(paused.since)}, by ${paused.actor}`));
  if (missed_since !== null) lines.push(paint('yellow', `${INDENT}missed since ${ago(missed_since)}`));
  if (skipped > 0)
    lines.push(`${INDENT}${COUNTS.format(skipped)} skipped since: the run before had not ended`);
  for (const watermark of status.watermarks) {
    const text = `${INDENT}${watermarkText(watermark, now)}`;
    lines.push(paint('dim', width === null ? text : cut(text, width)));
  }
  return lines;
}

function watermarkText(
  { table, column, value, initial, behind_seconds }: WatermarkStatus,
  now: Date,
): string {
  const name = `${table}.${column}`;
  if (value === BELOW_ALL) return `watermark ${name}: the column has no value yet`;
  if (value === null) return `watermark ${name}: none yet; begins at ${initial ?? 'the beginning'}`;
  if (behind_seconds === null) return `watermark ${name} = ${value}`;
  const gap = shownGap(new Date(now.getTime() - behind_seconds * 1000), now);
  return `watermark ${name} = ${value}, ${gap} behind`;
}

function firstSentence(text: string): string {
  return /^.*?[.!?](?=\s|$)/s.exec(text)?.[0] ?? text;
}

/** Broken between words, so that each line fits; what controls a terminal becomes a blank. */
function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').split(/ +/)) {
    if (line.length > indent.length && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent;
    }
    line += line.length === indent.length ? word : ` ${word}`;
  }
  return [...lines, line];
}
