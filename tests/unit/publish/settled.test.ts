/** Where two daemons have one state, no effect comes before what explains it is safe from this machine. */
import { TidemarkError } from '../../../src/errors.ts';
import type { Journal } from '../../../src/ports.ts';
import { beginPublication } from '../../../src/publish/publication.ts';
import { recoverRun } from '../../../src/publish/recover.ts';
import { recordFor, attemptOf, slotOf } from '../../support/runs.ts';
import { fakeBucket, nothing } from './bucket.ts';

const MANIFEST = { key: 'task/_manifest.json', body: '{}' };
const RECORD = recordFor(attemptOf(slotOf(new Date(0))), 'task');
const OBJECT = {
  key: 'task/a.csv',
  uploadId: 'upload 1',
  table: 'a',
  batch: null,
  rows: 1,
  bytes: 1,
  crc32: '00000000',
  parts: [],
};
const LOST = new TidemarkError('LEADERSHIP_LOST', 'This daemon no longer leads.');

/** A journal whose `settled` is among the events; from the nth one on, counted from 1, it rejects. */
function settling(journal: Journal, events: string[], nth = 0): Journal & { isClosed: boolean } {
  let count = 0;
  return {
    ...journal,
    isClosed: false,
    begun(key, uploadId) {
      if (this.isClosed) throw new TidemarkError('NOT_LEADER', 'The state follows another.');
      journal.begun(key, uploadId);
    },
    settled: () => {
      events.push('settled');
      count++;
      return nth > 0 && count >= nth ? Promise.reject(LOST) : Promise.resolve();
    },
  };
}

async function prepared(nth = 0, onEvent?: Parameters<typeof fakeBucket>[1]) {
  const bucket = fakeBucket(nothing(), onEvent);
  const journal = settling(bucket.journal, bucket.events, nth);
  const publication = beginPublication(bucket.sink, journal, 'run');
  const begin = async (): Promise<typeof OBJECT> => {
    await publication.beginning(OBJECT.key);
    const { uploadId } = await bucket.sink.begin(
      OBJECT.key,
      { contentType: 'text/csv', runId: 'run' },
      new AbortController().signal,
    );
    await publication.begun(OBJECT.key, { uploadId });
    return { ...OBJECT, uploadId };
  };
  return { ...bucket, journal, publication, begin };
}

it('waits before an upload is begun, before the first object is completed, and before the manifest', async () => {
  const { events, publication, begin } = await prepared();
  const object = await begin();
  await publication.commit([object], MANIFEST, RECORD);
  const at = (event: string): number => events.findIndex((one) => one.startsWith(event));
  const before = (event: string): string | undefined => events[at(event) - 1];
  expect(before('begin task/a.csv')).toBe('settled');
  expect(before('complete')).toBe('settled');
  expect(before('put')).toBe('settled');
});

it('begins no upload that nobody else knows of', async () => {
  const { events, publication, begin } = await prepared(1);
  await expect(begin()).rejects.toBe(LOST);
  await publication.rollback();
  expect(events.filter((event) => !event.startsWith('journal'))).toEqual(['settled', 'settled']);
});

it('neither finishes nor undoes a commit that may be another’s', async () => {
  const { events, publication, begin, remains } = await prepared(2);
  const object = await begin();
  const before = events.length;
  await expect(publication.commit([object], MANIFEST, RECORD)).rejects.toBe(LOST);
  await publication.rollback();
  expect(events.slice(before)).toEqual(['journal committing', 'settled']);
  expect(await recoverRun(remains.entry!, fakeBucket(remains).sink)).toBe('finished');
});

it('leaves a commit to another that has taken it over before the manifest', async () => {
  const { events, publication, begin, remains } = await prepared(3);
  const object = await begin();
  await expect(publication.commit([object], MANIFEST, RECORD)).rejects.toBe(LOST);
  expect(events.slice(-2)).toEqual(['complete task/a.csv', 'settled']);
  expect(await recoverRun(remains.entry!, fakeBucket(remains).sink)).toBe('finished');
});

it('does not take back a commit that failed when another may finish it', async () => {
  const { events, publication, begin } = await prepared(3, (event) => {
    if (event.startsWith('complete')) throw new TidemarkError('S3_FAILED', 'refused');
  });
  const object = await begin();
  await expect(publication.commit([object], MANIFEST, RECORD)).rejects.toMatchObject({
    code: 'PUBLISH_INCOMPLETE',
  });
  expect(events.slice(-2)).toEqual(['journal undoing', 'settled']);
});

it('ends no upload of a run that another may lead on, but the one that nobody else can know of', async () => {
  const { events, publication, begin, journal } = await prepared(2);
  await begin();
  await publication.beginning('task/b.csv').catch(() => {});
  journal.isClosed = true;
  const late = publication.begun('task/c.csv', { uploadId: 'late' });
  await expect(late).rejects.toMatchObject({ code: 'NOT_LEADER' });
  await publication.rollback();
  expect(events.filter((event) => /^(abort|list|journal closed)/.test(event))).toEqual(['abort task/c.csv']);
});
