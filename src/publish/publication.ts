/**
 * All or nothing: the two phases by which a run's objects appear. *Prepare*: uploads are begun and filled, nobody sees
 * them. *Commit*: every upload is completed, then the manifest is written. Each step is in the journal before it is
 * done, so that a process that dies at any moment leaves enough to finish or to undo the run (see recover.ts).
 */
import { setTimeout } from 'node:timers/promises';
import type { PreparedObject, RunRecord } from '../domain/run.ts';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import { fewAtOnce } from '../few-at-once.ts';
import type { Journal, ManifestObject, PendingUpload, Sink } from '../ports.ts';

/** How long a run that has failed goes on clearing up before it leaves the rest to recovery. */
const ROLLBACK_MS = 20_000;

export interface Publication {
  /** Begins an upload that belongs to this run. */
  begin(key: string, contentType: string, signal: AbortSignal): Promise<PendingUpload>;
  /**
   * Makes the run visible and has it recorded. When it fails, the run is undone before the error is thrown.
   *
   * @param record what the run will have been.
   * @returns why a run that is visible could not be recorded yet, which recovery makes up for; null: it is.
   * @throws TidemarkError of the sink; PUBLISH_INCOMPLETE where even undoing failed.
   */
  commit(
    prepared: readonly PreparedObject[],
    manifest: ManifestObject,
    record: RunRecord,
  ): Promise<TidemarkError | null>;
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

/** @param patienceMs how long `rollback` goes on. */
export function beginPublication(
  sink: Sink,
  journal: Journal,
  runId: string,
  patienceMs = ROLLBACK_MS,
): Publication {
  const begun: Promise<BegunUpload>[] = [];
  const sending = new Set<Promise<unknown>>();
  let ended = false;
  /** From here on, the entry is recovery's, and then the next attempt's: it has the same run and the same keys. */
  let left = false;

  /** @throws TidemarkError PUBLISH_INCOMPLETE where that cannot be known: recovery then finds out, and finishes. */
  const manifestStands = async (key: string, error: TidemarkError): Promise<boolean> => {
    try {
      return (await sink.runOf(key)) === runId;
    } catch {
      if (!error.retryable) return false;
      throw incomplete(error);
    }
  };

  /** Undoes a commit that failed. Returns what to say of it. */
  const takenBack = async (
    prepared: readonly PreparedObject[],
    manifest: ManifestObject,
    error: TidemarkError,
  ): Promise<TidemarkError> => {
    try {
      journal.undoing();
      await undoCommit(sink, runId, prepared, manifest);
      journal.closed();
      return error;
    } catch {
      // The journal keeps the run, and recovery ends it before the task runs again.
      return incomplete(error);
    }
  };

  return {
    begin(key, contentType, signal) {
      if (ended)
        return Promise.reject(new Error(`an upload of ${key} was asked for after the run had ended`));
      journal.beginning(key);
      const asked = sink.begin(key, { contentType, runId }, signal);
      begun.push(
        asked.then(
          ({ uploadId }): BegunUpload => ({ key, uploadId, error: null }),
          (error: unknown): BegunUpload => ({ key, uploadId: null, error }),
        ),
      );
      return asked.then((pending): PendingUpload => {
        if (!left) journal.begun(key, pending.uploadId);
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

    async commit(prepared, manifest, record) {
      journal.committing(prepared, manifest, record);
      ended = true;
      try {
        await finishCommit(sink, runId, prepared, manifest);
      } catch (error) {
        // All that was lost may be the answer to the manifest: where it stands, the run is whole, and may have been read.
        if (!(await manifestStands(manifest.key, asTidemarkError(error)))) {
          throw await takenBack(prepared, manifest, asTidemarkError(error));
        }
      }
      try {
        journal.recorded();
        return null;
      } catch (error) {
        return asTidemarkError(error);
      }
    },

    async rollback() {
      if (ended) return;
      ended = true;
      const undo = async (): Promise<void> => {
        const uploads = await Promise.all(begun);
        // A part that arrives after its upload was aborted could stay behind, unseen and paid for.
        await Promise.all(sending);
        // What was begun without a word about it, recovery looks for: under its key there may be others by now.
        const ours = left ? uploads.filter(({ uploadId }) => uploadId !== null) : uploads;
        const aborted = await Promise.allSettled(ours.map((upload) => abortBegun(sink, upload)));
        // As above: what could not be aborted stays in the journal.
        if (!left && aborted.every(({ status }) => status === 'fulfilled')) close(journal);
      };
      // A sink that hangs must not keep the run from ending: what is then still open, the journal knows.
      const giveUp = new AbortController();
      const patience = setTimeout(patienceMs, undefined, { signal: giveUp.signal }).catch(() => {});
      await Promise.race([undo(), patience]);
      left = true;
      giveUp.abort();
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

function incomplete(error: TidemarkError): TidemarkError {
  const message = `${error.message} Objects of the run may be visible until it has been finished or cleared away.`;
  return new TidemarkError('PUBLISH_INCOMPLETE', message, { cause: error });
}

/** The second phase, which may be repeated from any point: completing and writing twice are harmless. */
export async function finishCommit(
  sink: Sink,
  runId: string,
  prepared: readonly PreparedObject[],
  manifest: ManifestObject,
): Promise<void> {
  // A run may have thousands of objects.
  await fewAtOnce(prepared, sink.concurrency, (object) => sink.complete(object, runId));
  await sink.put(manifest.key, Buffer.from(manifest.body), { contentType: 'application/json', runId });
}

/**
 * Takes back what a failed commit has made visible, and ends what it has not. Uploads come first: ending them needs no
 * permission that writing does not. Under the same keys there may be objects of earlier runs; those stay.
 */
export async function undoCommit(
  sink: Sink,
  runId: string,
  prepared: readonly PreparedObject[],
  manifest: ManifestObject,
): Promise<void> {
  await fewAtOnce(prepared, sink.concurrency, (object) => sink.abort(object));
  const removeOurs = async (key: string): Promise<void> => {
    if ((await sink.runOf(key)) === runId) await sink.remove(key);
  };
  // A manifest never names an object that is gone.
  await removeOurs(manifest.key);
  await fewAtOnce(prepared, sink.concurrency, ({ key }) => removeOurs(key));
}
