/** Which manifest `tidemark verify TASK` begins with. */
import type { DatabaseSync } from 'node:sqlite';
import { rememberedTasks } from '../../../src/state/known-tasks.ts';
import { lastPublished } from '../../../src/state/published.ts';
import { stateDb } from './folder.ts';

let db: DatabaseSync;
beforeEach(() => {
  db = stateDb();
  const add = db.prepare(
    `INSERT INTO run (run_id, task, kind, status, stamp, sink, scheduled_for, started_at, manifest)
     VALUES (?, ?, ?, ?, 's', ?, 't', 't', ?)`,
  );
  add.run('1', 'staff', 'scheduled', 'succeeded', 's3', 'staff/_manifest_1.json');
  add.run('2', 'staff', 'backfill', 'succeeded', 'archive', 'staff/_manifest_2.json');
  add.run('3', 'staff', 'scheduled', 'failed', 's3', null);
  // Every table was empty and skipped.
  add.run('4', 'staff', 'manual', 'succeeded', 's3', null);
  add.run('5', 'staff', 'manual', 'running', 's3', null);
  add.run('6', 'jobs', 'manual', 'failed', 's3', null);
});

it.each([
  ['staff', null, { runId: '2', sink: 'archive', manifest: 'staff/_manifest_2.json' }],
  ['staff', 's3', { runId: '1', sink: 's3', manifest: 'staff/_manifest_1.json' }],
  ['staff', 'nowhere', null],
  ['jobs', null, null],
  ['unknown', null, null],
])('is of the last run that published: %s into %s', (task, sink, expected) => {
  expect(lastPublished(db, task, sink)).toEqual(expected);
});

it('knows every task that has ever run', () => {
  expect(rememberedTasks(db)).toEqual(['jobs', 'staff']);
});
