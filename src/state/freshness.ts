/** What specs promise of their tasks' freshness, kept over restarts, and what is known of those tasks' runs. */
import type { DatabaseSync } from 'node:sqlite';
import type { FreshnessPast, FreshnessPromise, Success } from '../domain/freshness.ts';
import type { RunError } from '../domain/run.ts';
import { consulted, durably } from './database.ts';
import { pastRun, RUN_COLUMNS } from './history.ts';

/** By task. @throws TidemarkError STATE_UNUSABLE. */
export function keptPromises(db: DatabaseSync): FreshnessPromise[] {
  return consulted('the freshness of the tasks', () =>
    db
      .prepare('SELECT task, file, freshness_ms, timezone, owner, first_seen FROM freshness ORDER BY task')
      .all()
      .map((row) => ({
        task: row['task'] as string,
        file: row['file'] as string,
        freshnessMs: row['freshness_ms'] as number,
        timezone: row['timezone'] as string | null,
        owner: JSON.parse(row['owner'] as string) as FreshnessPromise['owner'],
        firstSeen: new Date(row['first_seen'] as string),
      })),
  );
}

/** Keeps promises and forgets others. @throws TidemarkError STATE_UNUSABLE. */
export function keepPromises(
  db: DatabaseSync,
  promises: readonly FreshnessPromise[],
  gone: readonly string[],
): void {
  durably(db, 'the freshness of the tasks', () => {
    const keep = db.prepare(
      `INSERT OR REPLACE INTO freshness (task, file, freshness_ms, timezone, owner, first_seen)
       VALUES (?, ?, ?, ?, ?, ?)`,
    );
    const forget = db.prepare('DELETE FROM freshness WHERE task = ?');
    for (const { task, file, freshnessMs, timezone, owner, firstSeen } of promises)
      keep.run(task, file, freshnessMs, timezone, JSON.stringify(owner), firstSeen.toISOString());
    for (const task of gone) forget.run(task);
  });
}

/** The id of the last success of task `?1`, or NULL. */
const LAST_SUCCESS = `(SELECT max(id) FROM run WHERE task = ?1 AND status = 'succeeded' AND kind <> 'backfill')`;

/**
 * @returns asks for the last run of a task that succeeded, backfills aside; null: none has. It is asked for a thousand
 * tasks at once. Both throw TidemarkError STATE_UNUSABLE.
 */
export function lastSuccesses(db: DatabaseSync): (task: string) => Success | null {
  return consulted('the last success', () => {
    const statement = db.prepare(`SELECT run_id, finished_at FROM run WHERE id = ${LAST_SUCCESS}`);
    return (task) =>
      consulted('the last success', () => {
        const row = statement.get(task);
        if (row === undefined) return null;
        return { runId: row['run_id'] as string, finishedAt: new Date(row['finished_at'] as string) };
      });
  });
}

/** @throws TidemarkError STATE_UNUSABLE. */
export function freshnessPast(db: DatabaseSync, task: string): FreshnessPast {
  return consulted('the runs of the task', () => {
    const failed = `task = ?1 AND status = 'failed' AND kind <> 'backfill' AND id > ifnull(${LAST_SUCCESS}, 0)`;
    const last = db
      .prepare(`SELECT ${RUN_COLUMNS} FROM run WHERE ${failed} ORDER BY id DESC LIMIT 1`)
      .get(task);
    const count = db.prepare(`SELECT count(*) AS failures FROM run WHERE ${failed}`).get(task);
    const running = db
      .prepare("SELECT max(started_at) AS at FROM run WHERE task = ?1 AND status = 'running'")
      .get(task)!['at'] as string | null;
    return {
      success: lastSuccesses(db)(task),
      failure: last === undefined ? null : failureOf(pastRun(last)),
      failures: count!['failures'] as number,
      runningSince: running === null ? null : new Date(running),
    };
  });
}

function failureOf(run: ReturnType<typeof pastRun>): FreshnessPast['failure'] {
  return { finishedAt: new Date(run.finished_at!), error: run.error as RunError };
}
