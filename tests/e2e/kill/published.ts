/** What a task has published, as its manifests say it, held against the bucket and against the state. */
import { paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { Window } from '../../../src/domain/plan.ts';
import { readState } from '../../../src/state/database.ts';
import { listRuns } from '../../../src/state/history.ts';
import { journalEntries } from '../../../src/state/journal.ts';
import { listWatermarks } from '../../../src/state/watermarks.ts';
import type { TestS3 } from '../../support/s3.ts';

/** As much of a manifest as a warehouse reads. */
export interface Manifest {
  readonly key: string;
  readonly run_id: string;
  readonly prepared_at: string;
  readonly windows: readonly Window[];
  readonly entries: readonly {
    readonly key: string;
    readonly table: string;
    readonly meta: { readonly content_length: number; readonly record_count: number };
  }[];
}

export interface Bucket {
  readonly s3: TestS3;
  readonly bucket: string;
}

/** Sizes of all objects by key. */
async function objectSizes({ s3, bucket }: Bucket): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const page of paginateListObjectsV2({ client: s3.client }, { Bucket: bucket }))
    for (const object of page.Contents ?? []) sizes.set(object.Key!, object.Size!);
  return sizes;
}

/** Reads manifests, each once: nobody may ever write one of a key a second time. */
export function manifestReader(place: Bucket): () => Promise<{
  /** In the order in which they were published. */
  readonly manifests: readonly Manifest[];
  readonly sizes: ReadonlyMap<string, number>;
}> {
  const known = new Map<string, Manifest>();
  return async () => {
    const sizes = await objectSizes(place);
    // Taken back with a commit that failed; the state, too, knows nothing of it then.
    for (const key of known.keys()) if (!sizes.has(key)) known.delete(key);
    for (const key of sizes.keys()) {
      if (!key.includes('/_manifest_') || known.has(key)) continue;
      const body = JSON.parse((await place.s3.get(place.bucket, key)).toString()) as Omit<Manifest, 'key'>;
      known.set(key, { ...body, key });
    }
    const manifests = [...known.values()].toSorted((a, b) => a.prepared_at.localeCompare(b.prepared_at));
    return { manifests, sizes };
  };
}

export type ReadManifests = ReturnType<typeof manifestReader>;

/** Holds at any moment: whoever sees a manifest finds all that it names. Returns the manifests' keys. */
export async function expectNoPartOfARun(read: ReadManifests): Promise<string[]> {
  const { manifests, sizes } = await read();
  const named = manifests.flatMap(({ entries }) => entries);
  expect(named.map(({ key }) => [key, sizes.get(key)])).toEqual(
    named.map(({ key, meta }) => [key, meta.content_length]),
  );
  return manifests.map(({ key }) => key);
}

/**
 * Holds once a run has come to its end, whatever was killed before it: no upload is open, no object is without a
 * manifest, each window begins where the one before it ended, and the state tells the same story as the bucket.
 */
export async function expectInOrder(
  place: Bucket & { readonly stateDir: string; readonly task: string },
  read: ReadManifests,
): Promise<void> {
  expect(await place.s3.openUploads(place.bucket)).toEqual([]);
  await expectNoPartOfARun(read);
  const { manifests, sizes } = await read();
  const named = manifests.flatMap(({ key, entries }) => [key, ...entries.map((entry) => entry.key)]);
  expect([...sizes.keys()].toSorted()).toEqual(named.toSorted());

  const bounds = manifests.map(({ windows }) => windows.map(({ table, from, to }) => ({ table, from, to })));
  const last = bounds.at(-1) ?? [];
  for (const [index, windows] of bounds.entries()) {
    const before = bounds[index - 1] ?? windows.map(({ table }) => ({ table, to: null }));
    expect(windows.map(({ table, from }) => ({ table, from }))).toEqual(
      before.map(({ table, to }) => ({ table, from: to })),
    );
  }

  const state = readState(place.stateDir);
  try {
    const { db } = state;
    const runs = listRuns(db, { task: place.task, since: null, limit: 100_000 }).toReversed();
    const succeeded = runs.filter(({ status }) => status === 'succeeded');
    expect(runs.filter(({ status }) => status === 'running')).toEqual([]);
    expect(succeeded.map((run) => [run.run_id, run.manifest])).toEqual(
      manifests.map((manifest) => [manifest.run_id, manifest.key]),
    );
    expect(succeeded.map(({ files }) => files)).toEqual(manifests.map(({ entries }) => entries.length));
    expect(journalEntries(db, null)).toEqual([]);
    expect(listWatermarks(db, place.task).map(({ table, value }) => ({ table, to: value }))).toEqual(
      last.map(({ table, to }) => ({ table, to })).toSorted((a, b) => a.table.localeCompare(b.table)),
    );
  } finally {
    state.close();
  }
}
