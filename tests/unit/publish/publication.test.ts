/** Two phases: what is written down and done in which order, and what a failure at any point leaves. */
import { setImmediate } from 'node:timers/promises';
import { TidemarkError } from '../../../src/errors.ts';
import { beginPublication } from '../../../src/publish/publication.ts';
import { jobUploads } from '../../../src/publish/uploads.ts';
import { recoverRun } from '../../../src/publish/recover.ts';
import { failing, fakeBucket, nothing } from './bucket.ts';
import type { FakeBucket } from './bucket.ts';
import { MANIFEST, RECORD, WHOLE, runTwoObjects } from './two-objects.ts';

async function cleanRun(): Promise<FakeBucket> {
  const bucket = fakeBucket();
  await runTwoObjects(bucket);
  return bucket;
}

const steps = (await cleanRun()).events;
const failures = steps.flatMap((event, nth) => [
  { event, nth, moment: 'before' as const },
  { event, nth, moment: 'after' as const },
]);

const never = new AbortController().signal;

it('publishes everything, records the run, and forgets its uploads', async () => {
  const { remains } = await cleanRun();
  expect(remains).toMatchObject({ objects: WHOLE, uploads: new Map(), entry: null, records: [RECORD] });
});

it('writes each step down before it does it, and shows nothing before all is uploaded, the manifest last', () => {
  const at = (event: string): number => {
    expect(steps).toContain(event);
    return steps.indexOf(event);
  };
  for (const key of ['a.csv', 'b.csv']) {
    expect(at(`journal beginning ${key}`)).toBeLessThan(at(`begin ${key}`));
    expect(at(`begin ${key}`)).toBeLessThan(at(`journal begun ${key}`));
    expect(at(`journal begun ${key}`)).toBeLessThan(at(`part ${key} 1`));
    for (const part of [1, 2]) expect(at(`part ${key} ${part}`)).toBeLessThan(at('journal committing'));
    expect(at('journal committing')).toBeLessThan(at(`complete ${key}`));
    expect(at(`complete ${key}`)).toBeLessThan(at('put m.json'));
  }
  expect(steps.slice(-2)).toEqual(['put m.json', 'journal recorded']);
});

it.each(failures)(
  'leaves nothing where "$event" fails $moment it took effect',
  async ({ nth, moment, event }) => {
    const bucket = fakeBucket(nothing(), failing(nth, moment));
    const outcome = runTwoObjects(bucket);
    if (event === 'journal recorded') {
      // Published is published: an entry that stays is finished again, and then recorded.
      expect(await outcome).toMatchObject({ message: `${event} failed ${moment} it took effect` });
      expect(bucket.remains.objects).toEqual(WHOLE);
      return;
    }
    if (event === 'put m.json' && moment === 'after') {
      // Only the answer was lost: the run is whole, and may have been read already.
      expect(await outcome).toBeNull();
      expect(bucket.remains).toMatchObject({ objects: WHOLE, entry: null, records: [RECORD] });
      return;
    }
    await expect(outcome).rejects.toThrow(`${event} failed ${moment}`);
    expect(bucket.remains).toEqual(nothing());
  },
);

it.each(failures)(
  'leaves to recovery what cannot be undone: all fails from "$event" on, $moment it',
  async ({ nth, moment, event }) => {
    const bucket = fakeBucket(nothing(), failing(nth, moment, true));
    const outcome = runTwoObjects(bucket);
    if (event === 'journal recorded') await outcome;
    else await expect(outcome).rejects.toThrow('it took effect');
    const { remains } = bucket;
    const visible = remains.objects.size;
    if (remains.entry !== null) await recoverRun(remains.entry, fakeBucket(remains).sink);
    expect(remains.uploads.size).toBe(0);
    // Nothing, or the whole run.
    expect([0, WHOLE.size]).toContain(remains.objects.size);
    if (visible === WHOLE.size) expect(remains.objects).toEqual(WHOLE);
  },
);

it('undoes a half-made commit', async () => {
  const complete = steps.indexOf('complete b.csv');
  const bucket = fakeBucket(nothing(), failing(complete, 'after'));
  await expect(runTwoObjects(bucket)).rejects.toThrow('complete b.csv failed');
  const undoing = bucket.events.slice(complete + 1);
  expect(undoing.filter((event) => /^(journal|remove)/.test(event))).toEqual([
    'journal undoing',
    'remove a.csv',
    'remove b.csv',
    'journal closed',
  ]);
});

