import { lastRuns, taskStates } from '../../../src/state/task-states.ts';
import { began, failed, minutesLater, ran, stateDb } from './folder.ts';

it('knows nothing of an empty state', () => {
  const db = stateDb();
  expect(taskStates(db)).toEqual(new Map());
  expect(lastRuns(db)).toEqual(new Map());
});

it('knows each task that has run or remembers something', () => {
  const db = stateDb();
  ran(db, 'b', 0);
  ran(db, 'a', 1);
  ran(db, 'b', 2);
  db.exec(`INSERT INTO watermark VALUES ('c', 't', 'id', '7', NULL, '2026-03-01T00:00:00.000Z')`);
  const states = taskStates(db);
  expect([...states.keys()].toSorted()).toEqual(['a', 'b', 'c']);
  expect(states.get('c')).toEqual({
    task: 'c',
    running: null,
    last: null,
    failing: null,
    skipped: 0,
    settled: null,
    watermarks: [
      { task: 'c', table: 't', column: 'id', value: '7', runId: null, updatedAt: '2026-03-01T00:00:00.000Z' },
    ],
  });
  expect([...lastRuns(db).keys()]).toEqual(['a', 'b']);
});

it('says since when a task fails, and how often', () => {
  const db = stateDb();
  ran(db, 'orders', 0, failed());
  ran(db, 'orders', 1);
  expect(taskStates(db).get('orders')?.failing).toBeNull();
  ran(db, 'orders', 2, failed());
  const last = ran(db, 'orders', 3, failed('LOCK_TIMEOUT'));
  const state = taskStates(db).get('orders')!;
  expect(state.failing).toEqual({ since: '2026-03-01T03:02:01.500Z', runs: 2 });
  expect(state.last).toMatchObject({ run_id: last, error: { code: 'LOCK_TIMEOUT' } });
  expect(lastRuns(db).get('orders')?.run_id).toBe(last);
});

it('says so of a task that has never succeeded, too', () => {
  const db = stateDb();
  ran(db, 'orders', 0, failed());
  expect(taskStates(db).get('orders')?.failing).toEqual({ since: '2026-03-01T03:00:01.500Z', runs: 1 });
});

it('counts runs that were skipped since the last result, and settled slots', () => {
  const db = stateDb();
  ran(db, 'orders', 0, { status: 'skipped' });
  const last = ran(db, 'orders', 1);
  ran(db, 'orders', 2, { status: 'skipped' });
  ran(db, 'orders', 3, { status: 'skipped' });
  expect(taskStates(db).get('orders')).toMatchObject({
    last: { run_id: last },
    skipped: 2,
    settled: minutesLater(3).toISOString(),
  });
});

it('leaves backfills out of how a task stands', () => {
  const db = stateDb();
  const live = ran(db, 'orders', 0);
  ran(db, 'orders', 1, { ...failed(), kind: 'backfill' });
  expect(taskStates(db).get('orders')).toMatchObject({ last: { run_id: live }, failing: null });
  const failure = ran(db, 'orders', 2, failed());
  ran(db, 'orders', 3, { kind: 'backfill' });
  expect(taskStates(db).get('orders')).toMatchObject({ last: { run_id: failure }, failing: { runs: 1 } });
});

it('names the run in progress', () => {
  const db = stateDb();
  ran(db, 'orders', 0);
  const id = began(db, 'orders', 1);
  expect(taskStates(db).get('orders')).toMatchObject({
    running: { run_id: id },
    last: { status: 'succeeded' },
  });
});
