/** Every read of a state file whose pages are damaged says so: it is no fault of the program. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { addBackfill, findBackfill } from '../../../src/state/backfills.ts';
import { openState, statePath } from '../../../src/state/database.ts';
import { findRun, listEvents, listRuns } from '../../../src/state/history.ts';
import { closeEntry, journalEntries, openJournal, recordEntry } from '../../../src/state/journal.ts';
import { rememberedTasks } from '../../../src/state/known-tasks.ts';
import { mailBook } from '../../../src/state/outbox.ts';
import { lastPublished } from '../../../src/state/published.ts';
import { pruneHistory } from '../../../src/state/prune.ts';
import { isTaken, recordDeaths, successFor, taskMemory, unendedRuns } from '../../../src/state/runs.ts';
import { saveSlots, settledSlots } from '../../../src/state/slots.ts';
import { lastRuns, taskStates } from '../../../src/state/task-states.ts';
import { abortedUploads, forgetUploads } from '../../../src/state/uploads.ts';
import { listWatermarks } from '../../../src/state/watermarks.ts';
import { minutesLater, place, ran, stateDb } from './folder.ts';

const PAST = { task: 'orders', since: null, limit: 10 };
const RUN = { scheduledFor: minutesLater(0), stamp: '20260301030000', backfill: null };
const WINDOW = { id: '20260401000000', to: '2026-02-01', from: '2026-01-01' };
const STRETCH = { task: 'orders', from: '2026-01-01', to: '2026-02-01', every: null };
const UPLOAD = { sink: 's3', key: 'k', uploadId: 'u', abortedAt: minutesLater(0) };

/** What programs ask of the state, each by itself. */
const USES: readonly (readonly [string, (db: DatabaseSync) => unknown])[] = [
  ['what a task remembers', (db) => taskMemory(db, 'orders')],
  ['the success of a slot', (db) => successFor(db, 'orders', RUN)],
  ['the success of a window', (db) => successFor(db, 'orders', { ...RUN, backfill: WINDOW })],
  ['whether a name is taken', (db) => isTaken(db, 'orders', RUN.scheduledFor)],
  ['runs that have not ended', (db) => unendedRuns(db)],
  ['runs that died', (db) => recordDeaths(db, 'orders', minutesLater(1))],
  ['the journal of all tasks', (db) => journalEntries(db, null)],
  [
    'the journal of a run',
    (db) => openJournal(db, { runId: 'r', task: 'orders', sink: 's3' }).beginning('k'),
  ],
  ['the end of an entry', (db) => closeEntry(db, 'r')],
  ['the record of an entry', (db) => recordEntry(db, 'r')],
  ['a backfill', (db) => findBackfill(db, STRETCH)],
  ['a new backfill', (db) => addBackfill(db, WINDOW.id, { ...STRETCH, fingerprint: 'f' })],
  ['what was published last', (db) => lastPublished(db, 'orders', null)],
  ['the tasks', (db) => rememberedTasks(db)],
  ['uploads that were aborted', (db) => abortedUploads(db)],
  ['uploads that are gone', (db) => forgetUploads(db, [UPLOAD])],
  ['the settled slots', (db) => settledSlots(db)],
  [
    'slots to settle',
    (db) => saveSlots(db, [{ task: 'orders', settled: minutesLater(0), schedule: null, timezone: null }], []),
  ],
  ['the history', (db) => listRuns(db, PAST)],
  ['a run', (db) => findRun(db, 'r')],
  ['events', (db) => listEvents(db, PAST)],
  ['watermarks', (db) => listWatermarks(db, null)],
  ['how tasks stand', (db) => taskStates(db)],
  ['the last runs', (db) => lastRuns(db)],
  ['what was mailed', (db) => mailBook(db).incidents('orders')],
  ['mails that are due', (db) => mailBook(db).takeDue(minutesLater(0), () => minutesLater(1))],
];

/** Overwrites the first page of every table and index; what the schema says is left. */
function damage(): void {
  const { db, close } = openState(place.folder);
  ran(db, 'orders', 0);
  const pages = db.prepare('SELECT rootpage FROM sqlite_master WHERE rootpage > 1').all();
  close();
  const path = statePath(place.folder);
  const bytes = readFileSync(path);
  for (const { rootpage } of pages) {
    const end = (rootpage as number) * 4096;
    bytes.fill(0xa5, end - 4096, end);
  }
  writeFileSync(path, bytes);
}

const unusable = expect.objectContaining({
  code: 'STATE_UNUSABLE',
  message: expect.stringMatching(/state file: database disk image is malformed/) as string,
}) as Error;

it.each(USES)('a damaged page under %s', (_, use) => {
  damage();
  const db = stateDb();
  expect(() => use(db)).toThrow(unusable);
});

it('a damaged page under the runs to remove', async () => {
  damage();
  const removal = pruneHistory(stateDb(), minutesLater(10), new AbortController().signal);
  await expect(removal).rejects.toEqual(unusable);
});

it('a report that is not JSON any more', () => {
  const db = stateDb();
  ran(db, 'orders', 0);
  db.exec('UPDATE run SET report = substr(report, 1, 20) || char(0xfffd)');
  for (const use of [() => listRuns(db, PAST), () => successFor(db, 'orders', RUN)])
    expect(use).toThrow(expect.objectContaining({ code: 'STATE_UNUSABLE' }));
});
