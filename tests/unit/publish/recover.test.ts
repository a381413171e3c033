/** A process that dies at any moment leaves enough to make all of the run visible, or none of it. */
import { recoverRun } from '../../../src/publish/recover.ts';
import { failing, fakeBucket, nothing } from './bucket.ts';
import type { Moment, Remains } from './bucket.ts';
import { WHOLE, runTwoObjects } from './two-objects.ts';

interface Crash {
  readonly after: string;
  readonly remains: Remains;
}

/** What a process leaves that dies after its nth step, for every n; the run itself may fail and undo on the way. */
async function crashes(fails: (event: string, moment: Moment) => void = () => {}): Promise<Crash[]> {
  const found: Crash[] = [];
  const bucket = fakeBucket(nothing(), (event, moment) => {
    if (moment === 'after') found.push({ after: event, remains: structuredClone(bucket.remains) });
    fails(event, moment);
  });
  await runTwoObjects(bucket).catch(() => {});
  return found;
}

const clean = await crashes();
const halfMade = clean.findIndex(({ after }) => after === 'complete b.csv');
const undone = await crashes(failing(halfMade, 'after'));
const all = [
  ...clean.map((crash) => ({ ...crash, run: 'a run' })),
  ...undone.slice(halfMade + 1).map((crash) => ({ ...crash, run: 'a run that undoes its commit' })),
];

it('sees every kind of moment', () => {
  const phases = all.map(({ remains }) => remains.entry?.phase ?? 'none');
  expect(new Set(phases)).toEqual(new Set(['none', 'preparing', 'committing', 'undoing']));
});

describe.each(all)('$run that dies after "$after"', ({ remains: left }) => {
  const whole = left.entry === null ? left.objects.size > 0 : left.entry.phase === 'committing';
  const expected = { uploads: new Map(), objects: whole ? WHOLE : new Map() };

  it(`is ${whole ? 'finished' : 'undone'}, however often`, async () => {
    const remains = structuredClone(left);
    const { sink } = fakeBucket(remains);
    for (let time = 0; time < 3; time++) {
      if (left.entry !== null) expect(await recoverRun(left.entry, sink)).toBe(whole ? 'finished' : 'undone');
      expect(remains).toMatchObject(expected);
    }
  });

  it('recovers from a recovery that failed at any point', async () => {
    for (let nth = 0, ended = left.entry === null; !ended; nth++) {
      const remains = structuredClone(left);
      const broken = fakeBucket(remains, failing(nth, nth % 2 === 0 ? 'before' : 'after'));
      ended = await recoverRun(left.entry!, broken.sink).then(
        () => true,
        () => false,
      );
      await recoverRun(left.entry!, fakeBucket(remains).sink);
      expect(remains).toMatchObject(expected);
    }
  });
});

it('ends an upload whose id was never heard, and no other', async () => {
  const remains = nothing();
  remains.uploads.set('ours', { key: 'a.csv', runId: 'r', parts: new Map() });
  remains.uploads.set('theirs', { key: 'a.csv.gz', runId: 'r', parts: new Map() });
  const uploads = [{ key: 'a.csv', uploadId: null }];
  const entry = {
    runId: 'r',
    task: 't',
    sink: 's3',
    place: null,
    phase: 'preparing',
    uploads,
    prepared: [],
    manifest: null,
  } as const;
  expect(await recoverRun(entry, fakeBucket(remains).sink)).toBe('undone');
  expect([...remains.uploads.keys()]).toEqual(['theirs']);
});

describe('a commit that was under way', () => {
  const committing = clean.findLast(({ remains }) => remains.entry?.phase === 'committing')!.remains;
  const before = clean.find(({ remains }) => remains.entry?.phase === 'committing')!.remains;

  it('is undone where somebody has ended one of its uploads meanwhile', async () => {
    const remains = structuredClone(before);
    const [gone] = remains.uploads.keys();
    remains.uploads.delete(gone!);
    expect(await recoverRun(remains.entry!, fakeBucket(remains).sink)).toBe('undone');
    expect(remains).toMatchObject({ uploads: new Map(), objects: new Map() });
  });

  it('is finished where its manifest stands, even if a reader has moved its objects away', async () => {
    const remains = structuredClone(committing);
    const { key } = remains.entry!.manifest!;
    for (const object of remains.objects.keys()) if (object !== key) remains.objects.delete(object);
    expect(await recoverRun(remains.entry!, fakeBucket(remains).sink)).toBe('finished');
    expect([...remains.objects.keys()]).toEqual([key]);
  });
});
