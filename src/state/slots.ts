/** Up to which slot of its schedule each task has been dealt with, and by which schedule that was. */
import type { DatabaseSync } from 'node:sqlite';
import type { SettledSlot } from '../domain/run.ts';
import { consulted, durably } from './database.ts';

/** @throws TidemarkError STATE_UNUSABLE. */
export function settledSlots(db: DatabaseSync): SettledSlot[] {
  return consulted('the settled slots', () =>
    db
      .prepare('SELECT task, settled, schedule, timezone FROM slot')
      .all()
      .map((row) => ({
        task: row['task'] as string,
        settled: new Date(row['settled'] as string),
        schedule: row['schedule'] as string | null,
        timezone: row['timezone'] as string | null,
      })),
  );
}

/**
 * Keeps how tasks stand, and forgets others. Writes nothing where that is kept already.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function saveSlots(db: DatabaseSync, slots: readonly SettledSlot[], gone: readonly string[]): void {
  durably(db, 'the settled slots', () => {
    const isKept = db.prepare(
      'SELECT 1 FROM slot WHERE task = ? AND settled = ? AND schedule IS ? AND timezone IS ?',
    );
    const keep = db.prepare(
      'INSERT OR REPLACE INTO slot (task, settled, schedule, timezone) VALUES (?, ?, ?, ?)',
    );
    const forget = db.prepare('DELETE FROM slot WHERE task = ?');
    for (const { task, settled, schedule, timezone } of slots) {
      const row = [task, settled.toISOString(), schedule, timezone] as const;
      if (isKept.get(...row) === undefined) keep.run(...row);
    }
    for (const task of gone) forget.run(task);
  });
}
