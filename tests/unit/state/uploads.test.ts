/** Aborted uploads in the state: from the journal, until they are forgotten. */
import type { DatabaseSync } from 'node:sqlite';
import { closeEntry, journalEntries, openJournal } from '../../../src/state/journal.ts';
import { abortedAgain, abortedUploads, forgetUploads } from '../../../src/state/uploads.ts';
import { stateDb } from './folder.ts';

let db: DatabaseSync;
beforeEach(() => {
  db = stateDb();
});

/** A run that has begun uploads; the last one was never named. */
function begin(runId: string, ...keys: readonly string[]): void {
  const journal = openJournal(db, { runId, task: 'task', sink: 's3' });
  for (const key of keys) {
    journal.beginning(key);
    journal.begun(key, `${runId} ${key}`);
  }
  journal.beginning('unheard');
}

const kept = (): string[] => abortedUploads(db).map(({ uploadId }) => uploadId);

it('keeps the uploads of a run that is closed, as far as their ids are known', () => {
  begin('run-1', 'a', 'b');
  begin('run-2', 'a');
  expect(kept()).toEqual([]);
  const before = Date.now();
  closeEntry(db, 'run-1');
  const [first, second] = abortedUploads(db);
  expect(first).toEqual({ sink: 's3', key: 'a', uploadId: 'run-1 a', abortedAt: expect.any(Date) });
  expect(first!.abortedAt.getTime()).toBeGreaterThanOrEqual(before);
  expect(second).toMatchObject({ key: 'b', uploadId: 'run-1 b' });
  expect(kept()).toHaveLength(2);
  expect(journalEntries(db, null).map(({ runId }) => runId)).toEqual(['run-2']);
});

it('keeps them together with closing the entry, or not at all', () => {
  begin('run-1', 'a');
  db.exec("CREATE TRIGGER full BEFORE DELETE ON journal_run BEGIN SELECT RAISE(ABORT, 'full'); END");
  expect(() => closeEntry(db, 'run-1')).toThrow(/full/);
  expect(kept()).toEqual([]);
});

it('moves the time of one that was aborted again, and forgets others', () => {
  begin('run-1', 'a', 'b', 'c');
  closeEntry(db, 'run-1');
  const [a, b] = abortedUploads(db);
  const later = new Date('2030-01-01T00:00:00.000Z');
  abortedAgain(db, a!, later);
  forgetUploads(db, [b!]);
  expect(kept()).toEqual(['run-1 a', 'run-1 c']);
  expect(abortedUploads(db)[0]!.abortedAt).toEqual(later);
  expect(abortedUploads(db)[1]!.abortedAt).not.toEqual(later);
});
