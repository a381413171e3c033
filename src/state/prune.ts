/** Retention: removes old runs, a few at a time, so that nobody waits for it. */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { consulted, durably } from './database.ts';
import { KNOWN_TASKS } from './known-tasks.ts';

export interface Pruned {
  readonly runs: number;
  readonly events: number;
}

/** Runs removed in one transaction, which others have to wait for. */
const AT_ONCE = 200;
/** Between two transactions, for whoever waits. */
const PAUSE_MS = 10;

/**
 * Removes runs, with their files, that ended before a time, and what people did before it. Kept, however old they are:
 * of each task the last run, the last success and the last run that published something, runs in progress, and the runs
 * of backfills that have not come to their end.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export async function pruneHistory(db: DatabaseSync, before: Date, signal: AbortSignal): Promise<Pruned> {
  const cutoff = before.toISOString();
  // What becomes the last of its task while this goes on is younger than the cutoff.
  const kept = consulted('the history', () => runsToKeep(db));
  const [batch, remove] = consulted('the history', () => [
    db.prepare(
      `SELECT id, finished_at AS at FROM run
       WHERE (finished_at, id) > (?, ?) AND finished_at < ? AND status <> 'running'
       ORDER BY finished_at, id LIMIT ?`,
    ),
    db.prepare('DELETE FROM run WHERE id = ?'),
  ]);
  let runs = 0;
  let last = { at: '', id: 0 };
  while (!signal.aborted) {
    const found = consulted('the history', () => batch.all(last.at, last.id, cutoff, AT_ONCE)) as {
      id: number;
      at: string;
    }[];
    if (found.length === 0) break;
    last = found.at(-1)!;
    const old = found.filter(({ id }) => !kept.has(id));
    durably(db, 'the removal of old runs', () => {
      for (const { id } of old) remove.run(id);
    });
    runs += old.length;
    await pause(PAUSE_MS);
  }
  if (signal.aborted) return { runs, events: 0 };
  const events = durably(db, 'the removal of old events', () =>
    Number(db.prepare('DELETE FROM event WHERE at < ?').run(cutoff).changes),
  );
  return { runs, events };
}

function runsToKeep(db: DatabaseSync): Set<number> {
  const ids = db
    .prepare(
      `WITH RECURSIVE ${KNOWN_TASKS}
       SELECT (SELECT max(id) FROM run WHERE task = known.task) AS id FROM known
       UNION SELECT (SELECT id FROM run WHERE task = known.task AND status = 'succeeded' AND kind <> 'backfill'
                     ORDER BY scheduled_for DESC LIMIT 1) FROM known
       UNION SELECT (SELECT max(id) FROM run WHERE task = known.task AND status = 'succeeded'
                     AND kind <> 'backfill') FROM known
       UNION SELECT (SELECT max(id) FROM run WHERE task = known.task AND manifest IS NOT NULL) FROM known
       UNION SELECT run.id FROM backfill CROSS JOIN run ON run.task = backfill.task
             WHERE run.kind = 'backfill' AND backfill.done_until IS NOT backfill."to"`,
    )
    .all();
  return new Set(ids.map((row) => row['id'] as number));
}
