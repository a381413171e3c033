/** The sweeper: it aborts what has come back, forgets what is gone, and touches nothing else. */
import { TidemarkError } from '../../../src/errors.ts';
import type { AbortedUpload } from '../../../src/ports.ts';
import { sweep, type SweepPorts } from '../../../src/publish/sweep.ts';
import { keptLog, type KeptLog } from '../schedule/kept-log.ts';
import { fakeBucket, nothing, type FakeBucket } from './bucket.ts';

const NOW = new Date('2026-07-02T12:00:00.000Z');
const HOUR_MS = 3_600_000;
const NEVER = new AbortController().signal;

function aborted(key: string, uploadId: string, hoursAgo: number, sink = 's3'): AbortedUpload {
  return { sink, key, uploadId, abortedAt: new Date(NOW.getTime() - hoursAgo * HOUR_MS) };
}

/** A bucket in which these uploads are open. */
function bucketWith(open: Readonly<Record<string, string>>, onEvent?: (event: string) => void): FakeBucket {
  const remains = nothing();
  for (const [id, key] of Object.entries(open))
    remains.uploads.set(id, { key, runId: 'run', parts: new Map() });
  return fakeBucket(remains, onEvent);
}

interface Swept {
  readonly log: KeptLog;
  readonly again: string[];
  readonly forgotten: string[];
}

/** @param buckets by sink; a sink without one is no longer in the config. */
async function sweepOnce(
  uploads: readonly AbortedUpload[],
  buckets: Readonly<Record<string, FakeBucket>>,
  signal = NEVER,
): Promise<Swept> {
  const swept: Swept = { log: keptLog(), again: [], forgotten: [] };
  const ports: SweepPorts = {
    sink(name) {
      if (buckets[name] === undefined) throw new TidemarkError('CONFIG_INVALID', `no sink ${name}`);
      return buckets[name].sink;
    },
    aborted: {
      uploads: () => [...uploads],
      again: ({ uploadId }, at) => {
        expect(at).toBe(NOW);
        swept.again.push(uploadId);
      },
      forget: (gone) => swept.forgotten.push(...gone.map(({ uploadId }) => uploadId)),
    },
    log: swept.log,
  };
  await sweep(ports, NOW, signal);
  return swept;
}

it('forgets what has been gone for a day, and no sooner', async () => {
  const bucket = bucketWith({});
  const uploads = [aborted('a', '1', 24), aborted('a', '2', 23.9), aborted('b', '3', 100)];
  const { forgotten, again, log } = await sweepOnce(uploads, { s3: bucket });
  expect(forgotten).toEqual(['1', '3']);
  expect(again).toEqual([]);
  expect(log.lines).toEqual([]);
  expect(bucket.events).toEqual(['list a', 'list b']);
});

it('aborts what has come back, keeps it, and leaves everything else as it is', async () => {
  const bucket = bucketWith({ ours: 'a', foreign: 'a', neighbour: 'a.more', other: 'c' });
  bucket.remains.objects.set('a', 'published');
  const { forgotten, again, log } = await sweepOnce([aborted('a', 'ours', 100)], { s3: bucket });
  expect([...bucket.remains.uploads.keys()]).toEqual(['foreign', 'neighbour', 'other']);
  expect([...bucket.remains.objects]).toEqual([['a', 'published']]);
  expect(again).toEqual(['ours']);
  expect(forgotten).toEqual([]);
  expect(log.lines).toMatchObject([{ level: 'warn', sink: 's3', key: 'a' }]);
  expect(bucket.events).toEqual(['list a', 'abort a']);
});

it('keeps what it has aborted again, though the next of the same key cannot be aborted', async () => {
  let aborts = 0;
  const bucket = bucketWith({ '1': 'a', '2': 'a' }, (event) => {
    if (event === 'abort a' && ++aborts > 2) throw new TidemarkError('S3_UNAVAILABLE', 'down');
  });
  const { again, forgotten, log } = await sweepOnce([aborted('a', '1', 30), aborted('a', '2', 30)], {
    s3: bucket,
  });
  expect([...bucket.remains.uploads.keys()]).toEqual(['2']);
  expect(again).toEqual(['1']);
  expect(forgotten).toEqual([]);
  expect(log.lines).toMatchObject([{ key: 'a' }, { code: 'S3_UNAVAILABLE' }]);
});

it.each(['list a', 'abort a'])('tries again another day where this fails: %s', async (failing) => {
  const broken = bucketWith({ '1': 'a', '2': 'b' }, (event) => {
    if (event === failing) throw new TidemarkError('S3_UNAVAILABLE', 'down');
  });
  const whole = bucketWith({});
  const uploads = [aborted('a', '1', 30), aborted('b', '2', 30), aborted('c', '3', 30, 'other')];
  const { forgotten, again, log } = await sweepOnce(uploads, { s3: broken, other: whole });
  // The other sink has its turn all the same; of this one, no further key is tried.
  expect(forgotten).toEqual(['3']);
  expect(again).toEqual([]);
  expect([...broken.remains.uploads.keys()]).toEqual(['1', '2']);
  expect(log.lines).toMatchObject([{ level: 'warn', sink: 's3', uploads: 2, code: 'S3_UNAVAILABLE' }]);
});

it('keeps what is in a sink that the config no longer has', async () => {
  const { forgotten, log } = await sweepOnce([aborted('a', '1', 30), aborted('b', '2', 30)], {});
  expect(forgotten).toEqual([]);
  expect(log.lines).toMatchObject([{ level: 'warn', sink: 's3', code: 'CONFIG_INVALID' }]);
});

it('gives up what has been in such a sink for 90 days, and says so once', async () => {
  const old = aborted('a', '1', 90 * 24);
  const young = aborted('b', '2', 90 * 24 - 1);
  const { forgotten, log } = await sweepOnce([old, young], {});
  expect(forgotten).toEqual(['1']);
  expect(log.lines).toMatchObject([
    { level: 'warn', sink: 's3', uploads: 1, keys: ['a'] },
    { level: 'warn', sink: 's3', uploads: 1, code: 'CONFIG_INVALID' },
  ]);
  expect((await sweepOnce([old], {})).log.lines).toHaveLength(1);
});

it('never gives up a sink that only does not answer', async () => {
  const broken = bucketWith({ '1': 'a' }, () => {
    throw new TidemarkError('S3_UNAVAILABLE', 'down');
  });
  const { forgotten } = await sweepOnce([aborted('a', '1', 1000 * 24)], { s3: broken });
  expect(forgotten).toEqual([]);
});

it('stops where it is told to', async () => {
  const controller = new AbortController();
  const bucket = bucketWith({ '1': 'a' }, () => controller.abort());
  const { forgotten, again } = await sweepOnce(
    [aborted('a', '1', 30), aborted('b', '2', 30)],
    { s3: bucket },
    controller.signal,
  );
  expect(forgotten).toEqual([]);
  expect(again).toEqual([]);
  expect(bucket.events).toEqual(['list a', 'abort a']);
});

it('says so where the state cannot be read', async () => {
  const log = keptLog();
  const broken = (): never => {
    throw new TidemarkError('STATE_UNUSABLE', 'disk full');
  };
  const ports = { sink: broken, log, aborted: { uploads: broken, again: broken, forget: broken } };
  await sweep(ports, NOW, NEVER);
  expect(log.lines).toMatchObject([{ level: 'error', error: { code: 'STATE_UNUSABLE' } }]);
});
