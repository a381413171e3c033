import { MOST_FAILURES, standings } from '../../../src/state/standings.ts';
import { began, failed, minutesLater, ran, stateDb } from './folder.ts';

const endOf = (minutes: number): Date => new Date(minutesLater(minutes).getTime() + 1500);

it('knows nothing of a task that has not run', () => {
  expect(standings(stateDb())()('orders')).toEqual({
    lastSuccess: null,
    succeededFor: null,
    failures: 0,
    triedFor: null,
  });
});

it('says when the last success ended and what it was for, and counts the failures since', () => {
  const db = stateDb();
  ran(db, 'orders', 0, failed());
  ran(db, 'orders', 1);
  ran(db, 'orders', 2);
  ran(db, 'orders', 3, failed());
  ran(db, 'orders', 4, { status: 'skipped' });
  ran(db, 'orders', 5, failed());
  ran(db, 'other', 6);
  ran(db, 'orders', 8, { kind: 'backfill' });
  ran(db, 'orders', 9, { ...failed(), kind: 'backfill' });
  began(db, 'orders', 7);
  expect(standings(db)()('orders')).toEqual({
    lastSuccess: endOf(2),
    succeededFor: minutesLater(2),
    failures: 2,
    triedFor: null,
  });
});

it('says since when a task has failed that has never succeeded', () => {
  const db = stateDb();
  ran(db, 'orders', 1, failed());
  ran(db, 'orders', 2, failed());
  expect(standings(db)()('orders')).toEqual({
    lastSuccess: null,
    succeededFor: null,
    failures: 2,
    triedFor: minutesLater(1),
  });
});

it('ends counting some time', () => {
  const db = stateDb();
  ran(db, 'orders', 0, failed());
  db.exec(
    `INSERT INTO run (run_id, task, kind, status, stamp, sink, scheduled_for, started_at, finished_at)
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MOST_FAILURES + 5})
     SELECT 'many-' || i, 'orders', 'scheduled', 'failed', '', 's3', '', '', '' FROM n`,
  );
  expect(standings(db)()('orders').failures).toBe(MOST_FAILURES);
});

it('sees what has changed since the last round, and nothing else', () => {
  const db = stateDb();
  ran(db, 'orders', 0);
  const round = standings(db);
  expect(round()('orders').failures).toBe(0);
  // Not by way of a run: nobody looks.
  db.exec("UPDATE run SET finished_at = '2020-01-01T00:00:00.000Z'");
  expect(round()('orders').lastSuccess).toEqual(endOf(0));
  ran(db, 'orders', 1, failed());
  expect(round()('orders')).toMatchObject({ lastSuccess: new Date('2020-01-01T00:00:00Z'), failures: 1 });
});

it('sees the end of a run that was in progress in the last round', () => {
  const db = stateDb();
  began(db, 'orders', 0);
  const round = standings(db);
  expect(round()('orders').lastSuccess).toBeNull();
  ran(db, 'orders', 0);
  expect(round()('orders').lastSuccess).toEqual(endOf(0));
});

it('looks rows up in an index, however many there are', () => {
  const db = stateDb();
  const seen: string[] = [];
  const prepare = db.prepare.bind(db);
  db.prepare = (sql) => {
    seen.push(sql);
    return prepare(sql);
  };
  standings(db)();
  expect(seen).toHaveLength(2);
  const plan = seen.flatMap((sql) => prepare(`EXPLAIN QUERY PLAN ${sql}`).all('orders'));
  const steps = plan.map(({ detail }) => String(detail)).filter((step) => /\brun\b/.test(step));
  expect(steps.length).toBeGreaterThan(6);
  for (const step of steps)
    expect(step).toMatch(/^SEARCH run USING (INDEX|COVERING INDEX|INTEGER PRIMARY KEY)/);
});
