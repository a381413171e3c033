/**
 * Looks once more at uploads that were aborted, until they have been seen to be gone for a day. S3 may bring an upload
 * back to life whose parts were still on their way while it was aborted; its parts are then paid for, and seen by
 * nobody. Only uploads that this installation began are asked for, by key and by id: nothing else is touched.
 */
import { asTidemarkError, type TidemarkError } from '../errors.ts';
import type { AbortedUpload, Log, Sink } from '../ports.ts';

/** What the sweeper works with. */
export interface SweepPorts {
  /** @throws TidemarkError CONFIG_INVALID where the config has no such sink. */
  sink(name: string): Sink;
  /** All throw TidemarkError STATE_UNUSABLE. */
  readonly aborted: {
    /** All that are kept, sink by sink. */
    uploads(): AbortedUpload[];
    /** One was open again and has been aborted again. */
    again(upload: AbortedUpload, at: Date): void;
    forget(uploads: readonly AbortedUpload[]): void;
  };
  readonly log: Log;
}

const DAY_MS = 24 * 60 * 60_000;
/** How long an upload must have been gone before it is looked at no more. */
const GONE_MS = DAY_MS;
/** How long uploads are kept whose sink is no longer in the config: it may come back. */
const GIVEN_UP_MS = 90 * DAY_MS;

/** Never rejects: what fails is kept for the next time. */
export async function sweep(ports: SweepPorts, now: Date, signal: AbortSignal): Promise<void> {
  try {
    const bySink = Map.groupBy(ports.aborted.uploads(), (upload) => upload.sink);
    for (const [sink, uploads] of bySink) await sweepSink(ports, sink, uploads, now, signal);
  } catch (error) {
    ports.log.error('aborted uploads cannot be looked at', { error: asTidemarkError(error) });
  }
}

/** Of one sink: where it cannot be reached, the others still can. Throws only what the state throws. */
async function sweepSink(
  ports: SweepPorts,
  name: string,
  uploads: readonly AbortedUpload[],
  now: Date,
  signal: AbortSignal,
): Promise<void> {
  let sink: Sink;
  try {
    sink = ports.sink(name);
  } catch (thrown) {
    const error = asTidemarkError(thrown);
    return withoutSink(ports, name, uploads, error, now);
  }
  const byKey = Map.groupBy(uploads, (upload) => upload.key);
  for (const [key, ofKey] of byKey) {
    if (signal.aborted) return;
    let open = new Set<string>();
    const cameBack: AbortedUpload[] = [];
    let failure: TidemarkError | null = null;
    try {
      open = new Set(await sink.openUploads(key));
      for (const upload of ofKey) {
        if (!open.has(upload.uploadId)) continue;
        await sink.abort(upload);
        cameBack.push(upload);
      }
    } catch (thrown) {
      failure = asTidemarkError(thrown);
    }
    // Where this is not kept, the upload is found gone, or aborted once more, the next time.
    for (const upload of signal.aborted ? [] : cameBack) {
      ports.aborted.again(upload, now);
      ports.log.warn('an upload that had come back was aborted again', { sink: name, key });
    }
    // The next key would fare no better.
    if (failure !== null) return notLookedAt(ports, name, uploads, failure);
    if (signal.aborted) return;
    const isGone = ({ uploadId, abortedAt }: AbortedUpload): boolean =>
      !open.has(uploadId) && now.getTime() - abortedAt.getTime() >= GONE_MS;
    ports.aborted.forget(ofKey.filter(isGone));
  }
}

/** Of a sink that the config does not have: what is old is given up, and the rest waits. */
function withoutSink(
  ports: SweepPorts,
  name: string,
  uploads: readonly AbortedUpload[],
  error: TidemarkError,
  now: Date,
): void {
  const isOld = ({ abortedAt }: AbortedUpload): boolean => now.getTime() - abortedAt.getTime() >= GIVEN_UP_MS;
  const old = error.code === 'CONFIG_INVALID' ? uploads.filter(isOld) : [];
  if (old.length > 0) {
    ports.aborted.forget(old);
    ports.log.warn(
      'aborted uploads are looked at no more: the config does not have their sink, and they are older than 90 days; a lifecycle rule of the bucket can remove those that came back',
      { sink: name, uploads: old.length, keys: [...new Set(old.map(({ key }) => key))].slice(0, MOST_KEYS) },
    );
  }
  const left = uploads.filter((upload) => !old.includes(upload));
  if (left.length > 0) notLookedAt(ports, name, left, error);
}

/** Keys that a log line names. */
const MOST_KEYS = 20;

function notLookedAt(
  { log }: SweepPorts,
  sink: string,
  uploads: readonly AbortedUpload[],
  error: TidemarkError,
): void {
  log.warn('aborted uploads cannot be looked at; trying again in a day', {
    sink,
    uploads: uploads.length,
    code: error.code,
    error,
  });
}
