/** The last runs of each task, as points of charts, and where a run has left its log and its manifest. */
import type { DatabaseSync } from 'node:sqlite';
import type { RunPoint } from '../domain/run.ts';
import { consulted } from './database.ts';
import { KNOWN_TASKS } from './known-tasks.ts';

const POINT =
  'run_id, kind, status, started_at, duration_ms, ifnull(rows, 0) AS rows, ifnull(bytes, 0) AS bytes, error_code';

/**
 * The last runs of every task, backfills aside, the oldest first: a few look-ups in an index for each task.
 *
 * @param count of each task, at most.
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function recentRuns(db: DatabaseSync, count: number): Map<string, RunPoint[]> {
  return consulted('the last runs', () => {
    const rows = db
      .prepare(
        `WITH RECURSIVE ${KNOWN_TASKS}
         SELECT run.task, ${POINT} FROM known CROSS JOIN run
         WHERE run.id IN (SELECT id FROM run AS own WHERE own.task = known.task AND own.kind <> 'backfill'
                          ORDER BY id DESC LIMIT ?)
         ORDER BY run.id`,
      )
      .all(count) as unknown as (RunPoint & { readonly task: string })[];
    return Map.groupBy(rows, ({ task }) => task);
  });
}

/** The same of one task. */
export function recentRunsOf(db: DatabaseSync, task: string, count: number): RunPoint[] {
  return consulted(
    'the last runs',
    () =>
      db
        .prepare(`SELECT ${POINT} FROM run WHERE task = ? AND kind <> 'backfill' ORDER BY id DESC LIMIT ?`)
        .all(task, count)
        .toReversed() as unknown as RunPoint[],
  );
}

/** Where a run is to be looked for beside the state. */
export interface RunPlace {
  readonly task: string;
  /** Names its log. */
  readonly stamp: string;
  /** Name of the sink in the config. */
  readonly sink: string;
  /** Key of its manifest; null: it has none. */
  readonly manifest: string | null;
}

/**
 * Null where there is no run of this id.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function runPlace(db: DatabaseSync, runId: string): RunPlace | null {
  const row = consulted('the history', () =>
    db.prepare('SELECT task, stamp, sink, manifest FROM run WHERE run_id = ?').get(runId),
  );
  return row === undefined ? null : (row as unknown as RunPlace);
}
