/**
 * All or nothing: the two phases by which a run's objects appear. *Prepare*: uploads are begun and filled, nobody sees
 * them. *Commit*: every upload is completed, then the manifest is written. Each step is in the journal before it is
 * done, so that a process that dies at any moment leaves enough to finish or to undo the run (see recover.ts).
 */
import { setTimeout } from 'node:timers/promises';
import type { PreparedObject, RunRecord } from '../domain/run.ts';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import { fewAtOnce } from '../few-at-once.ts';
import type { Begun, UploadLedger } from '../lane-ports.ts';
import type { Journal, JournalEntry, ManifestObject, Settled, Sink } from '../ports.ts';

/** How long a run that has failed goes on clearing up before it leaves the rest to recovery. */
const ROLLBACK_MS = 10_000;

export interface Publication extends UploadLedger {
  /**
   * Makes the run visible and has it recorded. When it fails, the run is undone before the error is thrown.
   *
   * @param record what the run will have been.
   * @returns why a run that is visible could not be recorded yet, which recovery makes up for; null: it is.
   * @throws TidemarkError of the sink; PUBLISH_INCOMPLETE where even undoing failed; LEADERSHIP_LOST where another
   *   process finishes or undoes it.
   */
  commit(
    prepared: readonly PreparedObject[],
    manifest: ManifestObject,
    record: RunRecord,
  ): Promise<TidemarkError | null>;
  /**
   * Leaves no upload of this run behind, or leaves them to recovery where the sink cannot be reached or an upload is
   * still being asked for. Does nothing after a commit. Never throws: the run has an error of its own to report.
   */
  rollback(): Promise<void>;
}

/**
 * @param known uploads of the run that the journal has already.
 * @param patienceMs how long `rollback` goes on.
 */
export function beginPublication(
  sink: Sink,
  journal: Journal,
  runId: string,
  known: JournalEntry['uploads'] = [],
  patienceMs = ROLLBACK_MS,
): Publication {
  /** By key; null: asked for, and not heard of since. */
  const uploads = new Map<string, Begun | null>(
    known.map(({ key, uploadId }) => [key, uploadId === null ? null : { uploadId }]),
  );
  /** Whether the journal may have an entry of the run. */
  let isKnown = known.length > 0;
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
      await journal.settled();
      await undoCommit(sink, runId, prepared, manifest, journal.settled);
      journal.closed();
      return error;
    } catch {
      // The journal keeps the run, and recovery ends it before the task runs again.
      return incomplete(error);
    }
  };

  /** Ends what was begun under keys that nobody wants any more: a job that was done again has left it out. */
  const endStrays = async (prepared: readonly PreparedObject[]): Promise<void> => {
    const wanted = new Set(prepared.map(({ key }) => key));
    const strays = [...uploads].filter(([key]) => !wanted.has(key));
    await fewAtOnce(strays, sink.concurrency, ([key, begun]) =>
      endUpload(sink, journal.settled, key, begun, () => left),
    );
  };

  return {
    async beginning(key) {
      if (ended) throw new Error(`an upload of ${key} was asked for after the run had ended`);
      const earlier = uploads.get(key);
      if (earlier !== undefined) await endUpload(sink, journal.settled, key, earlier, () => left);
      if (ended) throw new Error(`the run ended before its upload of ${key} was begun`);
      isKnown = true;
      journal.beginning(key);
      await journal.settled();
      if (ended) throw new Error(`the run ended before its upload of ${key} was begun`);
      uploads.set(key, null);
    },

    async begun(key, outcome) {
      // Too late for the journal, and nobody else knows of it.
      if (left && typeof outcome === 'object') return sink.abort({ key, ...outcome });
      if (left) return;
      uploads.set(key, outcome);
      if (typeof outcome !== 'object') return;
      try {
        journal.begun(key, outcome.uploadId);
      } catch (error) {
        // Whoever looks for it under its key has done so already, perhaps.
        if (asTidemarkError(error).code === 'NOT_LEADER') await sink.abort({ key, ...outcome });
        throw error;
      }
    },

    async commit(prepared, manifest, record) {
      await endStrays(prepared);
      journal.committing(prepared, manifest, record);
      ended = true;
      // Where that fails, nobody here knows whether it is known elsewhere: it is finished or undone from there.
      await journal.settled();
      try {
        await finishCommit(sink, runId, prepared, manifest, journal.settled);
      } catch (error) {
        if (asTidemarkError(error).code === 'LEADERSHIP_LOST') throw error;
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
      if (!isKnown) return;
      const undo = async (): Promise<void> => {
        // Another process may have ended the run already, or lead it on.
        await journal.settled();
        if (left) return;
        const ends = await Promise.allSettled(
          Array.from(uploads, async ([key, begun]) => {
            // Whether it exists will be known when it has been answered; by then, there may be others under its key.
            if (begun === null) throw new Error(`${key} is still being asked for`);
            await endUpload(sink, journal.settled, key, begun, () => left);
          }),
        );
        // What could not be ended stays in the journal.
        if (!left && ends.every(({ status }) => status === 'fulfilled')) close(journal);
      };
      // A sink that hangs must not keep the run from ending: what is then still open, the journal knows.
      const giveUp = new AbortController();
      const patience = setTimeout(patienceMs, undefined, { signal: giveUp.signal }).catch(() => {});
      await Promise.race([undo().catch(() => {}), patience]);
      left = true;
      giveUp.abort();
    },
  };
}

/**
 * Ends an upload that was asked for, whether or not its id was ever heard.
 *
 * @param isLeft whether what is open under the key may be another attempt's by now.
 * @throws Error where it is, and nothing more was ended.
 */
async function endUpload(
  sink: Sink,
  settled: Settled,
  key: string,
  begun: Begun | null,
  isLeft: () => boolean,
): Promise<void> {
  if (begun === 'refused') return;
  if (begun !== null && begun !== 'unanswered') return sink.abort({ key, uploadId: begun.uploadId });
  const stillOurs = (): void => {
    if (isLeft()) throw new Error(`the uploads of ${key} have been left to recovery`);
  };
  // Or another process's.
  await settled();
  for (const uploadId of await sink.openUploads(key)) {
    stillOurs();
    await sink.abort({ key, uploadId });
  }
}

/** An entry that cannot be removed does no harm: recovery repeats what has been done already. */
function close(journal: Journal): void {
  try {
    journal.closed();
  } catch {
    // The run has ended as its caller will hear; the state file will fail the next run by itself.
  }
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
  settled: Settled,
): Promise<void> {
  // A run may have thousands of objects.
  await fewAtOnce(prepared, sink.concurrency, (object) => sink.complete(object, runId));
  // That took its time: another process may have undone the run meanwhile.
  await settled();
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
  settled: Settled,
): Promise<void> {
  await fewAtOnce(prepared, sink.concurrency, (object) => sink.abort(object));
  const removeOurs = async (key: string): Promise<void> => {
    if ((await sink.runOf(key)) !== runId) return;
    // By the time that it is removed, another process may have written there.
    await settled();
    await sink.remove(key);
  };
  // A manifest never names an object that is gone.
  await removeOurs(manifest.key);
  await fewAtOnce(prepared, sink.concurrency, ({ key }) => removeOurs(key));
}
