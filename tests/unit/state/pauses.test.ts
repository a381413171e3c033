import { listEvents } from '../../../src/state/history.ts';
import { noteRunAsked, pausedTasks, pauseTask, resumeTask } from '../../../src/state/pauses.ts';
import { recentRuns, recentRunsOf, runPlace } from '../../../src/state/recent-runs.ts';
import { minutesLater, ran, stateDb } from './folder.ts';

const deed = (minutes: number) => ({ actor: 'ann@127.0.0.1', at: minutesLater(minutes) });

it('keeps who has paused what since when, and writes each deed down once', () => {
  const db = stateDb();
  pauseTask(db, 'orders', deed(1));
  pauseTask(db, 'orders', { actor: 'bob@127.0.0.1', at: minutesLater(2) });
  expect([...pausedTasks(db)]).toEqual([
    ['orders', { since: minutesLater(1).toISOString(), actor: 'ann@127.0.0.1' }],
  ]);
  resumeTask(db, 'orders', deed(3));
  resumeTask(db, 'orders', deed(4));
  expect([...pausedTasks(db)]).toEqual([]);
  noteRunAsked(db, 'orders', null, deed(5));
  noteRunAsked(db, 'orders', minutesLater(0), deed(6));
  const events = listEvents(db, { task: 'orders', since: null, limit: 10 });
  expect(events.map(({ action, actor, at }) => [action, actor, at]).toReversed()).toEqual([
    ['task_paused', 'ann@127.0.0.1', minutesLater(1).toISOString()],
    ['task_resumed', 'ann@127.0.0.1', minutesLater(3).toISOString()],
    ['run_asked', 'ann@127.0.0.1', minutesLater(5).toISOString()],
    ['retry_asked', 'ann@127.0.0.1', minutesLater(6).toISOString()],
  ]);
  expect(events[0]!.detail).toBe(`run for ${minutesLater(0).toISOString()} asked for once more`);
});

it('knows the last runs of each task, the oldest first, and where each has left its log', () => {
  const db = stateDb();
  const orders = [0, 1, 2].map((minutes) => ran(db, 'orders', minutes));
  const people = ran(db, 'people', 1);
  const recent = recentRuns(db, 2);
  expect([...recent.keys()].toSorted()).toEqual(['orders', 'people']);
  expect(recent.get('orders')!.map(({ run_id }) => run_id)).toEqual(orders.slice(1));
  expect(recentRunsOf(db, 'people', 5)).toMatchObject([
    { run_id: people, status: 'succeeded', error_code: null },
  ]);
  expect(recentRunsOf(db, 'nobody', 5)).toEqual([]);
  expect(runPlace(db, people)).toMatchObject({
    task: 'people',
    stamp: expect.stringMatching(/^\d{14}$/) as string,
  });
  expect(runPlace(db, 'no such run')).toBeNull();
});