it('leaves to recovery, to be finished, a run of which nobody knows whether its manifest was written', async () => {
  const lost = new TidemarkError('S3_UNAVAILABLE', 'reset');
  let down = false;
  const bucket = fakeBucket(nothing(), (event, moment) => {
    if (event === 'put m.json' && moment === 'after') down = true;
    if (down) throw lost;
  });
  await expect(runTwoObjects(bucket)).rejects.toMatchObject({ code: 'PUBLISH_INCOMPLETE' });
  const { remains } = bucket;
  expect([remains.objects, remains.entry?.phase]).toEqual([WHOLE, 'committing']);
  expect(await recoverRun(remains.entry!, fakeBucket(remains).sink)).toBe('finished');
  expect(remains.objects).toEqual(WHOLE);
});

it('completes no further object when one has failed', async () => {
  const bucket = fakeBucket(nothing(), (event, moment) => {
    if (event === 'complete k0.csv' && moment === 'before') throw new Error('no');
  });
  const publication = beginPublication(bucket.sink, bucket.journal, 'run');
  const prepared = Array.from({ length: 20 }, (_, index) => ({
    table: 't',
    batch: index,
    key: `k${index}.csv`,
    uploadId: `u${index}`,
    parts: [],
    rows: 0,
    bytes: 0,
    crc32: '0',
  }));
  for (const { key, uploadId } of prepared)
    bucket.remains.uploads.set(uploadId, { key, runId: 'run', parts: new Map() });
  await expect(publication.commit(prepared, MANIFEST, RECORD)).rejects.toThrow('no');
  expect(bucket.events.filter((event) => event.startsWith('complete')).length).toBeLessThan(
    bucket.sink.concurrency + 1,
  );
  expect(bucket.remains).toEqual(nothing());
});

it('undoes nothing that an earlier run has published under the same keys', async () => {
  const remains = nothing();
  for (const [key, text] of [
    ['a.csv', 'yesterday'],
    ['b.csv', 'yesterday'],
    ['m.json', 'yesterday'],
  ] as const) {
    remains.objects.set(key, text);
    remains.owners.set(key, 'run of yesterday');
  }
  const bucket = fakeBucket(remains, (event, moment) => {
    if (event.startsWith('complete') && moment === 'before') throw new Error('no');
  });
  await expect(runTwoObjects(bucket)).rejects.toThrow('no');
  expect([...remains.objects.values()]).toEqual(['yesterday', 'yesterday', 'yesterday']);
  expect(remains.uploads.size).toBe(0);
});

it('says so when a commit failed and could not be undone', async () => {
  const bucket = fakeBucket(nothing(), (event, moment) => {
    if ((event === 'put m.json' || event.startsWith('look')) && moment === 'before') throw new Error('down');
  });
  await expect(runTwoObjects(bucket)).rejects.toMatchObject({ code: 'PUBLISH_INCOMPLETE' });
  expect(bucket.remains.entry?.phase).toBe('undoing');
});

