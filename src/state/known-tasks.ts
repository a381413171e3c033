/** The tasks of which runs are kept. */
import type { DatabaseSync } from 'node:sqlite';
import { consulted } from './database.ts';

/**
 * For `WITH RECURSIVE`: `known (task)`, and a NULL at its end. It jumps through the index from one task to the next:
 * `DISTINCT` would read all of it.
 */
export const KNOWN_TASKS = `
  known (task) AS (
    SELECT min(task) FROM run
    UNION ALL
    SELECT (SELECT min(task) FROM run WHERE task > known.task) FROM known WHERE known.task IS NOT NULL
  )`;

/**
 * Their names.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function rememberedTasks(db: DatabaseSync): string[] {
  return consulted('the names of the tasks', () =>
    db
      .prepare(`WITH RECURSIVE ${KNOWN_TASKS} SELECT task FROM known WHERE task IS NOT NULL ORDER BY task`)
      .all()
      .map((row) => row['task'] as string),
  );
}
