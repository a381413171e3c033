/** The journal in a real file: durable, recorded once, all of a run or nothing of it. */
import { DatabaseSync } from 'node:sqlite';
import type { PreparedObject } from '../../../src/domain/run.ts';
import type { Journal } from '../../../src/ports.ts';
import { statePath } from '../../../src/state/database.ts';
import { closeEntry, journalEntries, openJournal, recordEntry } from '../../../src/state/journal.ts';
import { listRuns } from '../../../src/state/history.ts';
import { MIGRATIONS } from '../../../src/state/migrations.ts';
import { recordBeginning, taskMemory } from '../../../src/state/runs.ts';
import { abortedUploads } from '../../../src/state/uploads.ts';
import { attemptOf, recordFor, slotOf } from '../../support/runs.ts';
import { minutesLater, place, ran, stateDb } from './folder.ts';

const RUN = attemptOf(slotOf(minutesLater(10)));
const MANIFEST = { key: 'orders/_manifest.json', body: '{"rows": 3}\n' };
const PREPARED: PreparedObject = {
  table: 'orders',
  batch: null,
  key: 'orders/a.csv',
  uploadId: 'upload-a',
  parts: [{ partNumber: 1, etag: '"e"', checksumCrc32: null }],
  rows: 3,
  bytes: 40,
  crc32: '0123abcd',
};
const WATERMARKS = [
  { table: 'a', column: 'id', value: '17' },
  { table: 'b', column: 'updated_at', value: '2026-03-01 03:09:00.000000' },
  { table: 'c', column: 'day', value: '2026-02-28' },
];
const RECORD = recordFor(RUN, 'orders', { watermarks: WATERMARKS });

function journalOf(db: DatabaseSync): Journal {
  return openJournal(db, { runId: RUN.runId, task: 'orders', sink: 's3', place: 's3://b/' });
}

/** A run that has come as far as its commit. */
function committing(db: DatabaseSync): Journal {
  const journal = journalOf(db);
  recordBeginning(db, { task: 'orders', sink: 's3', identity: RUN }, RUN.startedAt);
  journal.beginning('orders/a.csv');
  journal.begun('orders/a.csv', 'upload-a');
  journal.committing([PREPARED], MANIFEST, RECORD);
  return journal;
}

const history = (db: DatabaseSync) => listRuns(db, { task: 'orders', since: null, limit: 10 });

it('knows each step of a run as soon as it returns, also to another process', () => {
  const db = stateDb();
  const seen = (): unknown => journalEntries(stateDb(), 'orders');
  const journal = journalOf(db);
  const entry = {
    runId: RUN.runId,
    task: 'orders',
    sink: 's3',
    place: 's3://b/',
    prepared: [],
    manifest: null,
  };
  expect(seen()).toEqual([]);
  journal.beginning('orders/a.csv');
  const unheard = { key: 'orders/a.csv', uploadId: null };
  expect(seen()).toEqual([{ ...entry, phase: 'preparing', uploads: [unheard] }]);
  journal.begun('orders/a.csv', 'upload-a');
  const uploads = [{ key: 'orders/a.csv', uploadId: 'upload-a' }];
  expect(seen()).toEqual([{ ...entry, phase: 'preparing', uploads }]);
  journal.committing([PREPARED], MANIFEST, RECORD);
  const whole = { ...entry, uploads, prepared: [PREPARED], manifest: MANIFEST };
  expect(seen()).toEqual([{ ...whole, phase: 'committing' }]);
  journal.undoing();
  expect(seen()).toEqual([{ ...whole, phase: 'undoing' }]);
  journal.closed();
  expect(seen()).toEqual([]);
});

it('lists the entries of one task or of all', () => {
  const db = stateDb();
  for (const task of ['orders', 'people'])
    openJournal(db, { runId: `run of ${task}`, task, sink: 's3' }).beginning(`${task}.csv`);
  const tasks = (of: string | null): string[] => journalEntries(db, of).map(({ task }) => task);
  expect(tasks('orders')).toEqual(['orders']);
  expect(tasks(null).toSorted()).toEqual(['orders', 'people']);
  expect(tasks('nobody')).toEqual([]);
});

it('records a run with its commit: run, files, watermarks, slot, and forgets its uploads', () => {
  const db = stateDb();
  committing(db).recorded();
  expect(journalEntries(db, null)).toEqual([]);
  expect(history(db)).toMatchObject([{ run_id: RUN.runId, status: 'succeeded', files: 1, rows: 3 }]);
  expect(taskMemory(db, 'orders')).toEqual({
    watermarks: WATERMARKS,
    schemas: [],
    lastSuccess: RUN.scheduledFor,
  });
  expect(db.prepare('SELECT task, settled FROM slot').all()).toEqual([
    { task: 'orders', settled: RUN.scheduledFor.toISOString() },
  ]);
  expect(db.prepare('SELECT count(*) AS n FROM journal_upload').get()).toEqual({ n: 0 });
});

it('records it once, however often it is told to: nothing that came later is set back', () => {
  const db = stateDb();
  const journal = committing(db);
  recordEntry(db, RUN.runId);
  const later = { table: 'a', column: 'id', value: '99' };
  ran(db, 'orders', 20, { watermarks: [later] });
  recordEntry(db, RUN.runId);
  journal.recorded();
  expect(history(db)).toHaveLength(2);
  expect(taskMemory(db, 'orders').watermarks[0]).toEqual(later);
});

