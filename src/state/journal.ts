/** The journal of what runs have begun in a bucket, in the state file. */
import type { DatabaseSync } from 'node:sqlite';
import type { PreparedObject } from '../domain.ts';
import { TidemarkError } from '../errors.ts';
import type { Journal, JournalEntry, ManifestObject } from '../ports.ts';

/**
 * The journal of one run. An entry exists from the first upload on, until nothing is left to do.
 */
export function openJournal(db: DatabaseSync, run: { runId: string; task: string; sink: string }): Journal {
  const addRun = db.prepare(
    "INSERT OR IGNORE INTO journal_run (run_id, task, sink, phase) VALUES (?, ?, ?, 'preparing')",
  );
  const addUpload = db.prepare('INSERT INTO journal_upload (run_id, key) VALUES (?, ?)');
  const nameUpload = db.prepare('UPDATE journal_upload SET upload_id = ? WHERE run_id = ? AND key = ?');
  const setCommitting = db.prepare(
    "UPDATE journal_run SET phase = 'committing', prepared = ?, manifest = ? WHERE run_id = ?",
  );
  const setUndoing = db.prepare("UPDATE journal_run SET phase = 'undoing' WHERE run_id = ?");
  const remove = db.prepare('DELETE FROM journal_run WHERE run_id = ?');
  return {
    beginning: (key) =>
      durably(() => {
        addRun.run(run.runId, run.task, run.sink);
        addUpload.run(run.runId, key);
      }),
    begun: (key, uploadId) => durably(() => nameUpload.run(uploadId, run.runId, key)),
    committing: (prepared, manifest) =>
      durably(() => setCommitting.run(JSON.stringify(prepared), JSON.stringify(manifest), run.runId)),
    undoing: () => durably(() => setUndoing.run(run.runId)),
    closed: () => durably(() => remove.run(run.runId)),
  };
}

/** @throws TidemarkError STATE_UNUSABLE: the disk is full, or the file was taken away. */
function durably(write: () => unknown): void {
  try {
    write();
  } catch (error) {
    throw new TidemarkError('STATE_UNUSABLE', `The journal cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** What runs have left behind: of one task, or of all. Runs still in progress are among them. */
export function journalEntries(db: DatabaseSync, task: string | null): JournalEntry[] {
  const runs = db
    .prepare(
      'SELECT run_id, task, sink, phase, prepared, manifest FROM journal_run WHERE ?1 IS NULL OR task = ?1',
    )
    .all(task);
  const uploads = db.prepare('SELECT key, upload_id FROM journal_upload WHERE run_id = ?');
  return runs.map((row): JournalEntry => {
    const runId = row['run_id'] as string;
    return {
      runId,
      task: row['task'] as string,
      sink: row['sink'] as string,
      phase: row['phase'] as JournalEntry['phase'],
      uploads: uploads
        .all(runId)
        .map((upload) => ({ key: upload['key'] as string, uploadId: upload['upload_id'] as string | null })),
      prepared: row['prepared'] === null ? [] : (JSON.parse(row['prepared'] as string) as PreparedObject[]),
      manifest: row['manifest'] === null ? null : (JSON.parse(row['manifest'] as string) as ManifestObject),
    };
  });
}

/** Forgets a run that recovery has finished or undone. */
export function closeEntry(db: DatabaseSync, runId: string): void {
  db.prepare('DELETE FROM journal_run WHERE run_id = ?').run(runId);
}
