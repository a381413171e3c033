/** Which manifest `tidemark verify TASK` begins with. */
import { openState, type StateDatabase } from '../../../src/state/database.ts';
import { rememberedTasks } from '../../../src/state/known-tasks.ts';
import { lastPublished } from '../../../src/state/published.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string;
let state: StateDatabase;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-published-'));
  state = openState(folder);
  const add = state.db.prepare(
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
afterAll(() => {
  state.close();
  rmSync(folder, { recursive: true });
});

it.each([
  ['staff', null, { runId: '2', sink: 'archive', manifest: 'staff/_manifest_2.json' }],
  ['staff', 's3', { runId: '1', sink: 's3', manifest: 'staff/_manifest_1.json' }],
  ['staff', 'nowhere', null],
  ['jobs', null, null],
  ['unknown', null, null],
])('is of the last run that published: %s into %s', (task, sink, expected) => {
  expect(lastPublished(state.db, task, sink)).toEqual(expected);
});

it('knows every task that has ever run', () => {
  expect(rememberedTasks(state.db)).toEqual(['jobs', 'staff']);
});
