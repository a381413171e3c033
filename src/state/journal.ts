/** The journal of what runs have begun in a bucket, in the state file. */
import type { DatabaseSync } from 'node:sqlite';
import type { PreparedObject, RunRecord } from '../domain/run.ts';
import type { Journal, JournalEntry, ManifestObject, Settled } from '../ports.ts';
import { consulted, durably } from './database.ts';
import { recordEnd, recordUnpublished } from './runs.ts';
import { keepAborted } from './uploads.ts';

/**
 * The journal of one run. An entry exists from the first upload on, until nothing is left to do.
 *
 * @param run its `sink` is a name in the config; `place` is what that stands for now.
 * @throws TidemarkError STATE_UNUSABLE, as all of its functions.
 */
export function openJournal(
  db: DatabaseSync,
  run: { runId: string; task: string; sink: string; place?: string; settled?: Settled },
): Journal {
  const { addRun, addUpload, nameUpload, setCommitting, setUndoing } = consulted('the journal', () =>
    statements(db),
  );
  const write = (change: () => unknown): void => void durably(db, 'the journal', change);
  return {
    beginning: (key) =>
      write(() => {
        addRun.run(run.runId, run.task, run.sink, run.place ?? null);
        // Begun anew: the one before was aborted, and may yet come back.
        keepAborted(db, run.runId, new Date(), key);
        addUpload.run(run.runId, key);
      }),
    begun: (key, uploadId) => write(() => nameUpload.run(uploadId, run.runId, key)),
    committing: (prepared, manifest, record) =>
      write(() => {
        const { changes } = setCommitting.run(
          JSON.stringify(prepared),
          JSON.stringify(manifest),
          JSON.stringify(record),
          run.runId,
        );
        // Published without an entry, the run would never be recorded, and its rows would be read again.
        if (changes !== 1) throw new Error(`it has no entry of run ${run.runId} any more`);
      }),
    undoing: () => write(() => setUndoing.run(run.runId)),
    closed: () => closeEntry(db, run.runId),
    recorded: () => recordEntry(db, run.runId),
    recordEmpty: (record) => recordUnpublished(db, record),
    settled: run.settled ?? (() => Promise.resolve()),
  };
}

function statements(db: DatabaseSync) {
  return {
    addRun: db.prepare(
      "INSERT OR IGNORE INTO journal_run (run_id, task, sink, place, phase) VALUES (?, ?, ?, ?, 'preparing')",
    ),
    addUpload: db.prepare('INSERT OR REPLACE INTO journal_upload (run_id, key) VALUES (?, ?)'),
    nameUpload: db.prepare('UPDATE journal_upload SET upload_id = ? WHERE run_id = ? AND key = ?'),
    setCommitting: db.prepare(
      "UPDATE journal_run SET phase = 'committing', prepared = ?, manifest = ?, record = ? WHERE run_id = ?",
    ),
    setUndoing: db.prepare("UPDATE journal_run SET phase = 'undoing' WHERE run_id = ?"),
  };
}

/**
 * What runs have left behind: of one task, or of all. Runs still in progress are among them.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function journalEntries(db: DatabaseSync, task: string | null): JournalEntry[] {
  return consulted('the journal', () => {
    const runs = db
      .prepare(
        'SELECT run_id, task, sink, place, phase, prepared, manifest FROM journal_run WHERE ?1 IS NULL OR task = ?1',
      )
      .all(task);
    const uploads = db.prepare('SELECT key, upload_id FROM journal_upload WHERE run_id = ?');
    return runs.map((row): JournalEntry => {
      const runId = row['run_id'] as string;
      return {
        runId,
        task: row['task'] as string,
        sink: row['sink'] as string,
        place: row['place'] as string | null,
        phase: row['phase'] as JournalEntry['phase'],
        uploads: uploads.all(runId).map((upload) => ({
          key: upload['key'] as string,
          uploadId: upload['upload_id'] as string | null,
        })),
        prepared: row['prepared'] === null ? [] : (JSON.parse(row['prepared'] as string) as PreparedObject[]),
        manifest: row['manifest'] === null ? null : (JSON.parse(row['manifest'] as string) as ManifestObject),
      };
    });
  });
}

/** Forgets a run of which nothing is left in the bucket. Its uploads are looked at once more, some time later. */
export function closeEntry(db: DatabaseSync, runId: string): void {
  durably(db, 'the journal', () => {
    keepAborted(db, runId, new Date());
    removeEntry(db, runId);
  });
}

/**
 * Records a run whose commit is done, as the journal has kept it, and forgets its uploads. In one transaction, and only
 * while the entry is there: however often it is called, the run is recorded once.
 */
export function recordEntry(db: DatabaseSync, runId: string): void {
  durably(db, 'the run', () => {
    const entry = db.prepare('SELECT record, prepared FROM journal_run WHERE run_id = ?').get(runId);
    if (entry === undefined) return;
    // An entry of before runs were recorded has none; one of before columns were compared has no columns.
    const record = JSON.parse((entry['record'] as string | null) ?? 'null') as RunRecord | null;
    if (record !== null) recordEnd(db, { ...record, schemas: record.schemas ?? [] }, new Date());
    const prepared = JSON.parse((entry['prepared'] as string | null) ?? '[]') as PreparedObject[];
    keepStrays(db, runId, prepared);
    removeEntry(db, runId);
  });
}

/** Uploads that have not become objects of the run were aborted before its commit. */
function keepStrays(db: DatabaseSync, runId: string, prepared: readonly PreparedObject[]): void {
  const published = new Set(prepared.map(({ key }) => key));
  const uploads = db.prepare('SELECT key FROM journal_upload WHERE run_id = ?').all(runId);
  for (const { key } of uploads)
    if (!published.has(key as string)) keepAborted(db, runId, new Date(), key as string);
}

function removeEntry(db: DatabaseSync, runId: string): void {
  db.prepare('DELETE FROM journal_run WHERE run_id = ?').run(runId);
}
