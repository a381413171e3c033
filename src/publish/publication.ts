/**
 * All or nothing: the two phases by which a run's objects appear. *Prepare*: uploads are begun and filled, nobody sees
 * them. *Commit*: every upload is completed, then the manifest is written. Each step is in the journal before it is
 * done, so that a process that dies at any moment leaves enough to finish or to undo the run (see recover.ts).
 */
import type { PreparedObject } from '../domain.ts';
import type { Journal, ManifestObject, ObjectMeta, PendingUpload, Sink } from '../ports.ts';

export const MANIFEST_META: ObjectMeta = { contentType: 'application/json' };

export interface Publication {
  /** Begins an upload that belongs to this run. */
  begin(key: string, meta: ObjectMeta, signal: AbortSignal): Promise<PendingUpload>;
  /**
   * Makes the run visible. When it fails, the run is undone before the error is thrown.
   *
   * @throws TidemarkError of the sink.
   */
  commit(prepared: readonly PreparedObject[], manifest: ManifestObject): Promise<void>;
  /**
   * Leaves no upload of this run behind, or leaves them to recovery where the sink cannot be reached. Does nothing
   * after a commit. Never throws: the run has an error of its own to report.
   */
  rollback(): Promise<void>;
}

export function beginPublication(sink: Sink, journal: Journal): Publication {
  const begun: Promise<PendingUpload>[] = [];
  const sending = new Set<Promise<unknown>>();
  let ended = false;

  return {
    begin(key, meta, signal) {
      journal.beginning(key);
      const upload = sink.begin(key, meta, signal).then((pending): PendingUpload => {
        journal.begun(key, pending.uploadId);
        return {
          ...pending,
          sendPart(partNumber, body, crc32) {
            const part = pending.sendPart(partNumber, body, crc32);
            // Settles either way: whoever asked for the part sees its failure.
            const settled: Promise<void> = part.then(
              () => void sending.delete(settled),
              () => void sending.delete(settled),
            );
            sending.add(settled);
            return part;
          },
        };
      });
      begun.push(upload);
      return upload;
    },

    async commit(prepared, manifest) {
      journal.committing(prepared, manifest);
      try {
        await finishCommit(sink, prepared, manifest);
      } catch (error) {
        journal.undoing();
        // Where even undoing fails, the journal keeps the run, and recovery undoes it before the task runs again.
        await undoCommit(sink, prepared, manifest).then(journal.closed, () => {});
        ended = true;
        throw error;
      }
      ended = true;
      journal.closed();
    },

    async rollback() {
      if (ended) return;
      ended = true;
      const uploads = await Promise.allSettled(begun);
      // A part that arrives after its upload was aborted could stay behind, unseen and paid for.
      await Promise.all(sending);
      const aborted = await Promise.allSettled(
        uploads.flatMap((upload) => (upload.status === 'fulfilled' ? [sink.abort(upload.value)] : [])),
      );
      // As above: what could not be aborted stays in the journal.
      if (aborted.every(({ status }) => status === 'fulfilled')) journal.closed();
    },
  };
}

/** The second phase, which may be repeated from any point: completing and writing twice are harmless. */
export async function finishCommit(
  sink: Sink,
  prepared: readonly PreparedObject[],
  manifest: ManifestObject,
): Promise<void> {
  // In order, a few at a time: a run may have thousands of objects.
  const waiting = [...prepared];
  const worker = async (): Promise<void> => {
    try {
      for (let object = waiting.shift(); object !== undefined; object = waiting.shift())
        await sink.complete(object);
    } catch (error) {
      // The others stop after what they are at; only then can the run be undone.
      waiting.length = 0;
      throw error;
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: sink.concurrency }, worker));
  for (const result of workers) if (result.status === 'rejected') throw result.reason;
  await sink.put(manifest.key, Buffer.from(manifest.body), MANIFEST_META);
}

/** Takes back what a failed commit has made visible, the manifest first, and ends what it has not. */
export async function undoCommit(
  sink: Sink,
  prepared: readonly PreparedObject[],
  manifest: ManifestObject,
): Promise<void> {
  await sink.remove(manifest.key);
  for (const object of prepared) {
    await sink.abort(object);
    await sink.remove(object.key);
  }
}
