/** The columns that runs have written last: what the next run compares its own with. */
import type { DatabaseSync } from 'node:sqlite';
import type { TableSchema } from '../domain/plan.ts';
import type { RunReport } from '../domain/run.ts';

/**
 * Keeps what a run has written, and that its owner is to hear of what has changed. Part of the caller's transaction.
 *
 * @param run id of the run's row.
 * @param schemas empty of a run that changes no memory: one that failed, or a backfill.
 */
export function keepSchemas(
  db: DatabaseSync,
  run: number,
  report: Pick<RunReport, 'run_id' | 'task' | 'finished_at' | 'schema_changes'>,
  schemas: readonly TableSchema[],
): void {
  const keep = db.prepare(
    'INSERT OR REPLACE INTO table_schema (task, "table", columns, run_id, updated_at) VALUES (?, ?, ?, ?, ?)',
  );
  for (const { table, columns } of schemas)
    keep.run(report.task, table, JSON.stringify(columns), report.run_id, report.finished_at);
  if (schemas.length > 0 && report.schema_changes.length > 0)
    db.prepare('INSERT OR IGNORE INTO schema_notice (run, task) VALUES (?, ?)').run(run, report.task);
}

/** By table. */
export function rememberedSchemas(db: DatabaseSync, task: string): TableSchema[] {
  return db
    .prepare('SELECT "table", columns FROM table_schema WHERE task = ? ORDER BY "table"')
    .all(task)
    .map((row) => ({
      table: row['table'] as string,
      columns: JSON.parse(row['columns'] as string) as TableSchema['columns'],
    }));
}
