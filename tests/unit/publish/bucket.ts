/**
 * A bucket and a journal in memory, for tests of what a run leaves behind. Every call is an event; a test may make
 * any of them fail, before or after it took effect, or look at everything as it stands after each.
 */
import type { RunRecord } from '../../../src/domain/run.ts';
import type { JournalEntry, PendingUpload, Sink, Journal } from '../../../src/ports.ts';
import { TidemarkError } from '../../../src/errors.ts';

/** All that outlives a process. Plain data, so that it can be cloned. */
export interface Remains {
  /** Content by key. */
  readonly objects: Map<string, string>;
  /** By key, the run that wrote it. */
  readonly owners: Map<string, string>;
  /** Open uploads by id. */
  readonly uploads: Map<
    string,
    { readonly key: string; readonly runId: string; readonly parts: Map<number, string> }
  >;
  entry: JournalEntry | null;
  /** What the journal keeps with its entry, to be recorded once the commit is done. */
  committing: RunRecord | null;
  /** Runs that have been recorded. */
  readonly records: RunRecord[];
}

export type Moment = 'before' | 'after';

export interface FakeBucket {
  readonly sink: Sink;
  /** Of a run `run` of a task `task`. */
  readonly journal: Journal;
  /** Of another. There is room for one entry. */
  readonly journalOf: (run: {
    readonly runId: string;
    readonly task: string;
    readonly sink: string;
  }) => Journal;
  readonly remains: Remains;
  readonly events: string[];
}

export const nothing = (): Remains => ({
  objects: new Map(),
  owners: new Map(),
  uploads: new Map(),
  entry: null,
  committing: null,
  records: [],
});

/** @param onEvent may throw: the call then fails with that, without effect or with it. */
export function fakeBucket(
  remains: Remains = nothing(),
  onEvent: (event: string, moment: Moment) => void = () => {},
): FakeBucket {
  const events: string[] = [];
  const { objects, owners, uploads } = remains;

  const happen = <T>(event: string, effect: () => T): T => {
    onEvent(event, 'before');
    const result = effect();
    events.push(event);
    onEvent(event, 'after');
    return result;
  };
  // As over a network: never at once.
  const answer = async <T>(event: string, effect: () => T): Promise<T> => {
    await Promise.resolve();
    return happen(event, effect);
  };
  const sink: Sink = {
    url: (key) => `s3://bucket/${key}`,
    partBytes: 64,
    concurrency: 2,
    begin: (key, { runId }) =>
      answer(`begin ${key}`, (): PendingUpload => {
        const uploadId = `${key}#${events.length}`;
        const parts = new Map<number, string>();
        uploads.set(uploadId, { key, runId, parts });
        return {
          key,
          uploadId,
          sendPart(partNumber, body) {
            const text = body.toString('latin1');
            return answer(`part ${key} ${partNumber}`, () => {
              if (!uploads.has(uploadId)) throw new TidemarkError('S3_FAILED', 'NoSuchUpload');
              parts.set(partNumber, text);
              return { partNumber, etag: `etag ${partNumber}`, checksumCrc32: null };
            });
          },
        };
      }),
    complete: ({ key, uploadId }, runId) =>
      answer(`complete ${key}`, () => {
        const upload = uploads.get(uploadId);
        if (upload === undefined) {
          // As the real one: harmless where the object stands there whole.
          if (owners.get(key) !== runId) throw new TidemarkError('UPLOAD_GONE', 'NoSuchUpload');
          return;
        }
        uploads.delete(uploadId);
        owners.set(key, upload.runId);
        objects.set(
          key,
          [...upload.parts]
            .toSorted(([a], [b]) => a - b)
            .map(([, text]) => text)
            .join(''),
        );
      }),
    runOf: (key) => answer(`look ${key}`, () => owners.get(key) ?? null),
    abort: ({ key, uploadId }) => answer(`abort ${key}`, () => void uploads.delete(uploadId)),
    openUploads: (key) =>
      answer(`list ${key}`, () => [...uploads].flatMap(([id, upload]) => (upload.key === key ? [id] : []))),
    put: (key, body, { runId }) =>
      answer(`put ${key}`, () => {
        owners.set(key, runId);
        objects.set(key, body.toString());
      }),
    remove: (key) =>
      answer(`remove ${key}`, () => {
        owners.delete(key);
        objects.delete(key);
      }),
  };

  const journalOf: FakeBucket['journalOf'] = (run) => {
    const note = (event: string, change: (entry: JournalEntry) => JournalEntry | null): void =>
      happen(`journal ${event}`, () => {
        const blank = { ...run, place: null, uploads: [], prepared: [], manifest: null };
        remains.entry = change(remains.entry ?? { ...blank, phase: 'preparing' });
      });
    return {
      beginning: (key) =>
        note(`beginning ${key}`, (entry) => ({
          ...entry,
          uploads: [...entry.uploads, { key, uploadId: null }],
        })),
      begun: (key, uploadId) =>
        note(`begun ${key}`, (entry) => ({
          ...entry,
          uploads: entry.uploads.map((upload) => (upload.key === key ? { key, uploadId } : upload)),
        })),
      committing: (prepared, manifest, record) =>
        note('committing', (entry) => {
          remains.committing = record;
          return { ...entry, phase: 'committing', prepared, manifest };
        }),
      undoing: () => note('undoing', (entry) => ({ ...entry, phase: 'undoing' })),
      closed: () =>
        note('closed', () => {
          remains.committing = null;
          return null;
        }),
      recorded: () => note('recorded', () => recordKept(remains)),
      recordEmpty: (record) => happen('journal recordEmpty', () => void remains.records.push(record)),
      settled: () => Promise.resolve(),
    };
  };
  const journal = journalOf({ runId: 'run', task: 'task', sink: 's3' });
  return { sink, journal, journalOf, remains, events };
}

/** Records what the journal kept with its entry, and forgets it. */
export function recordKept(remains: Remains): null {
  remains.records.push(remains.committing!);
  remains.committing = null;
  remains.entry = null;
  return null;
}

/** Makes the nth event fail, or all from the nth on. */
export function failing(nth: number, moment: Moment, forGood = false): (event: string, at: Moment) => void {
  let count = 0;
  return (event, at) => {
    if (at === 'before') count++;
    const hit = forGood
      ? count > nth + 1 || (count === nth + 1 && at === moment)
      : count === nth + 1 && at === moment;
    if (hit) throw new TidemarkError('S3_UNAVAILABLE', `${event} failed ${moment} it took effect`);
  };
}
