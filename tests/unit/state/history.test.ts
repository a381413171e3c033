import type { PastRun } from '../../../src/domain/run.ts';
import { findRun, listEvents, listRuns, recordEvent } from '../../../src/state/history.ts';
import { recordDeaths } from '../../../src/state/runs.ts';
import { began, failed, minutesLater, ran, stateDb } from './folder.ts';

const ids = (runs: readonly PastRun[]): string[] => runs.map(({ run_id }) => run_id);

it('lists runs, the newest first: of all tasks or one, since a time, and so many', () => {
  const db = stateDb();
  const orders = [ran(db, 'orders', 0), ran(db, 'orders', 10)];
  const people = ran(db, 'people', 20);
  const all = { task: null, since: null, limit: 10 };
  expect(ids(listRuns(db, all))).toEqual([people, orders[1], orders[0]]);
  expect(ids(listRuns(db, { ...all, task: 'orders' }))).toEqual([orders[1], orders[0]]);
  expect(ids(listRuns(db, { ...all, limit: 2 }))).toEqual([people, orders[1]]);
  expect(ids(listRuns(db, { ...all, limit: 0 }))).toEqual([]);
  expect(ids(listRuns(db, { ...all, since: minutesLater(10) }))).toEqual([people, orders[1]]);
  expect(listRuns(db, { ...all, task: 'nobody' })).toEqual([]);
});

it('finds a run that began after another on a clock that was set back', () => {
  const db = stateDb();
  const ahead = ran(db, 'orders', 60);
  const back = ran(db, 'orders', 0);
  expect(ids(listRuns(db, { task: null, since: minutesLater(30), limit: 10 }))).toEqual([ahead]);
  expect(ids(listRuns(db, { task: null, since: null, limit: 10 }))).toEqual([back, ahead]);
});

it('shows what a run has left', () => {
  const db = stateDb();
  ran(db, 'orders', 0, { attempts: 2, warnings: ['slow'] });
  ran(db, 'orders', 1, failed());
  const [failure, success] = listRuns(db, { task: null, since: null, limit: 10 });
  expect(success).toMatchObject({
    task: 'orders',
    kind: 'scheduled',
    status: 'succeeded',
    scheduled_for: '2026-03-01T03:00:00.000Z',
    started_at: '2026-03-01T03:00:00.000Z',
    finished_at: '2026-03-01T03:00:01.500Z',
    duration_ms: 1500,
    attempts: 2,
    rows: 3,
    bytes: 40,
    files: 1,
    manifest: 'orders/_manifest_20260301030000.json',
    warnings: ['slow'],
    error: null,
  });
  expect(failure).toMatchObject({
    status: 'failed',
    files: 0,
    manifest: null,
    error: { code: 'ACCESS_DENIED' },
  });
});

it('shows a run in progress, and one whose process died', () => {
  const db = stateDb();
  began(db, 'orders', 0);
  const [running] = listRuns(db, { task: null, since: null, limit: 1 });
  expect(running).toMatchObject({
    status: 'running',
    finished_at: null,
    duration_ms: null,
    rows: 0,
    error: null,
  });
  recordDeaths(db, 'orders', minutesLater(5));
  const [dead] = listRuns(db, { task: null, since: null, limit: 1 });
  expect(dead).toMatchObject({
    status: 'failed',
    finished_at: minutesLater(5).toISOString(),
    error: { code: 'PROCESS_DIED', hint: expect.any(String) as string },
  });
});

it('finds one run whole, with its files', () => {
  const db = stateDb();
  const id = ran(db, 'orders', 0);
  expect(findRun(db, id)).toMatchObject({
    run: { run_id: id, files: 1 },
    report: { run_id: id, files: [{ key: 'orders/orders_20260301030000.csv', rows: 3 }] },
  });
  expect(findRun(db, began(db, 'orders', 1))).toMatchObject({ run: { status: 'running' }, report: null });
  expect(findRun(db, 'none')).toBeNull();
});

it('lists what people did, the newest first', () => {
  const db = stateDb();
  const did = (task: string, minute: number) => {
    const event = {
      task,
      at: minutesLater(minute).toISOString(),
      actor: 'ann@db1',
      action: 'watermark_set',
      detail: 'x',
    };
    recordEvent(db, event);
    return event;
  };
  const events = [did('orders', 0), did('people', 1), did('orders', 2)];
  const all = { task: null, since: null, limit: 10 };
  expect(listEvents(db, all)).toEqual(events.toReversed());
  expect(listEvents(db, { ...all, task: 'people' })).toEqual([events[1]]);
  expect(listEvents(db, { ...all, since: minutesLater(1), limit: 1 })).toEqual([events[2]]);
});
