/** `tidemark history` on a terminal. Pure. */
import type { Window } from '../domain/plan.ts';
import type { PastRun } from '../domain/run.ts';
import { countOf } from '../notify/phrases.ts';
import type { HistoryDocument, RunDocument } from './history.ts';
import { tableLines, type TableColumn } from './table.ts';
import { shownDuration, shownTime } from './time-text.ts';

/**
 * @param of one task, whose windows are shown, or of all (null); `width` of the terminal in characters, null: none.
 */
export function historyText(
  { runs, events }: HistoryDocument,
  of: { readonly task: string | null; readonly width: number | null },
): string {
  if (runs.length + events.length === 0) return 'The history has nothing of that.\n';
  const columns: TableColumn[] = [
    { heading: 'BEGAN (UTC)' },
    ...(of.task === null ? [{ heading: 'TASK', ...(of.width === null ? {} : { least: 12 }) }] : []),
    { heading: 'KIND' },
    { heading: 'SCHEDULED FOR' },
    { heading: 'TOOK', right: true },
    { heading: 'ROWS', right: true },
    { heading: 'MB', right: true },
    { heading: 'TRIES', right: true },
    { heading: 'RESULT' },
  ];
  const [heading, ...lines] = tableLines(
    columns,
    runs.map((run) => [
      shownTime(run.started_at, true),
      ...(of.task === null ? [run.task] : []),
      run.kind,
      scheduledFor(run),
      shownDuration(run.duration_ms),
      run.rows.toLocaleString('en'),
      (run.bytes / 1e6).toFixed(1),
      run.attempts === null ? '-' : String(run.attempts),
      resultOf(run),
    ]),
    of.width ?? 100,
  );
  const entries = [
    ...runs.map((run, at) => ({
      at: run.started_at,
      lines: [lines[at]!, ...(of.task === null ? [] : run.windows.map((one) => `    ${windowText(one)}`))],
    })),
    ...events.map(({ at, task, actor, detail }) => ({
      at,
      lines: [`${shownTime(at, true)}  ${of.task === null ? `${task}: ` : ''}${detail}, by ${actor}`],
    })),
  ].toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  return `${[...(runs.length === 0 ? [] : [heading]), ...entries.flatMap((entry) => entry.lines)].join('\n')}\n`;
}

/** The day only where it is another one than that of the beginning. */
function scheduledFor({ scheduled_for, started_at, kind }: PastRun): string {
  if (kind === 'manual') return '-';
  const sameDay = scheduled_for.slice(0, 10) === started_at.slice(0, 10);
  return sameDay ? scheduled_for.slice(11, 19) : shownTime(scheduled_for);
}

function resultOf({ status, error, warnings }: PastRun): string {
  if (error !== null) return `${status}: ${error.code}`;
  const count = warnings.length;
  return count === 0 ? status : `${status}, ${countOf(count, 'warning')}`;
}

/** `(from, to]`, as it was read. */
function windowText({ table, column, from, to, nulls }: Window): string {
  const withNulls = nulls ? ', and NULL' : '';
  return `${table}.${column}: (${from ?? 'the beginning'}, ${to ?? 'no end'}]${withNulls}`;
}

/** One run whole. */
export function runText({ run, report }: RunDocument): string {
  const lines = [
    `${run.task}, run ${run.run_id}: ${resultOf(run)}`,
    `  kind ${run.kind}, scheduled for ${shownTime(run.scheduled_for, true)} UTC`,
    `  began ${shownTime(run.started_at, true)} UTC, ended ${shownTime(run.finished_at, true)}, took ${shownDuration(run.duration_ms)}`,
    `  ${run.rows.toLocaleString('en')} rows, ${(run.bytes / 1e6).toFixed(1)} MB in ${countOf(run.files, 'object')}; ${run.attempts === null ? 'unknown attempts' : countOf(run.attempts, 'attempt')}`,
  ];
  for (const window of run.windows) lines.push(`  window ${windowText(window)}`);
  if (run.error !== null) lines.push('', run.error.message, run.error.hint);
  for (const { name, rows, sql } of report?.tables ?? []) {
    lines.push('', `${name}: ${rows.toLocaleString('en')} rows`);
    lines.push(...sql.flatMap((text) => text.split('\n')).map((line) => `    ${line}`));
  }
  if (report !== null && report.files.length > 0) lines.push('');
  for (const { key, rows, bytes } of report?.files ?? [])
    lines.push(`  ${key}  ${rows.toLocaleString('en')} rows, ${bytes.toLocaleString('en')} bytes`);
  if (run.manifest !== null) lines.push(`  ${run.manifest}`);
  for (const warning of run.warnings) lines.push(`warning: ${warning}`);
  return `${lines.join('\n')}\n`;
}
