/** What the state knows of promised freshness. */
import type { FreshnessPromise } from '../../../src/domain/freshness.ts';
import { freshnessPast, keepPromises, keptPromises, lastSuccesses } from '../../../src/state/freshness.ts';
import { began, failed, minutesLater, ran, stateDb } from './folder.ts';

const promise = (task: string, more: Partial<FreshnessPromise> = {}): FreshnessPromise => ({
  task,
  file: `specs/${task}.json`,
  freshnessMs: 93_600_000,
  timezone: 'Europe/Berlin',
  owner: { name: 'A. Owner', email: 'owner@example.com' },
  firstSeen: minutesLater(0),
  ...more,
});

it('is kept, changed and forgotten over restarts', () => {
  keepPromises(stateDb(), [promise('b'), promise('a', { timezone: null })], []);
  keepPromises(stateDb(), [promise('b', { freshnessMs: 1 })], ['none']);
  expect(keptPromises(stateDb())).toEqual([
    promise('a', { timezone: null }),
    promise('b', { freshnessMs: 1 }),
  ]);
  keepPromises(stateDb(), [], ['a']);
  expect(keptPromises(stateDb()).map(({ task }) => task)).toEqual(['b']);
});

it('counts the last live success, by hand or not, and no backfill', () => {
  const db = stateDb();
  expect(lastSuccesses(db)('a')).toBeNull();
  ran(db, 'a', 0);
  const last = ran(db, 'a', 10, { kind: 'manual' });
  ran(db, 'a', 20, { kind: 'backfill' });
  ran(db, 'a', 30, failed());
  ran(db, 'b', 40);
  expect(lastSuccesses(db)('a')).toEqual({
    runId: last,
    finishedAt: new Date(minutesLater(10).getTime() + 1500),
  });
});

it('knows what came of the task since', () => {
  const db = stateDb();
  expect(freshnessPast(db, 'a')).toEqual({ success: null, failure: null, failures: 0, runningSince: null });
  ran(db, 'a', 0, failed());
  const success = ran(db, 'a', 10);
  expect(freshnessPast(db, 'a')).toMatchObject({ success: { runId: success }, failure: null, failures: 0 });
  ran(db, 'a', 20, failed());
  ran(db, 'a', 30, failed('LOCK_TIMEOUT'));
  began(db, 'a', 40);
  expect(freshnessPast(db, 'a')).toMatchObject({
    failure: { error: { code: 'LOCK_TIMEOUT', hint: 'Check the password. Or the user.' } },
    failures: 2,
    runningSince: minutesLater(40),
  });
});
