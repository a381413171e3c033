/** How each task stands: what it does now, how its last run ended, since when it fails, what it remembers. */
import type { DatabaseSync } from 'node:sqlite';
import type { PastRun } from '../domain.ts';
import { consulted } from './database.ts';
import { pastRun, RUN_COLUMNS } from './history.ts';
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
 * Every task that the state knows. A few look-ups in an index for each of them, however many runs there are.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function taskStates(db: DatabaseSync): Map<string, TaskState> {
  return consulted('the state of the tasks', () => {
    const ask = questions(db);
    const watermarks = Map.groupBy(listWatermarks(db, null), ({ task }) => task);
    const settled = new Map(
      db
        .prepare('SELECT task, settled FROM slot')
        .all()
        .map((row) => [row['task'] as string, row['settled'] as string]),
    );
    const tasks = new Set([...tasksOfRuns(db), ...watermarks.keys()]);
    return new Map(
      [...tasks].map((task) => [
        task,
        { task, ...ask(task), settled: settled.get(task) ?? null, watermarks: watermarks.get(task) ?? [] },
      ]),
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
    const find = lastResult(db);
    const runs = tasksOfRuns(db).flatMap((task) => find(task)?.run ?? []);
    return new Map(runs.map((run) => [run.task, run]));
  });
}

/** Jumps through the index from one task to the next: `DISTINCT` would read all of it. */
function tasksOfRuns(db: DatabaseSync): string[] {
  return db
    .prepare(
      `WITH RECURSIVE known (task) AS (
         SELECT min(task) FROM run
         UNION ALL
         SELECT (SELECT min(task) FROM run WHERE task > known.task) FROM known WHERE known.task IS NOT NULL
       )
       SELECT task FROM known WHERE task IS NOT NULL`,
    )
    .all()
    .map((row) => row['task'] as string);
}

interface Result {
  readonly id: number;
  /** Of the last success; 0: there is none. */
  readonly successId: number;
  readonly run: PastRun;
}

function lastResult(db: DatabaseSync): (task: string) => Result | null {
  const lastOf = db.prepare(
    "SELECT max(id) AS id FROM run WHERE task = ? AND status = ? AND kind <> 'backfill'",
  );
  const run = db.prepare(`SELECT ${RUN_COLUMNS} FROM run WHERE id = ?`);
  return (task) => {
    const idOf = (status: PastRun['status']): number =>
      (lastOf.get(task, status)!['id'] as number | null) ?? 0;
    const successId = idOf('succeeded');
    const id = Math.max(successId, idOf('failed'));
    return id === 0 ? null : { id, successId, run: pastRun(run.get(id)!) };
  };
}

function questions(
  db: DatabaseSync,
): (task: string) => Pick<TaskState, 'running' | 'last' | 'failing' | 'skipped'> {
  const find = lastResult(db);
  const running = db.prepare(`SELECT ${RUN_COLUMNS} FROM run WHERE task = ? AND status = 'running'`);
  const since = db.prepare(
    `SELECT min(id) AS first, count(*) AS runs FROM run
     WHERE task = ? AND status = ? AND kind <> 'backfill' AND id > ?`,
  );
  const ended = db.prepare('SELECT finished_at FROM run WHERE id = ?');
  return (task) => {
    const now = running.get(task);
    const last = find(task);
    const failed = last === null ? null : since.get(task, 'failed', last.successId)!;
    const runs = (failed?.['runs'] as number | undefined) ?? 0;
    return {
      running: now === undefined ? null : pastRun(now),
      last: last?.run ?? null,
      failing:
        runs === 0 ? null : { since: ended.get(failed!['first'] as number)!['finished_at'] as string, runs },
      skipped: since.get(task, 'skipped', last?.id ?? 0)!['runs'] as number,
    };
  };
}
