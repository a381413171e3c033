/** A run of two objects in two parts each, as run.ts and extract/ drive a publication. */
import type { PreparedObject } from '../../../src/domain/run.ts';
import type { TidemarkError } from '../../../src/errors.ts';
import type { ManifestObject } from '../../../src/ports.ts';
import { beginPublication } from '../../../src/publish/publication.ts';
import { jobUploads } from '../../../src/publish/uploads.ts';
import { recordFor } from '../../support/runs.ts';
import { RUN } from '../plan/sample.ts';
import type { FakeBucket } from './bucket.ts';

export const MANIFEST: ManifestObject = { key: 'm.json', body: '{}' };
export const RECORD = recordFor(RUN, 'two');
export const WHOLE = new Map([
  ['a.csv', 'a1a2'],
  ['b.csv', 'b1b2'],
  ['m.json', '{}'],
]);

/**
 * @returns why it could not be recorded; null: it is.
 * @throws what the run failed with, after everything was undone as far as it could be.
 */
export async function runTwoObjects({ sink, journal }: FakeBucket): Promise<TidemarkError | null> {
  const publication = beginPublication(sink, journal, 'run');
  const uploads = jobUploads(sink, 'run', publication);
  const { signal } = new AbortController();
  const prepare = async (name: string): Promise<PreparedObject> => {
    const key = `${name}.csv`;
    const upload = await uploads.begin(key, 'text/csv', signal);
    const parts = await Promise.all([1, 2].map((part) => upload.sendPart(part, Buffer.from(name + part), 0)));
    return { table: name, batch: null, key, uploadId: upload.uploadId, parts, rows: 2, bytes: 4, crc32: '0' };
  };
  try {
    const prepared = await Promise.all(['a', 'b'].map(prepare));
    return await publication.commit(prepared, MANIFEST, RECORD);
  } catch (error) {
    await uploads.atRest();
    await publication.rollback();
    throw error;
  }
}
