/** Runs whose owner has yet to be mailed of something: of changed columns, of an unexpected size. */
import type { DatabaseSync } from 'node:sqlite';
import type { RunReport } from '../domain/run.ts';
import { reportOf } from './runs.ts';

/** Tables of the same form, one for each thing to be said. */
export type NoticeTable = 'schema_notice' | 'size_notice';

/** Their reports, oldest first. */
export function runNotices(db: DatabaseSync, notices: NoticeTable, task: string): RunReport[] {
  const rows = db
    .prepare(
      `SELECT run.id, run.report FROM ${notices} JOIN run ON run.id = ${notices}.run
       WHERE ${notices}.task = ? ORDER BY run.id`,
    )
    .all(task);
  return rows.map((row) => reportOf(db, row['id'] as number, row['report'] as string));
}

/** Forgets the notice of a run. Returns false where there is none: it was taken before. */
export function takeNotice(db: DatabaseSync, notices: NoticeTable, runId: string): boolean {
  const taken = db
    .prepare(`DELETE FROM ${notices} WHERE run = (SELECT id FROM run WHERE run_id = ?)`)
    .run(runId);
  return Number(taken.changes) > 0;
}
