/** How tasks stand, as metrics ask for it: a few look-ups in an index for each task, however many runs there are. */
import type { DatabaseSync } from 'node:sqlite';
import { consulted } from './database.ts';

/** Backfills aside. */
export interface Standing {
  /** When the last run that succeeded ended. */
  readonly lastSuccess: Date | null;
  /** The latest time that a run has succeeded for. */
  readonly succeededFor: Date | null;
  /** Failed runs since the last success, of which no more than `MOST_FAILURES` are counted. */
  readonly failures: number;
  /** Where no run has succeeded: the time that the first of them was for. */
  readonly triedFor: Date | null;
}

/** A task that fails every second for a week is as broken as one that has done so for a day. */
export const MOST_FAILURES = 10_000;

/** @returns asks for one task; throws TidemarkError STATE_UNUSABLE. */
export function standings(db: DatabaseSync): (task: string) => Standing {
  return consulted('the state of the tasks', () => {
    const statement = db.prepare(
      `WITH last (success) AS (
         SELECT ifnull((SELECT max(id) FROM run
                        WHERE task = ?1 AND status = 'succeeded' AND kind <> 'backfill'), 0))
       SELECT (SELECT finished_at FROM run WHERE id = success) AS lastSuccess,
              (SELECT max(scheduled_for) FROM run
               WHERE task = ?1 AND status = 'succeeded' AND kind <> 'backfill') AS succeededFor,
              (SELECT count(*) FROM (SELECT 1 FROM run
               WHERE task = ?1 AND status = 'failed' AND kind <> 'backfill' AND id > success
               LIMIT ${MOST_FAILURES})) AS failures,
              iif(success > 0, NULL, (SELECT scheduled_for FROM run
               WHERE task = ?1 AND status = 'failed' AND kind <> 'backfill' ORDER BY id LIMIT 1)) AS triedFor
       FROM last`,
    );
    return (task) =>
      consulted('the state of the tasks', () => {
        const row = statement.get(task)!;
        return {
          lastSuccess: time(row['lastSuccess']),
          succeededFor: time(row['succeededFor']),
          failures: row['failures'] as number,
          triedFor: time(row['triedFor']),
        };
      });
  });
}

function time(text: unknown): Date | null {
  return text === null ? null : new Date(text as string);
}
