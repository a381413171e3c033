/** What the end of a run leaves in the state: once, all of it or nothing. */
import type { DatabaseSync } from 'node:sqlite';
import type { Watermark } from '../../../src/domain/run.ts';
import { addBackfill } from '../../../src/state/backfills.ts';
import { listRuns } from '../../../src/state/history.ts';
import {
  failureSince,
  isTaken,
  recordBeginning,
  recordDeaths,
  recordEnd,
  recordUnpublished,
  successFor,
  taskMemory,
  unendedRuns,
} from '../../../src/state/runs.ts';
import { attemptOf, backfillOf, byHand, recordFor, slotOf } from '../../support/runs.ts';
import { began, failed, minutesLater, ran, stateDb } from './folder.ts';

const CODES = ['INTERRUPTED', 'CONNECTION_LOST'] as const;

function failedWith(code: (typeof CODES)[number]): Parameters<typeof recordFor>[2] {
  return { ...failed(), error: { code, message: 'no', hint: 'wait', retryable: true } };
}

const settled = (db: DatabaseSync, task: string): string | undefined =>
  db.prepare('SELECT settled FROM slot WHERE task = ?').get(task)?.['settled'] as string | undefined;

const statuses = (db: DatabaseSync, task: string): string[] =>
  listRuns(db, { task, since: null, limit: 100 }).map(({ status, error }) => error?.code ?? status);

