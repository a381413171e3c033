import type { DatabaseSync } from 'node:sqlite';
import { listEvents, listRuns, recordEvent } from '../../../src/state/history.ts';
import { pruneHistory } from '../../../src/state/prune.ts';
import { began, failed, minutesLater, ran, stateDb } from './folder.ts';

const NEVER = new AbortController().signal;
const left = (db: DatabaseSync): string[] =>
  listRuns(db, { task: null, since: null, limit: 10_000 }).map(({ run_id }) => run_id);

it('removes what ended before a time, with its files', async () => {
  const db = stateDb();
  db.exec('BEGIN');
  for (let minute = 0; minute < 500; minute++) ran(db, 'orders', minute);
  const young = [ran(db, 'orders', 600), ran(db, 'orders', 601)];
  db.exec('COMMIT');
  expect(await pruneHistory(db, minutesLater(600), NEVER)).toEqual({ runs: 500, events: 0 });
  expect(left(db)).toEqual(young.toReversed());
  expect(db.prepare('SELECT count(*) AS files FROM run_file').get()).toEqual({ files: 2 });
});

it('keeps of each task the last run, the last success and the last that published, however old', async () => {
  const db = stateDb();
  const kept = [
    ran(db, 'a', 0), // published
    ran(db, 'a', 1, { manifest: null }), // succeeded
    ran(db, 'b', 3, failed()), // never anything else
  ];
  const gone = ran(db, 'a', 4, failed());
  const last = ran(db, 'a', 5, failed());
  expect(left(db)).toContain(gone);
  expect(await pruneHistory(db, minutesLater(1000), NEVER)).toMatchObject({ runs: 1 });
  expect(left(db).toSorted()).toEqual([...kept, last].toSorted());
});

it('keeps a run in progress', async () => {
  const db = stateDb();
  const running = began(db, 'orders', 0);
  ran(db, 'orders', 1);
  const last = ran(db, 'orders', 2);
  await pruneHistory(db, minutesLater(1000), NEVER);
  expect(left(db)).toEqual([last, running]);
});

it.each([
  ['in progress', null, 3],
  ['done', '2026-02-01', 1],
])('keeps the runs of a backfill as long as it needs them: %s', async (_, doneUntil, count) => {
  const db = stateDb();
  for (const minute of [0, 1]) ran(db, 'orders', minute, { kind: 'backfill' });
  ran(db, 'orders', 2);
  db.prepare(
    `INSERT INTO backfill (id, task, "from", "to", every, fingerprint, done_until)
              VALUES ('20260101000000', 'orders', '2026-01-01', '2026-02-01', NULL, 'f', ?)`,
  ).run(doneUntil);
  await pruneHistory(db, minutesLater(1000), NEVER);
  expect(left(db)).toHaveLength(count);
});

it('removes old events', async () => {
  const db = stateDb();
  for (const minute of [0, 10])
    recordEvent(db, {
      task: 'a',
      at: minutesLater(minute).toISOString(),
      actor: 'x',
      action: 'y',
      detail: `${minute}`,
    });
  expect(await pruneHistory(db, minutesLater(5), NEVER)).toEqual({ runs: 0, events: 1 });
  expect(listEvents(db, { task: null, since: null, limit: 10 })).toMatchObject([{ detail: '10' }]);
});

it('lets others write in between, and ends when it is told to', async () => {
  const db = stateDb();
  db.exec('BEGIN');
  for (let minute = 0; minute < 1000; minute++) ran(db, 'orders', minute);
  db.exec('COMMIT');
  const stop = new AbortController();
  const pruning = pruneHistory(db, minutesLater(5000), stop.signal);
  const other = ran(db, 'people', 6000); // no transaction is open while it pauses
  stop.abort();
  const { runs } = await pruning;
  expect(runs).toBe(200);
  expect(left(db)).toHaveLength(801);
  expect(left(db)[0]).toBe(other);
});
