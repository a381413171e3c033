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

/**
 * What was found stays good as long as a task has no other last run and none in progress: most tasks have changed nothing
 * since the last round.
 *
 * @returns begins a round; who is not asked for in it is forgotten. The round asks for one task after the other. Both
 * throw TidemarkError STATE_UNUSABLE.
 */
export function standings(db: DatabaseSync): () => (task: string) => Standing {
  let known = new Map<string, Known>();
  return () =>
    consulted('the state of the tasks', () => {
      const [last, standing] = [db.prepare(LAST), db.prepare(STANDING)];
      const before = known;
      known = new Map();
      return (task) =>
        consulted('the state of the tasks', () => {
          const { id, running } = last.get(task)! as { id: number | null; running: number };
          const old = before.get(task);
          const found = old?.id === id && running === 0 ? old.standing : standingOf(standing.get(task)!);
          if (running === 0) known.set(task, { id, standing: found });
          return found;
        });
    });
}

interface Known {
  /** Of the last run. */
  readonly id: number | null;
  readonly standing: Standing;
}

const LAST = `
  SELECT (SELECT max(id) FROM run WHERE task = ?1) AS id,
         EXISTS (SELECT 1 FROM run WHERE task = ?1 AND status = 'running') AS running`;

const STANDING = `
  WITH last (success) AS (
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
  FROM last`;

function standingOf(row: Readonly<Record<string, unknown>>): Standing {
  return {
    lastSuccess: time(row['lastSuccess']),
    succeededFor: time(row['succeededFor']),
    failures: row['failures'] as number,
    triedFor: time(row['triedFor']),
  };
}

function time(text: unknown): Date | null {
  return text === null ? null : new Date(text as string);
}