describe('a run', () => {
  it('is seen as running from its beginning, and is one and the same at its end', () => {
    const db = stateDb();
    const run = attemptOf(slotOf(minutesLater(0)));
    recordBeginning(db, { task: 'orders', sink: 's3', identity: run }, run.startedAt);
    expect(unendedRuns(db)).toEqual([{ task: 'orders', runId: run.runId }]);
    expect(statuses(db, 'orders')).toEqual(['running']);
    recordEnd(db, recordFor(run, 'orders'), minutesLater(2));
    expect(unendedRuns(db)).toEqual([]);
    expect(listRuns(db, { task: 'orders', since: null, limit: 10 })).toMatchObject([
      { run_id: run.runId, status: 'succeeded', rows: 3, files: 1, duration_ms: 120_000 },
    ]);
  });

  it('does not go back to running where its beginning is recorded again', () => {
    const db = stateDb();
    const run = attemptOf(slotOf(minutesLater(0)));
    recordEnd(db, recordFor(run, 'orders'), minutesLater(2));
    recordBeginning(db, { task: 'orders', sink: 's3', identity: run }, run.startedAt);
    expect(statuses(db, 'orders')).toEqual(['succeeded']);
  });

  it('recorded twice is one run with its files', () => {
    const db = stateDb();
    const record = recordFor(attemptOf(slotOf(minutesLater(0))), 'orders');
    recordEnd(db, record, minutesLater(1));
    recordEnd(db, record, minutesLater(1));
    expect(listRuns(db, { task: null, since: null, limit: 10 })).toMatchObject([{ files: 1, rows: 3 }]);
  });

  it('is found by its time once it has succeeded, with its files; a backfill is not', () => {
    const db = stateDb();
    const at = minutesLater(0);
    const window = attemptOf(backfillOf(at, '2020-01-01', '2021-01-01'));
    recordEnd(db, recordFor(window, 'orders'), at);
    ran(db, 'orders', 0, failed());
    const slot = attemptOf(slotOf(at));
    expect(successFor(db, 'orders', slot)).toBeNull();
    const record = recordFor(slot, 'orders');
    recordEnd(db, record, new Date(record.report.finished_at));
    expect(successFor(db, 'orders', slot)).toEqual(record.report);
    expect(successFor(db, 'orders', attemptOf(slotOf(minutesLater(1))))).toBeNull();
    expect(successFor(db, 'people', slot)).toBeNull();
  });

  it('of a backfill is found by its window, as the one that was done last', () => {
    const db = stateDb();
    const request = { task: 'orders', from: '0', to: '200', every: '100', fingerprint: 'f' };
    const { id } = addBackfill(db, '20260701000000', request);
    const window = (from: string, to: string) => attemptOf(backfillOf(minutesLater(0), from, to, id));
    const [first, second] = [window('0', '100'), window('100', '200')];
    ran(db, 'orders', 0);
    expect(successFor(db, 'orders', first)).toBeNull();
    const record = recordFor(first, 'orders');
    recordEnd(db, record, new Date(record.report.finished_at));
    expect(successFor(db, 'orders', window('0', '100'))).toEqual(record.report);
    expect(successFor(db, 'orders', second)).toBeNull();
    expect(successFor(db, 'orders', attemptOf(slotOf(minutesLater(0))))?.kind).toBe('scheduled');
  });

  it('takes its time from others, however it ended; a backfill does not', () => {
    const db = stateDb();
    const window = attemptOf(backfillOf(minutesLater(9), '2020-01-01', '2021-01-01'));
    recordEnd(db, recordFor(window, 'orders'), minutesLater(9));
    ran(db, 'orders', 0);
    ran(db, 'orders', 1, failed());
    began(db, 'orders', 2);
    expect([0, 1, 2, 3, 9].map((minute) => isTaken(db, 'orders', minutesLater(minute)))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(isTaken(db, 'people', minutesLater(0))).toBe(false);
  });
});

describe('what a task remembers', () => {
  const watermark = (table: string, value: string): Watermark => ({ table, column: 'id', value });

  it('is nothing at first', () => {
    expect(taskMemory(stateDb(), 'orders')).toEqual({ watermarks: [], schemas: [], lastSuccess: null });
  });

  it('moves with a success: every table of it, by exact text', () => {
    const db = stateDb();
    ran(db, 'orders', 0, { watermarks: [watermark('b', '18446744073709551614'), watermark('a', '-1')] });
    ran(db, 'people', 0, { watermarks: [watermark('a', '5')] });
    ran(db, 'orders', 1, { watermarks: [watermark('b', '18446744073709551615')] });
    expect(taskMemory(db, 'orders')).toEqual({
      watermarks: [watermark('a', '-1'), watermark('b', '18446744073709551615')],
      schemas: [],
      lastSuccess: minutesLater(1),
    });
  });

  it('stays where it was with a failure', () => {
    const db = stateDb();
    ran(db, 'orders', 0, { watermarks: [watermark('a', '5')] });
    const run = attemptOf(slotOf(minutesLater(1)));
    recordUnpublished(db, recordFor(run, 'orders', failed()));
    expect(taskMemory(db, 'orders')).toEqual({
      watermarks: [watermark('a', '5')],
      schemas: [],
      lastSuccess: minutesLater(0),
    });
    expect(statuses(db, 'orders')).toEqual(['ACCESS_DENIED', 'succeeded']);
  });

  it('knows the success for the latest time, whenever it was: a slot may be made up for late', () => {
    const db = stateDb();
    ran(db, 'orders', 60);
    ran(db, 'orders', 30, { kind: 'catch_up' });
    const window = attemptOf(backfillOf(minutesLater(90), '2020-01-01', '2021-01-01'));
    recordEnd(db, recordFor(window, 'orders'), minutesLater(90));
    expect(taskMemory(db, 'orders').lastSuccess).toEqual(minutesLater(60));
  });
});

describe('a slot', () => {
  it.each(['scheduled', 'catch_up'] as const)(
    'is dealt with by a %s run, also by one that failed',
    (kind) => {
      const db = stateDb();
      ran(db, 'orders', 0, { kind });
      expect(settled(db, 'orders')).toBe(minutesLater(0).toISOString());
      ran(db, 'orders', 1, { ...failedWith('CONNECTION_LOST'), kind });
      expect(settled(db, 'orders')).toBe(minutesLater(1).toISOString());
    },
  );

  it('never goes back: a run for an earlier one may end later', () => {
    const db = stateDb();
    ran(db, 'orders', 5);
    ran(db, 'orders', 1, { kind: 'catch_up' });
    expect(settled(db, 'orders')).toBe(minutesLater(5).toISOString());
    expect(settled(db, 'people')).toBeUndefined();
  });

  it('is not dealt with by a run that was told to stop, nor by one whose process died', () => {
    const db = stateDb();
    ran(db, 'orders', 0);
    ran(db, 'orders', 1, failedWith('INTERRUPTED'));
    began(db, 'orders', 2);
    recordDeaths(db, 'orders', minutesLater(3));
    expect(settled(db, 'orders')).toBe(minutesLater(0).toISOString());
  });

  it.each([byHand(minutesLater(1)), backfillOf(minutesLater(1), '2020-01-01', '2021-01-01')])(
    'has nothing to do with a run of kind $kind',
    (trigger) => {
      const db = stateDb();
      recordEnd(db, recordFor(attemptOf(trigger), 'orders'), minutesLater(1));
      expect(settled(db, 'orders')).toBeUndefined();
    },
  );
});

describe('a backfill', () => {
  const doneUntil = (db: DatabaseSync): unknown =>
    db.prepare("SELECT done_until FROM backfill WHERE task = 'orders' AND id = '7'").get()!['done_until'];

  it('has come as far as its last window that is in the bucket, and leaves the watermark alone', () => {
    const db = stateDb();
    db.exec(`INSERT INTO backfill (id, task, "from", "to", fingerprint) VALUES
      ('7', 'orders', '2020-01-01', '2022-01-01', 'f'), ('8', 'orders', '2020-01-01', '2022-01-01', 'f')`);
    ran(db, 'orders', 0, { watermarks: [{ table: 'orders', column: 'id', value: '5' }] });
    const first = attemptOf(backfillOf(minutesLater(1), '2020-01-01', '2021-01-01', '7'));
    recordEnd(db, recordFor(first, 'orders', failedWith('CONNECTION_LOST')), minutesLater(1));
    expect(doneUntil(db)).toBeNull();
    const second = attemptOf(backfillOf(minutesLater(2), '2020-01-01', '2021-01-01', '7'));
    recordEnd(db, recordFor(second, 'orders'), minutesLater(2));
    expect(doneUntil(db)).toBe('2021-01-01');
    expect(db.prepare("SELECT done_until FROM backfill WHERE id = '8'").get()!['done_until']).toBeNull();
    expect(taskMemory(db, 'orders').watermarks).toEqual([{ table: 'orders', column: 'id', value: '5' }]);
  });
});

describe('a run that has failed', () => {
  it('is known for its slot, from when it ended', () => {
    const db = stateDb();
    const run = attemptOf(slotOf(minutesLater(0)));
    recordEnd(db, recordFor(run, 'orders', failedWith('CONNECTION_LOST')), minutesLater(2));
    const since = (minutes: number, task = 'orders', slot = 0) =>
      failureSince(db, task, minutesLater(slot), minutesLater(minutes));
    expect(since(2)).toEqual({ runId: run.runId, code: 'CONNECTION_LOST' });
    expect(since(1)).not.toBeNull();
    expect(since(3)).toBeNull();
    expect(since(1, 'people')).toBeNull();
    expect(since(1, 'orders', 1)).toBeNull();
  });

  it('is none where its process died, or where it succeeded', () => {
    const db = stateDb();
    began(db, 'orders', 0);
    recordDeaths(db, 'orders', minutesLater(5));
    ran(db, 'orders', 1);
    for (const slot of [0, 1])
      expect(failureSince(db, 'orders', minutesLater(slot), minutesLater(-10))).toBeNull();
  });
});

describe('a process that died', () => {
  it('leaves runs that are marked as failed, of this task alone, once', () => {
    const db = stateDb();
    const dead = [began(db, 'orders', 0), began(db, 'orders', 1)];
    const alive = { task: 'people', runId: began(db, 'people', 0) };
    expect(unendedRuns(db)).toEqual([...dead.map((runId) => ({ task: 'orders', runId })), alive]);
    expect(recordDeaths(db, 'orders', minutesLater(5)).toSorted()).toEqual(dead.toSorted());
    expect(recordDeaths(db, 'orders', minutesLater(6))).toEqual([]);
    expect(unendedRuns(db)).toEqual([alive]);
    expect(listRuns(db, { task: 'orders', since: null, limit: 10 })).toMatchObject(
      Array.from({ length: 2 }, () => ({
        status: 'failed',
        error: { code: 'PROCESS_DIED' },
        finished_at: minutesLater(5).toISOString(),
        duration_ms: null,
        rows: 0,
      })),
    );
  });

  it('leaves a run that has succeeded after all, where recovery finishes its commit', () => {
    const db = stateDb();
    const run = attemptOf(slotOf(minutesLater(0)));
    recordBeginning(db, { task: 'orders', sink: 's3', identity: run }, run.startedAt);
    recordDeaths(db, 'orders', minutesLater(5));
    recordEnd(db, recordFor(run, 'orders'), minutesLater(6));
    expect(statuses(db, 'orders')).toEqual(['succeeded']);
    expect(settled(db, 'orders')).toBe(minutesLater(0).toISOString());
  });
});
