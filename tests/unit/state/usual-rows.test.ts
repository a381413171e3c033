/** Which earlier runs say how many rows a task usually has. */
import type { DatabaseSync } from 'node:sqlite';
import type { RunKind } from '../../../src/domain/run.ts';
import { comparableDays } from '../../../src/plan/usual-size.ts';
import { usualRows } from '../../../src/state/usual-rows.ts';
import { AT, failed, ran, stateDb } from './folder.ts';

const WEEK = 7 * 24 * 60;
/** A run for a time so many weeks, and hours, before `AT`, with so many rows. */
function weeksAgo(
  db: DatabaseSync,
  weeks: number,
  rows: number,
  hours = 0,
  kind: RunKind = 'scheduled',
): void {
  const tables = [{ name: 'a', rows, bytes: 1, files: 1, sql: [] }];
  ran(db, 'a', -weeks * WEEK + hours * 60, { kind, tables });
}
const usual = (db: DatabaseSync): number[] => usualRows(db, 'a', comparableDays(new Date(AT), 'UTC'));

it('are those of the same weekday in the last eight weeks, the newest first', () => {
  const db = stateDb();
  for (const week of [0, 1, 2, 5, 8, 9]) weeksAgo(db, week, 100 + week);
  for (const day of [1, 2, 3]) weeksAgo(db, 1, 7, day * 24);
  expect(usual(db)).toEqual([101, 102, 105, 108]);
});

it('are those nearest to the time of the day, where there are many', () => {
  const db = stateDb();
  // 03:00 is asked for.
  for (let hour = -3; hour < 21; hour++) if (hour !== 0) weeksAgo(db, 1, 100 + hour, hour + 0.2);
  weeksAgo(db, 2, 7, -2);
  weeksAgo(db, 2, 8, 1);
  expect(usual(db)).toEqual([99, 8]);
});

it('are those of slots of the schedule that succeeded', () => {
  const db = stateDb();
  weeksAgo(db, 1, 1, 0, 'manual');
  weeksAgo(db, 2, 2, 0, 'backfill');
  weeksAgo(db, 3, 3, 0, 'catch_up');
  ran(db, 'a', -4 * WEEK, failed());
  ran(db, 'another', -5 * WEEK);
  expect(usual(db)).toEqual([3]);
});

it('are found through an index', () => {
  const db = stateDb();
  const plan = db
    .prepare(
      `EXPLAIN QUERY PLAN SELECT rows FROM run WHERE task = 'a' AND status = 'succeeded' AND kind <> 'backfill'
       AND kind <> 'manual' AND scheduled_for >= 'x' AND scheduled_for <= 'y' ORDER BY scheduled_for DESC LIMIT 1`,
    )
    .all()
    .map((row) => row['detail']);
  expect(plan).toEqual([expect.stringMatching(/USING INDEX run_live_success .*scheduled_for>/)]);
});
