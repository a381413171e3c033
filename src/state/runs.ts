/** Runs as the state keeps them: from their beginning, and what each has left when it ended. */
import type { DatabaseSync } from 'node:sqlite';
import type {
  FailedRun,
  RunIdentity,
  RunRecord,
  RunReport,
  TaskMemory,
  UnendedRun,
  Watermark,
} from '../domain/run.ts';
import { consulted, durably } from './database.ts';
import { keepSchemas, rememberedSchemas } from './schemas.ts';

/** A run begins: from here on it is seen as running. A run of this id that was recorded already stays as it is. */
export function recordBeginning(
  db: DatabaseSync,
  run: { readonly task: string; readonly sink: string; readonly identity: RunIdentity },
  startedAt: Date,
): void {
  const { runId, kind, stamp, scheduledFor } = run.identity;
  durably(db, 'the beginning of the run', () =>
    db
      .prepare(
        `INSERT OR IGNORE INTO run (run_id, task, kind, status, stamp, sink, scheduled_for, started_at)
         VALUES (?, ?, ?, 'running', ?, ?, ?, ?)`,
      )
      .run(runId, run.task, kind, stamp, run.sink, scheduledFor.toISOString(), startedAt.toISOString()),
  );
}

/** A run that has nothing in the bucket has ended: it failed, was skipped, or had no row to publish. */
export function recordUnpublished(db: DatabaseSync, record: RunRecord): void {
  durably(db, 'the end of the run', () => recordEnd(db, record, new Date(record.report.finished_at)));
}

/**
 * Writes down how a run ended, moves its watermarks, keeps its columns and settles its slot. Part of the caller's
 * transaction.
 *
 * @param finishedAt of a run that is recorded by a later process, the time of that.
 */
export function recordEnd(db: DatabaseSync, record: RunRecord, finishedAt: Date): void {
  const { report, stamp, sink, watermarks, schemas, backfill } = record;
  const { files, ...rest } = { ...report, finished_at: finishedAt.toISOString() };
  rest.duration_ms = finishedAt.getTime() - Date.parse(report.started_at);
  const total = (of: 'rows' | 'bytes'): number => report.tables.reduce((sum, table) => sum + table[of], 0);
  const saved = db
    .prepare(
      `INSERT INTO run (run_id, task, kind, status, stamp, sink, scheduled_for, started_at,
                        finished_at, duration_ms, rows, bytes, error_code, manifest, report)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (run_id) DO UPDATE SET
         status = excluded.status, finished_at = excluded.finished_at, duration_ms = excluded.duration_ms,
         rows = excluded.rows, bytes = excluded.bytes, error_code = excluded.error_code,
         manifest = excluded.manifest, report = excluded.report
       RETURNING id`,
    )
    .get(
      rest.run_id,
      rest.task,
      rest.kind,
      rest.status,
      stamp,
      sink,
      rest.scheduled_for,
      rest.started_at,
      rest.finished_at,
      rest.duration_ms,
      total('rows'),
      total('bytes'),
      rest.error?.code ?? null,
      rest.manifest,
      JSON.stringify(rest),
    ) as { id: number };
  const addFile = db.prepare(
    'INSERT OR REPLACE INTO run_file (run, key, "table", batch, rows, bytes) VALUES (?, ?, ?, ?, ?, ?)',
  );
  for (const { key, table, batch, rows, bytes } of files)
    addFile.run(saved.id, key, table, batch, rows, bytes);
  for (const watermark of watermarks) moveWatermark(db, rest.task, watermark, rest.run_id, rest.finished_at);
  keepSchemas(db, saved.id, rest, schemas);
  if (rest.status === 'succeeded' && rest.unexpected_sizes.length > 0)
    db.prepare('INSERT OR IGNORE INTO size_notice (run, task) VALUES (?, ?)').run(saved.id, rest.task);
  if (backfill !== null && rest.status === 'succeeded')
    db.prepare('UPDATE backfill SET done_until = ? WHERE task = ? AND id = ?').run(
      backfill.to,
      rest.task,
      backfill.id,
    );
  // A run that was told to stop has not dealt with its slot: it is made up for.
  const slot = rest.kind === 'scheduled' || rest.kind === 'catch_up';
  if (slot && rest.error?.code !== 'INTERRUPTED') settleSlot(db, rest.task, rest.scheduled_for);
}

/**
 * Part of the caller's transaction.
 *
 * @param runId null: by hand.
 * @param at ISO 8601 UTC.
 */
export function moveWatermark(
  db: DatabaseSync,
  task: string,
  { table, column, value }: Watermark,
  runId: string | null,
  at: string,
): void {
  db.prepare(
    'INSERT OR REPLACE INTO watermark (task, "table", "column", value, run_id, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
  ).run(task, table, column, value, runId, at);
}

