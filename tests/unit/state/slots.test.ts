/** What the state keeps of schedules, between the daemon's notes and the runs that settle their slots themselves. */
import type { DatabaseSync } from 'node:sqlite';
import type { SettledSlot } from '../../../src/domain/run.ts';
import { slotTrigger } from '../../../src/schedule/due.ts';
import { skippedRun } from '../../../src/daemon/skipped-run.ts';
import { recordUnpublished } from '../../../src/state/runs.ts';
import { saveSlots, settledSlots } from '../../../src/state/slots.ts';
import { sampleSpec } from '../watch/sample-spec.ts';
import { closeStates, stateDb } from './folder.ts';

let db: DatabaseSync;
beforeEach(() => {
  db = stateDb();
});

const at = (time: string) => new Date(`2026-03-04T${time}Z`);
const hourly = (task: string, settled: string): SettledSlot => ({
  task,
  settled: at(settled),
  schedule: '0 * * * *',
  timezone: 'UTC',
});
/** A run that was skipped, and by that has dealt with its slot. */
const record = (task: string, slot: string) =>
  recordUnpublished(
    db,
    skippedRun(sampleSpec(task), slotTrigger(false, at(slot), null), 'It was.', at(slot)),
  );

it('is read as it was written, also by the next process', () => {
  saveSlots(db, [hourly('a', '05:00:00.250'), hourly('b', '06:00:00')], []);
  saveSlots(db, [hourly('a', '07:00:00')], ['b', 'never heard of']);
  closeStates();
  expect(settledSlots(stateDb())).toEqual([hourly('a', '07:00:00')]);
});

it('goes back where the clock has', () => {
  saveSlots(db, [hourly('a', '07:00:00')], []);
  saveSlots(db, [hourly('a', '05:00:00')], []);
  expect(settledSlots(db)).toEqual([hourly('a', '05:00:00')]);
});

it('goes on with a run, and keeps the schedule it is by', () => {
  saveSlots(db, [hourly('a', '05:00:00')], []);
  record('a', '06:00:00');
  record('a', '05:30:00');
  expect(settledSlots(db)).toEqual([hourly('a', '06:00:00')]);
});

it('has no schedule where a run ends whose task is gone', () => {
  record('a', '06:00:00');
  expect(settledSlots(db)).toEqual([{ task: 'a', settled: at('06:00:00'), schedule: null, timezone: null }]);
});

it('writes nothing that is kept already', () => {
  saveSlots(db, [hourly('a', '05:00:00')], []);
  const changes = () => db.prepare('SELECT total_changes() AS n').get()!['n'];
  const before = changes();
  saveSlots(db, [hourly('a', '05:00:00')], []);
  expect(changes()).toBe(before);
});

it('says that it cannot be read, or written', () => {
  db.exec('DROP TABLE slot');
  expect(() => settledSlots(db)).toThrow('the settled slots cannot be read');
  expect(() => saveSlots(db, [hourly('a', '05:00:00')], [])).toThrow('cannot be written');
});
