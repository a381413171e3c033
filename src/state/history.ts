/** What is kept of the past: runs, and what people did to a task's memory. Newest first. */
import type { DatabaseSync } from 'node:sqlite';
import type { PastRun, RunReport } from '../domain/run.ts';
import { ERRORS, type ErrorCode } from '../error-codes.ts';
import { consulted } from './database.ts';
import { reportOf } from './runs.ts';

/** Which part of the past. */
export interface HistoryQuery {
  /** Null: all tasks. */
  readonly task: string | null;
  /** What began at this time or later; null: however long ago. */
  readonly since: Date | null;
  readonly limit: number;
}

/** Something that a person did. Times are ISO 8601 UTC. */
export interface PastEvent {
  readonly task: string;
  readonly at: string;
  /** `user@host`. */
  readonly actor: string;
  /** `watermark_set`, `watermark_reset` … */
  readonly action: string;
  /** A sentence. */
  readonly detail: string;
}

/** A report as it is kept: the files are beside it. */
type KeptReport = Omit<RunReport, 'files'>;

/**
 * Ids follow the order in which runs began, but a clock may have been set back meanwhile: a run that seems to be older
 * by less than this does not end the search.
 */
const CLOCK_SLACK_MS = 86_400_000;

export const RUN_COLUMNS = `id, run_id, task, kind, status, scheduled_for, started_at, finished_at, duration_ms,
  rows, bytes, (SELECT count(*) FROM run_file WHERE run = run.id) AS files, error_code, manifest, report`;

/** @throws TidemarkError STATE_UNUSABLE. */
export function listRuns(db: DatabaseSync, { task, since, limit }: HistoryQuery): PastRun[] {
  return consulted('the history', () => {
    const rows =
      task === null
        ? db.prepare(`SELECT ${RUN_COLUMNS} FROM run ORDER BY id DESC`).iterate()
        : db.prepare(`SELECT ${RUN_COLUMNS} FROM run WHERE task = ? ORDER BY id DESC`).iterate(task);
    const runs: PastRun[] = [];
    if (limit === 0) return runs;
    for (const row of rows) {
      const age = since === null ? 0 : since.getTime() - Date.parse(row['started_at'] as string);
      if (age > CLOCK_SLACK_MS) break;
      if (age <= 0) runs.push(pastRun(row));
      if (runs.length === limit) break;
    }
    return runs;
  });
}

/**
 * One run whole; null where there is none of this id. The report is null while the run is in progress, and of a run
 * whose process died.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function findRun(
  db: DatabaseSync,
  runId: string,
): { readonly run: PastRun; readonly report: RunReport | null } | null {
  return consulted('the history', () => {
    const row = db.prepare(`SELECT ${RUN_COLUMNS} FROM run WHERE run_id = ?`).get(runId);
    if (row === undefined) return null;
    const report = row['report'] as string | null;
    return { run: pastRun(row), report: report === null ? null : reportOf(db, row['id'] as number, report) };
  });
}

/** @throws TidemarkError STATE_UNUSABLE. */
export function listEvents(db: DatabaseSync, { task, since, limit }: HistoryQuery): PastEvent[] {
  return consulted(
    'the history',
    () =>
      db
        .prepare(
          `SELECT task, at, actor, action, detail FROM event
           WHERE (?1 IS NULL OR task = ?1) AND (?2 IS NULL OR at >= ?2) ORDER BY id DESC LIMIT ?3`,
        )
        .all(task, since?.toISOString() ?? null, limit) as unknown as PastEvent[],
  );
}

/** Writes down what somebody did. Part of the caller's transaction. */
export function recordEvent(db: DatabaseSync, { task, at, actor, action, detail }: PastEvent): void {
  db.prepare('INSERT INTO event (task, at, actor, action, detail) VALUES (?, ?, ?, ?, ?)').run(
    task,
    at,
    actor,
    action,
    detail,
  );
}

/** A row of `RUN_COLUMNS`. */
export function pastRun(row: Readonly<Record<string, unknown>>): PastRun {
  const kept = row['report'] === null ? null : (JSON.parse(row['report'] as string) as KeptReport);
  return {
    run_id: row['run_id'] as string,
    task: row['task'] as string,
    kind: row['kind'] as PastRun['kind'],
    status: row['status'] as PastRun['status'],
    scheduled_for: row['scheduled_for'] as string,
    started_at: row['started_at'] as string,
    finished_at: row['finished_at'] as string | null,
    duration_ms: row['duration_ms'] as number | null,
    attempts: kept?.attempts ?? null,
    rows: (row['rows'] as number | null) ?? 0,
    bytes: (row['bytes'] as number | null) ?? 0,
    files: row['files'] as number,
    manifest: row['manifest'] as string | null,
    windows: kept?.windows ?? [],
    warnings: kept?.warnings ?? [],
    error: kept?.error ?? errorOf(row['error_code'] as ErrorCode | null),
  };
}

/** Of a run that left no report, its code is all there is. */
function errorOf(code: ErrorCode | null): PastRun['error'] {
  if (code === null) return null;
  const { title, hint, retryable } = ERRORS[code];
  return { code, message: `${title}.`, hint, retryable };
}
