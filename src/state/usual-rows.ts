/** How many rows a task usually has, as its history tells. */
import type { DatabaseSync } from 'node:sqlite';
import { consulted } from './database.ts';

/** A stretch of time, and the moment in it to look around. */
interface Day {
  readonly from: Date;
  readonly at: Date;
  /** Exclusive. */
  readonly to: Date;
}

/**
 * Of each day the rows of the run that was scheduled nearest to its moment, among those that succeeded for a slot of
 * the schedule; days without one are left out. A few look-ups in an index for each day, however many runs there are.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function usualRows(db: DatabaseSync, task: string, days: readonly Day[]): number[] {
  return consulted('the sizes of earlier runs', () => {
    const run = `SELECT rows, scheduled_for FROM run
      WHERE task = ? AND status = 'succeeded' AND kind <> 'backfill' AND kind <> 'manual'`;
    const before = db.prepare(
      `${run} AND scheduled_for >= ? AND scheduled_for <= ? ORDER BY scheduled_for DESC LIMIT 1`,
    );
    const after = db.prepare(
      `${run} AND scheduled_for > ? AND scheduled_for < ? ORDER BY scheduled_for LIMIT 1`,
    );
    return days.flatMap(({ from, at, to }) => {
      const around = [
        before.get(task, from.toISOString(), at.toISOString()),
        after.get(task, at.toISOString(), to.toISOString()),
      ] as readonly ({ readonly rows: number; readonly scheduled_for: string } | undefined)[];
      const distance = (scheduledFor: string): number => Math.abs(Date.parse(scheduledFor) - at.getTime());
      const [nearest] = around
        .filter((one) => one !== undefined)
        .toSorted((a, b) => distance(a.scheduled_for) - distance(b.scheduled_for));
      return nearest === undefined ? [] : [nearest.rows];
    });
  });
}
