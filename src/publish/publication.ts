/**
 * All or nothing: the two phases by which a run's objects appear. *Prepare*: uploads are begun and filled, nobody sees
 * them. *Commit*: every upload is completed, then the manifest is written. Each step is in the journal before it is
 * done, so that a process that dies at any moment leaves enough to finish or to undo the run (see recover.ts).
 */
import type { PreparedObject } from '../domain.ts';
import { asTidemarkError } from '../errors.ts';
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

/** What became of asking for an upload; without an id, the error says why. Asking itself never rejects here. */
interface BegunUpload {
  readonly key: string;
  readonly uploadId: string | null;
  readonly error: unknown;
}

export function beginPublication(sink: Sink, journal: Journal): Publication {
  const begun: Promise<BegunUpload>[] = [];
  const sending = new Set<Promise<unknown>>();
  let ended = false;

  return {
    begin(key, meta, signal) {
      journal.beginning(key);
      const asked = sink.begin(key, meta, signal);
      begun.push(
        asked.then(
          ({ uploadId }): BegunUpload => ({ key, uploadId, error: null }),
          (error: unknown): BegunUpload => ({ key, uploadId: null, error }),
        ),
      );
      return asked.then((pending): PendingUpload => {
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
    },

    async commit(prepared, manifest) {
      journal.committing(prepared, manifest);
      ended = true;
      try {
        await finishCommit(sink, prepared, manifest);
      } catch (error) {
        const undo = async (): Promise<void> => {
          journal.undoing();
          await undoCommit(sink, prepared, manifest);
          journal.closed();
        };
        // Where even undoing fails, the journal keeps the run, and recovery ends it before the task runs again.
        await undo().catch(() => {});
        throw error;
      }
      close(journal);
    },

    async rollback() {
      if (ended) return;
      ended = true;
      const uploads = await Promise.all(begun);
      // A part that arrives after its upload was aborted could stay behind, unseen and paid for.
      await Promise.all(sending);
      const aborted = await Promise.allSettled(uploads.map((upload) => abortBegun(sink, upload)));
      // As above: what could not be aborted stays in the journal.
      if (aborted.every(({ status }) => status === 'fulfilled')) close(journal);
    },
  };
}

/** An entry that cannot be removed does no harm: recovery repeats what has been done already. */
function close(journal: Journal): void {
  try {
    journal.closed();
  } catch {
    // The run has ended as its caller will hear; the state file will fail the next run by itself.
  }
}

/** Ends an upload that was asked for, whether or not its id was ever heard. */
async function abortBegun(sink: Sink, { key, uploadId, error }: BegunUpload): Promise<void> {
  if (uploadId !== null) return sink.abort({ key, uploadId });
  // A request that was refused began nothing; one that was never answered may have.
  if (!asTidemarkError(error).retryable) return;
  for (const open of await sink.openUploads(key)) await sink.abort({ key, uploadId: open });
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