/** Slots up to this one have been dealt with; never goes back. Part of the caller's transaction. */
function settleSlot(db: DatabaseSync, task: string, slot: string): void {
  db.prepare(
    `INSERT INTO slot (task, settled) VALUES (?1, ?2)
     ON CONFLICT (task) DO UPDATE SET settled = max(settled, excluded.settled)`,
  ).run(task, slot);
}

/**
 * What a task remembers; whether slots were missed is for who knows its schedule.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function taskMemory(db: DatabaseSync, task: string): Omit<TaskMemory, 'missedSince' | 'usual'> {
  return consulted('what the task remembers', () => {
    const watermarks = db
      .prepare('SELECT "table", "column", value FROM watermark WHERE task = ? ORDER BY "table"')
      .all(task) as unknown as Watermark[];
    const last = db
      .prepare(
        `SELECT max(scheduled_for) AS at FROM run WHERE task = ? AND status = 'succeeded' AND kind <> 'backfill'`,
      )
      .get(task)!['at'] as string | null;
    const schemas = rememberedSchemas(db, task);
    return { watermarks, schemas, lastSuccess: last === null ? null : new Date(last) };
  });
}

/**
 * The report of the run that has succeeded for this time, or for this window of a backfill; null where none has.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function successFor(
  db: DatabaseSync,
  task: string,
  { scheduledFor, stamp, backfill }: Pick<RunIdentity, 'scheduledFor' | 'stamp' | 'backfill'>,
): RunReport | null {
  return consulted('the history', () => {
    const row =
      backfill === null
        ? db
            .prepare(
              `SELECT id, report FROM run
               WHERE task = ? AND scheduled_for = ? AND status = 'succeeded' AND kind <> 'backfill'`,
            )
            .get(task, scheduledFor.toISOString())
        : // Only of the window that was done last: the run is then among the newest of the task, and soon found.
          db
            .prepare(
              `SELECT run.id, report FROM backfill CROSS JOIN run ON run.task = backfill.task
               WHERE backfill.task = ? AND backfill.id = ? AND done_until = ?
                 AND stamp = ? AND kind = 'backfill' AND status = 'succeeded' ORDER BY run.id DESC LIMIT 1`,
            )
            .get(task, backfill.id, backfill.to, stamp);
    return row === undefined ? null : reportOf(db, row['id'] as number, row['report'] as string);
  });
}

/**
 * Whether any run, a backfill aside, has been named after this time: its objects, if any, have their keys from it.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function isTaken(db: DatabaseSync, task: string, scheduledFor: Date): boolean {
  const found = consulted('the history', () =>
    db
      .prepare("SELECT 1 FROM run WHERE task = ? AND scheduled_for = ? AND kind <> 'backfill'")
      .get(task, scheduledFor.toISOString()),
  );
  return found !== undefined;
}

/**
 * How the run for a time, a backfill aside, has failed since a moment; null: it has not. That of a process that died has
 * been given up, and not failed.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function failureSince(
  db: DatabaseSync,
  task: string,
  scheduledFor: Date,
  since: Date,
): FailedRun | null {
  const row = consulted('the history', () =>
    db
      .prepare(
        `SELECT run_id, error_code FROM run
         WHERE task = ? AND scheduled_for = ? AND kind <> 'backfill' AND status = 'failed'
           AND error_code <> 'PROCESS_DIED' AND finished_at >= ?`,
      )
      .get(task, scheduledFor.toISOString(), since.toISOString()),
  );
  if (row === undefined) return null;
  return { runId: row['run_id'] as string, code: row['error_code'] as string };
}

/** Those of all tasks. @throws TidemarkError STATE_UNUSABLE. */
export function unendedRuns(db: DatabaseSync): UnendedRun[] {
  return consulted(
    'the history',
    () =>
      db
        .prepare("SELECT task, run_id AS runId FROM run WHERE status = 'running'")
        .all() as unknown as UnendedRun[],
  );
}

/** A report with its files, which are kept beside it; what reports did not tell at the time is empty. */
export function reportOf(db: DatabaseSync, id: number, report: string): RunReport {
  const files = db
    .prepare('SELECT key, "table", batch, rows, bytes FROM run_file WHERE run = ? ORDER BY key')
    .all(id) as unknown as RunReport['files'];
  return {
    schema_changes: [],
    unexpected_sizes: [],
    ...(JSON.parse(report) as Omit<RunReport, 'files' | 'schema_changes' | 'unexpected_sizes'>),
    files,
  };
}

/**
 * Runs of a task that are still marked as running, of processes that died. Call it only with the task's lock held.
 *
 * @returns their ids.
 */
export function recordDeaths(db: DatabaseSync, task: string, now: Date): string[] {
  return durably(db, 'the end of the run', () => {
    const dead = db
      .prepare(
        `UPDATE run SET status = 'failed', error_code = 'PROCESS_DIED', finished_at = ?,
                        duration_ms = NULL, rows = 0, bytes = 0
         WHERE task = ? AND status = 'running' RETURNING run_id`,
      )
      .all(now.toISOString(), task);
    return dead.map((row) => row['run_id'] as string);
  });
}
