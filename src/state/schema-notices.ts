/** Runs that have written changed columns and whose owner has not been mailed yet. */
import type { DatabaseSync } from 'node:sqlite';
import type { RunReport } from '../domain/run.ts';
import { reportOf } from './runs.ts';

/** Their reports, oldest first. */
export function schemaNotices(db: DatabaseSync, task: string): RunReport[] {
  const rows = db
    .prepare(
      `SELECT run.id, run.report FROM schema_notice JOIN run ON run.id = schema_notice.run
       WHERE schema_notice.task = ? ORDER BY run.id`,
    )
    .all(task);
  return rows.map((row) => reportOf(db, row['id'] as number, row['report'] as string));
}

/** Forgets the notice of a run. Returns false where there is none: it was taken before. */
export function takeSchemaNotice(db: DatabaseSync, runId: string): boolean {
  const taken = db
    .prepare('DELETE FROM schema_notice WHERE run = (SELECT id FROM run WHERE run_id = ?)')
    .run(runId);
  return Number(taken.changes) > 0;
}
