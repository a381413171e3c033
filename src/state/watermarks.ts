/** What incremental tasks remember, as people see and change it. Runs move it with their own transaction: runs.ts. */
import type { DatabaseSync } from 'node:sqlite';
import type { Watermark } from '../domain/run.ts';
import { consulted, durably } from './database.ts';
import { recordEvent } from './history.ts';
import { moveWatermark } from './runs.ts';

/** A watermark, and how it came to its value. */
export interface KeptWatermark extends Watermark {
  readonly task: string;
  /** Null: set by hand. */
  readonly runId: string | null;
  /** ISO 8601 UTC. */
  readonly updatedAt: string;
}

/** Who changes something, and when. */
export interface Deed {
  /** `user@host`. */
  readonly actor: string;
  readonly at: Date;
}

/**
 * Of one task, or of all (null), by table.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function listWatermarks(db: DatabaseSync, task: string | null): KeptWatermark[] {
  return consulted(
    'the watermarks',
    () =>
      db
        .prepare(
          `SELECT task, "table", "column", value, run_id AS runId, updated_at AS updatedAt FROM watermark
           WHERE ?1 IS NULL OR task = ?1 ORDER BY task, "table"`,
        )
        .all(task) as unknown as KeptWatermark[],
  );
}

/**
 * Sets a watermark by hand, with a line in the task's history. The task's lock must be held.
 *
 * @param before the value that it replaces; null: there was none.
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function setWatermark(
  db: DatabaseSync,
  task: string,
  watermark: Watermark,
  before: string | null,
  { actor, at }: Deed,
): void {
  const { table, column, value } = watermark;
  const from = before === null ? '' : ` from ${before}`;
  durably(db, 'the watermark', () => {
    moveWatermark(db, task, watermark, null, at.toISOString());
    const detail = `watermark ${table}.${column} set${from} to ${value}`;
    recordEvent(db, { task, at: at.toISOString(), actor, action: 'watermark_set', detail });
  });
}

/** Forgets watermarks, with a line in the task's history for each. The task's lock must be held. */
export function resetWatermarks(
  db: DatabaseSync,
  task: string,
  watermarks: readonly Watermark[],
  { actor, at }: Deed,
): void {
  durably(db, 'the watermark', () => {
    const forget = db.prepare('DELETE FROM watermark WHERE task = ? AND "table" = ?');
    for (const { table, column, value } of watermarks) {
      forget.run(task, table);
      const detail = `watermark ${table}.${column} reset; it was ${value}`;
      recordEvent(db, { task, at: at.toISOString(), actor, action: 'watermark_reset', detail });
    }
  });
}