describe('rollback', () => {
  it('waits for parts on their way before it aborts', async () => {
    const bucket = fakeBucket();
    const publication = beginPublication(bucket.sink, bucket.journal, 'run');
    const uploads = jobUploads(bucket.sink, 'run', publication);
    const upload = await uploads.begin('a.csv', 'text/csv', never);
    const part = upload.sendPart(1, Buffer.from('x'), 0);
    await uploads.atRest();
    await publication.rollback();
    await part;
    expect(bucket.events.slice(-3)).toEqual(['part a.csv 1', 'abort a.csv', 'journal closed']);
  });

  it('does nothing after a commit, nor a second time', async () => {
    const bucket = fakeBucket();
    const publication = beginPublication(bucket.sink, bucket.journal, 'run');
    await publication.commit([], MANIFEST, RECORD);
    const { length } = bucket.events;
    await publication.rollback();
    await publication.rollback();
    expect(bucket.events).toHaveLength(length);
    expect(bucket.remains.objects.has(MANIFEST.key)).toBe(true);
  });

  it('does not look for uploads that were refused', async () => {
    const bucket = fakeBucket();
    const refused = new TidemarkError('S3_ACCESS_DENIED', 'no', { refused: true });
    const publication = beginPublication(bucket.sink, bucket.journal, 'run');
    const uploads = jobUploads({ begin: () => Promise.reject(refused) }, 'run', publication);
    const begun = uploads.begin('a.csv', 'text/csv', never);
    await expect(begun).rejects.toBe(refused);
    await publication.rollback();
    expect(bucket.events).toEqual(['journal beginning a.csv', 'journal closed']);
  });

  it('looks for what may have been begun by a request that was tried again and then refused', async () => {
    const bucket = fakeBucket();
    const refused = new TidemarkError('S3_ACCESS_DENIED', 'no');
    const publication = beginPublication(bucket.sink, bucket.journal, 'run');
    const { begin } = bucket.sink;
    const lost = async (...request: Parameters<typeof begin>): Promise<never> => {
      await begin(...request);
      throw refused;
    };
    const begun = jobUploads({ begin: lost }, 'run', publication).begin('a.csv', 'text/csv', never);
    await expect(begun).rejects.toBe(refused);
    await publication.rollback();
    expect(bucket.remains).toMatchObject({ uploads: new Map(), entry: null });
  });

  it('begins nothing under a key, and ends nothing there, once it has given up: both are the next attempt’s', async () => {
    const bucket = fakeBucket();
    const { sink, journal } = bucket;
    const hung = Promise.withResolvers<void>();
    const slow = {
      ...sink,
      abort: async (...request: Parameters<typeof sink.abort>) => {
        await hung.promise;
        return sink.abort(...request);
      },
      openUploads: async (key: string) => {
        await hung.promise;
        return sink.openUploads(key);
      },
    };
    const publication = beginPublication(slow, journal, 'run', [], 20);
    await jobUploads(slow, 'run', publication).begin('a.csv', 'text/csv', never);
    await publication.beginning('b.csv');
    await publication.begun('b.csv', 'unanswered');
    // A job that is done again, while the bucket hangs.
    const again = publication.beginning('a.csv');
    again.catch(() => {});
    await publication.rollback();

    const next = beginPublication(sink, journal, 'run');
    const uploads = jobUploads(sink, 'run', next);
    const own = [
      await uploads.begin('a.csv', 'text/csv', never),
      await uploads.begin('b.csv', 'text/csv', never),
    ];
    hung.resolve();
    await expect(again).rejects.toThrow('the run ended before');
    await setImmediate();
    for (const { uploadId } of own) expect(bucket.remains.uploads.has(uploadId)).toBe(true);
    expect(bucket.events.filter((event) => event === 'journal beginning a.csv')).toHaveLength(2);
  });

  it('leaves the entry alone once it has given up: by then it may be the next attempt’s', async () => {
    const bucket = fakeBucket();
    const answer = Promise.withResolvers<void>();
    const { begin } = bucket.sink;
    const slow = {
      ...bucket.sink,
      begin: async (...request: Parameters<typeof begin>) => {
        await answer.promise;
        return begin(...request);
      },
    };
    const publication = beginPublication(slow, bucket.journal, 'run');
    const begun = jobUploads(slow, 'run', publication).begin('a.csv', 'text/csv', never);
    await setImmediate();
    await publication.rollback();

    const { entry } = bucket.remains;
    await recoverRun(entry!, bucket.sink);
    bucket.remains.entry = null;
    const next = beginPublication(bucket.sink, bucket.journal, 'run');
    const upload = await jobUploads(bucket.sink, 'run', next).begin('a.csv', 'text/csv', never);
    answer.resolve();
    const late = await begun;
    await setImmediate();
    expect([...bucket.remains.uploads.keys()]).toEqual([upload.uploadId]);
    expect(late.uploadId).not.toBe(upload.uploadId);
    expect(bucket.remains).toMatchObject({
      entry: { uploads: [{ key: 'a.csv', uploadId: upload.uploadId }] },
    });
  });

  it('begins nothing any more', async () => {
    const bucket = fakeBucket();
    const publication = beginPublication(bucket.sink, bucket.journal, 'run');
    await publication.rollback();
    const begun = jobUploads(bucket.sink, 'run', publication).begin('a.csv', 'text/csv', never);
    await expect(begun).rejects.toThrow('a.csv');
    expect(bucket.remains).toEqual(nothing());
  });
});
