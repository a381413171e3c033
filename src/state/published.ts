/** What runs have published, as the state remembers it: for holding it against the bucket. */
import type { DatabaseSync } from 'node:sqlite';
import { consulted } from './database.ts';

export interface PublishedRun {
  readonly runId: string;
  /** Name of the sink in the config. */
  readonly sink: string;
  /** Key of the manifest. */
  readonly manifest: string;
}

/**
 * The last run of a task that succeeded and published something, a backfill's among them; null: none is remembered.
 *
 * @param sink only runs into this one; null: into any.
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function lastPublished(db: DatabaseSync, task: string, sink: string | null): PublishedRun | null {
  const row = consulted('the history', () =>
    db
      .prepare(
        `SELECT run_id, sink, manifest FROM run
         WHERE task = ?1 AND status = 'succeeded' AND manifest IS NOT NULL AND (?2 IS NULL OR sink = ?2)
         ORDER BY id DESC LIMIT 1`,
      )
      .get(task, sink),
  );
  if (row === undefined) return null;
  return {
    runId: row['run_id'] as string,
    sink: row['sink'] as string,
    manifest: row['manifest'] as string,
  };
}
