/** How each task stands: what it does now, how its last run ended, since when it fails, what it remembers. */
import type { DatabaseSync } from 'node:sqlite';
import type { PastRun } from '../domain/run.ts';
import { consulted } from './database.ts';
import { pastRun, RUN_COLUMNS } from './history.ts';
import { KNOWN_TASKS } from './known-tasks.ts';
import { listWatermarks, type KeptWatermark } from './watermarks.ts';

export interface TaskState {
  readonly task: string;
  /** Null: no run is in progress, as far as the state knows: of a process that died, it learns later. */
  readonly running: PastRun | null;
  /** The last run that succeeded or failed, backfills aside; null: there is none. */
  readonly last: PastRun | null;
  /** Null: the last run succeeded, or there is none. */
  readonly failing: {
    /** When the first of the failed runs ended, ISO 8601 UTC. */
    readonly since: string;
    readonly runs: number;
  } | null;
  /** Runs since the last one that could not begin, because another was in progress. */
  readonly skipped: number;
  /** Slots of the schedule up to this one have been dealt with, ISO 8601 UTC; null: none has. */
  readonly settled: string | null;
  readonly watermarks: readonly KeptWatermark[];
}

/**
 * The last result of each task that has run, one statement for all of them: a few look-ups in an index for each,
 * however many runs there are. Ids are 0 where there is none.
 */
const STANDING = `
  WITH RECURSIVE ${KNOWN_TASKS},
    result (name, success, failure) AS MATERIALIZED (
      SELECT task,
             ifnull((SELECT max(id) FROM run
                     WHERE task = known.task AND status = 'succeeded' AND kind <> 'backfill'), 0),
             ifnull((SELECT max(id) FROM run
                     WHERE task = known.task AND status = 'failed' AND kind <> 'backfill'), 0)
      FROM known WHERE task IS NOT NULL
    )`;

/**
 * Every task that the state knows.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function taskStates(db: DatabaseSync): Map<string, TaskState> {
  return consulted('the state of the tasks', () => {
    const watermarks = Map.groupBy(listWatermarks(db, null), ({ task }) => task);
    const running = byTask(db, `SELECT ${RUN_COLUMNS} FROM run WHERE status = 'running'`);
    const settled = byTask(db, 'SELECT task, settled FROM slot');
    const standing = byTask(
      db,
      `${STANDING}
       SELECT ${RUN_COLUMNS}, name,
              (SELECT count(*) FROM run WHERE task = name AND status = 'failed' AND kind <> 'backfill'
                                          AND id > success) AS failures,
              (SELECT finished_at FROM run WHERE task = name AND status = 'failed' AND kind <> 'backfill'
                                             AND id > success ORDER BY id LIMIT 1) AS failing_since,
              (SELECT count(*) FROM run WHERE task = name AND status = 'skipped' AND kind <> 'backfill'
                                          AND id > max(success, failure)) AS skipped
       FROM result LEFT JOIN run ON run.id = max(success, failure)`,
      'name',
    );
    const tasks = new Set([...standing.keys(), ...watermarks.keys()]);
    return new Map(
      [...tasks].map((task): [string, TaskState] => {
        const now = running.get(task);
        const found = standing.get(task);
        const since = (found?.['failing_since'] ?? null) as string | null;
        return [
          task,
          {
            task,
            running: now === undefined ? null : pastRun(now),
            last: found === undefined || found['id'] === null ? null : pastRun(found),
            failing: since === null ? null : { since, runs: found!['failures'] as number },
            skipped: (found?.['skipped'] ?? 0) as number,
            settled: (settled.get(task)?.['settled'] ?? null) as string | null,
            watermarks: watermarks.get(task) ?? [],
          },
        ];
      }),
    );
  });
}

/**
 * The last run of each task that succeeded or failed, backfills aside.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function lastRuns(db: DatabaseSync): Map<string, PastRun> {
  return consulted('the last runs', () => {
    const runs = byTask(
      db,
      `${STANDING} SELECT ${RUN_COLUMNS} FROM result JOIN run ON run.id = max(success, failure)`,
    );
    return new Map([...runs].map(([task, row]) => [task, pastRun(row)]));
  });
}

function byTask(db: DatabaseSync, sql: string, key = 'task'): Map<string, Readonly<Record<string, unknown>>> {
  return new Map(
    db
      .prepare(sql)
      .all()
      .map((row) => [row[key] as string, row]),
  );
}
