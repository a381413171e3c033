/**
 * What a process that died has left in a bucket, finished or undone from its journal: before the commit began there
 * is nothing to see and the uploads are aborted; after it began, everything is uploaded and the commit is finished.
 */
import type { JournalEntry, Sink } from '../ports.ts';
import { finishCommit, undoCommit } from './publication.ts';

/**
 * Call it only while no process runs the task. May be repeated from any point.
 *
 * @throws TidemarkError of the sink; the entry must then be kept.
 */
export async function recoverRun(entry: JournalEntry, sink: Sink): Promise<'finished' | 'undone'> {
  if (entry.phase === 'committing' && entry.manifest !== null) {
    await finishCommit(sink, entry.prepared, entry.manifest);
    return 'finished';
  }
  if (entry.phase === 'undoing' && entry.manifest !== null)
    await undoCommit(sink, entry.prepared, entry.manifest);
  for (const { key, uploadId } of entry.uploads) {
    // Died between asking for the upload and hearing its id: whatever is open under this very key is ours.
    const ids = uploadId === null ? await sink.openUploads(key) : [uploadId];
    for (const id of ids) await sink.abort({ key, uploadId: id });
  }
  return 'undone';
}
