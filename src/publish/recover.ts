/**
 * What a process that died has left in a bucket, finished or undone from its journal: before the commit began there
 * is nothing to see and the uploads are aborted; after it began, everything is uploaded and the commit is finished,
 * or undone where an upload has vanished since: a run is in the bucket whole or not at all.
 */
import { asTidemarkError } from '../errors.ts';
import type { JournalEntry, ManifestObject, Settled, Sink } from '../ports.ts';
import { finishCommit, undoCommit } from './publication.ts';

/**
 * Call it only while no process runs the task. May be repeated from any point.
 *
 * @param settled see Journal; left out: at once.
 *
 * @throws TidemarkError of the sink; the entry must then be kept.
 */
export async function recoverRun(
  entry: JournalEntry,
  sink: Sink,
  settled: Settled = () => Promise.resolve(),
): Promise<'finished' | 'undone'> {
  const { runId, phase, prepared, manifest } = entry;
  await settled();
  if (manifest !== null && phase === 'committing' && (await finish(entry, manifest, sink, settled)))
    return 'finished';
  if (manifest !== null) await undoCommit(sink, runId, prepared, manifest, settled);
  for (const { key, uploadId } of entry.uploads) {
    // Died between asking for the upload and hearing its id: whatever is open under this very key is ours.
    if (uploadId === null) await settled();
    const ids = uploadId === null ? await sink.openUploads(key) : [uploadId];
    for (const id of ids) await sink.abort({ key, uploadId: id });
  }
  return 'undone';
}

/** False where the commit can no longer be finished, because an upload was ended meanwhile. */
async function finish(
  entry: JournalEntry,
  manifest: ManifestObject,
  sink: Sink,
  settled: Settled,
): Promise<boolean> {
  // The manifest is written last: where it stands, all is done, whatever readers have done with the objects since.
  if ((await sink.runOf(manifest.key)) === entry.runId) return true;
  try {
    await finishCommit(sink, entry.runId, entry.prepared, manifest, settled);
    return true;
  } catch (error) {
    if (asTidemarkError(error).code === 'UPLOAD_GONE') return false;
    throw error;
  }
}