it.each([
  ['the last of its watermarks', 'watermark', 'NEW."table" = \'c\''],
  ['its slot', 'slot', 'TRUE'],
  ['a file', 'run_file', 'TRUE'],
])('records all of it or nothing: %s cannot be written', (_, table, condition) => {
  const db = stateDb();
  const before = [{ table: 'a', column: 'id', value: '5' }];
  ran(db, 'orders', 0, { watermarks: before });
  const journal = committing(db);
  db.exec(`CREATE TRIGGER broken BEFORE INSERT ON ${table} WHEN ${condition}
    BEGIN SELECT RAISE(ABORT, 'no space'); END`);
  expect(() => journal.recorded()).toThrow(
    expect.objectContaining({ code: 'STATE_UNUSABLE', message: expect.stringContaining('no space') }),
  );
  expect(taskMemory(db, 'orders')).toEqual({ watermarks: before, schemas: [], lastSuccess: minutesLater(0) });
  expect(history(db)[0]).toMatchObject({ run_id: RUN.runId, status: 'running', files: 0 });
  expect(journalEntries(db, 'orders')).toMatchObject([{ phase: 'committing' }]);
  // Recovery, once there is space again.
  db.exec('DROP TRIGGER broken');
  recordEntry(db, RUN.runId);
  expect(taskMemory(db, 'orders').watermarks).toEqual(WATERMARKS);
  expect(history(db)[0]).toMatchObject({ status: 'succeeded', files: 1 });
});

it('records a run that had nothing to publish, whose watermarks move all the same', () => {
  const db = stateDb();
  recordBeginning(db, { task: 'orders', sink: 's3', identity: RUN }, RUN.startedAt);
  const { report } = RECORD;
  journalOf(db).recordEmpty({ ...RECORD, report: { ...report, files: [], manifest: null } });
  expect(history(db)).toMatchObject([{ status: 'succeeded', files: 0, manifest: null, duration_ms: 1500 }]);
  expect(taskMemory(db, 'orders').watermarks).toEqual(WATERMARKS);
});

it('a run that was undone moves nothing', () => {
  const db = stateDb();
  committing(db).undoing();
  closeEntry(db, RUN.runId);
  expect(journalEntries(db, null)).toEqual([]);
  expect(taskMemory(db, 'orders')).toEqual({ watermarks: [], schemas: [], lastSuccess: null });
  expect(history(db)).toMatchObject([{ status: 'running' }]);
});

it('understands the entries of a Tidemark that kept no runs yet, and can end them', () => {
  const old = new DatabaseSync(statePath(place.folder));
  old.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1`);
  old.prepare("INSERT INTO journal_run VALUES ('half', 'orders', 's3', 'preparing', NULL, NULL)").run();
  old
    .prepare("INSERT INTO journal_run VALUES ('whole', 'orders', 's3', 'committing', ?, ?)")
    .run(JSON.stringify([PREPARED]), JSON.stringify(MANIFEST));
  old.exec(
    "INSERT INTO journal_upload VALUES ('half', 'orders/b.csv', NULL), ('whole', 'orders/a.csv', 'upload-a')",
  );
  old.close();

  const db = stateDb();
  expect(journalEntries(db, 'orders')).toEqual([
    {
      runId: 'half',
      task: 'orders',
      sink: 's3',
      place: null,
      phase: 'preparing',
      uploads: [{ key: 'orders/b.csv', uploadId: null }],
      prepared: [],
      manifest: null,
    },
    {
      runId: 'whole',
      task: 'orders',
      sink: 's3',
      place: null,
      phase: 'committing',
      uploads: [{ key: 'orders/a.csv', uploadId: 'upload-a' }],
      prepared: [PREPARED],
      manifest: MANIFEST,
    },
  ]);
  closeEntry(db, 'half');
  recordEntry(db, 'whole');
  expect(journalEntries(db, null)).toEqual([]);
  // What it was is not known: it is in the bucket, and there is nothing to record of it.
  expect(history(db)).toEqual([]);
});

it('lets no run become visible that it has no entry of', () => {
  const db = stateDb();
  const journal = journalOf(db);
  journal.beginning('orders/a.csv');
  closeEntry(db, RUN.runId);
  expect(() => journal.committing([PREPARED], MANIFEST, RECORD)).toThrow(
    expect.objectContaining({ code: 'STATE_UNUSABLE', message: expect.stringContaining(RUN.runId) }),
  );
});

it('keeps what was begun and has become no object of the run, to be looked at once more', () => {
  const db = stateDb();
  const journal = journalOf(db);
  recordBeginning(db, { task: 'orders', sink: 's3', identity: RUN }, RUN.startedAt);
  for (const name of ['a', 'stray']) {
    journal.beginning(`orders/${name}.csv`);
    journal.begun(`orders/${name}.csv`, `upload-${name}`);
  }
  journal.committing([PREPARED], MANIFEST, RECORD);
  journal.recorded();
  expect(abortedUploads(db)).toMatchObject([{ key: 'orders/stray.csv', uploadId: 'upload-stray' }]);
});
