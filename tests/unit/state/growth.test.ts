/** Months of runs in one state file, pruned every day: it grows to what is kept, and no further. */
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { statePath } from '../../../src/state/database.ts';
import { openJournal } from '../../../src/state/journal.ts';
import { mailBook } from '../../../src/state/outbox.ts';
import { pruneHistory } from '../../../src/state/prune.ts';
import { attemptOf, recordFor, slotOf } from '../../support/runs.ts';
import { recordBeginning, recordEnd } from '../../../src/state/runs.ts';
import { abortedUploads, forgetUploads } from '../../../src/state/uploads.ts';
import { failed, minutesLater, place, ran, stateDb } from './folder.ts';

const { jest } = import.meta;
const NEVER = new AbortController().signal;
const DAY_MINUTES = 24 * 60;
const TASKS = 4;
const RUNS_A_DAY = 6;
const DAYS = 150;
const KEPT_DAYS = 20;

/** One run as the program books it: journal, uploads, its end; every eighth fails, and is mailed about. */
function book(db: DatabaseSync, task: string, minutes: number, fails: boolean): void {
  jest.setSystemTime(minutesLater(minutes));
  const run = attemptOf(slotOf(minutesLater(minutes)));
  const key = `${task}/${task}_${run.stamp}.csv`;
  recordBeginning(db, { task, sink: 's3', identity: run }, run.startedAt);
  const journal = openJournal(db, { runId: run.runId, task, sink: 's3' });
  journal.beginning(key);
  journal.begun(key, 'upload');
  if (fails) {
    journal.closed();
    recordEnd(db, recordFor(run, task, failed()), run.startedAt);
    const mails = mailBook(db);
    mails.addMail({ task, recipient: 'owner@example.com', message: '{}'.repeat(2000) }, run.startedAt);
    const mail = mails.takeDue(run.startedAt, () => run.startedAt)!;
    mails.removeMail(mail.id, true, run.startedAt);
    return;
  }
  const watermarks = [{ table: task, column: 'updated_at', value: String(minutes) }];
  const record = recordFor(run, task, { watermarks });
  const prepared = [
    { table: task, batch: null, key, uploadId: 'upload', parts: [], rows: 3, bytes: 40, crc32: '0' },
  ];
  journal.committing(prepared, { key: `${key}.manifest`, body: '{}'.repeat(500) }, record);
  journal.recorded();
}

afterEach(() => jest.useRealTimers());

it('grows to what is kept, and no further', async () => {
  const db = stateDb();
  // Only what the time is; timers go on.
  jest.useFakeTimers({
    doNotFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'nextTick', 'performance'],
  });
  // What the disk does is not what is looked at here.
  db.exec('PRAGMA synchronous = OFF');
  const sizes: number[] = [];
  for (let day = 0; day < DAYS; day++) {
    for (let run = 0; run < TASKS * RUNS_A_DAY; run++) {
      const minutes = day * DAY_MINUTES + Math.floor((run * DAY_MINUTES) / (TASKS * RUNS_A_DAY));
      book(db, `task_${run % TASKS}`, minutes, run % 8 === 3);
    }
    const now = (day + 1) * DAY_MINUTES;
    await pruneHistory(db, minutesLater(now - KEPT_DAYS * DAY_MINUTES), NEVER);
    forgetUploads(db, abortedUploads(db));
    sizes.push(db.prepare('SELECT page_count AS pages FROM pragma_page_count()').get()!['pages'] as number);
  }
  const { runs } = db.prepare('SELECT count(*) AS runs FROM run').get() as { runs: number };
  expect(runs).toBeLessThan((KEPT_DAYS + 1) * TASKS * RUNS_A_DAY);
  // A little room to spare, and nothing that adds up over the years.
  const settled = Math.max(...sizes.slice(KEPT_DAYS, 2 * KEPT_DAYS));
  expect(Math.max(...sizes.slice(2 * KEPT_DAYS))).toBeLessThanOrEqual(settled * 1.05);
  expect(settled).toBeGreaterThan(50);
});

it('gives back what its write-ahead log needed while somebody read on', () => {
  const db = stateDb();
  const reader = stateDb();
  const walSize = (): number => statSync(`${statePath(place.folder)}-wal`).size;
  db.exec('PRAGMA synchronous = OFF');
  // A backup that takes long: nothing can be written back as long as it reads.
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM run').get();
  for (let minute = 0; walSize() < 40_000_000; minute++)
    ran(db, 'orders', minute, { warnings: ['x'.repeat(100_000)] });
  reader.exec('COMMIT');
  for (let minute = 100_000; minute < 100_010; minute++) ran(db, 'orders', minute);
  expect(walSize()).toBeLessThan(20_000_000);
});
