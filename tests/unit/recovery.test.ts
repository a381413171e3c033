/** What processes that died have left: finished and recorded, or undone, task by task. */
import { TidemarkError } from '../../src/errors.ts';
import type { Installation } from '../../src/execute.ts';
import { beginPublication } from '../../src/publish/publication.ts';
import { jobUploads } from '../../src/publish/uploads.ts';
import { recoverAll, recoverTask } from '../../src/recovery.ts';
import { fakeInstallation, leftBehind } from './fake-installation.ts';
import { fakeBucket, nothing } from './publish/bucket.ts';
import { MANIFEST, RECORD } from './publish/two-objects.ts';

const NEVER = new AbortController().signal;

describe('recovering all tasks', () => {
  it('leaves alone those that run, and goes on behind those that fail', async () => {
    const installation = fakeInstallation({ entries: ['busy', 'broken', 'fine'].map(leftBehind) });
    installation.held.add('busy');
    const { sink } = installation.bucket;
    const partly: Installation = {
      ...installation,
      sink: () => ({
        ...sink,
        abort: (upload) =>
          upload.key.startsWith('broken/')
            ? Promise.reject(new TidemarkError('S3_UNAVAILABLE', 'no answer'))
            : sink.abort(upload),
      }),
    };
    await recoverAll(partly, NEVER);
    expect(installation.entries.map(({ task }) => task)).toEqual(['busy', 'broken']);
    expect([...installation.held]).toEqual(['busy']);
    expect(installation.bucket.events).toEqual(['abort fine/old.csv']);
    // Whether a run that is marked as running is dead is known only under its lock, and after its uploads are gone.
    expect(installation.closed).toEqual(['fine']);
    expect(installation.recovering.size).toBe(0);
  });

  it('closes runs of processes that died before they began anything in the bucket', async () => {
    const installation = fakeInstallation();
    const unended = {
      ...installation.unended,
      runs: () => ['early', 'busy'].map((task) => ({ task, runId: task })),
    };
    installation.held.add('busy');
    await recoverAll({ ...installation, unended }, NEVER);
    expect(installation.closed).toEqual(['early']);
    expect(installation.bucket.events).toEqual([]);
  });

  it('goes no further when it is told to stop, and says where the journal cannot be read', async () => {
    const installation = fakeInstallation({ entries: [leftBehind('one')] });
    await recoverAll(installation, AbortSignal.abort());
    expect(installation.entries).toHaveLength(1);
    const journal = {
      ...installation.journal,
      entries: () => {
        throw new TidemarkError('STATE_UNUSABLE', 'damaged');
      },
    };
    await recoverAll({ ...installation, journal }, NEVER);
    expect(installation.lines).toEqual([expect.stringMatching(/^error the journal cannot be read/)]);
  });
});

describe('recovering one task', () => {
  it('says what a sink is needed for that the config has no more', async () => {
    const installation = fakeInstallation({ entries: [leftBehind('one')] });
    const sink = () => {
      throw new TidemarkError('CONFIG_INVALID', 'The config has no sink "s3".');
    };
    await expect(recoverTask({ ...installation, sink }, 'one')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^The config has no sink "s3"\. Run old-one has left something there/),
      hint: expect.stringContaining('Put the sink "s3" back'),
    });
    expect(installation.entries).toHaveLength(1);
  });

  it('does not look for what was left in another bucket, though the sink has the same name', async () => {
    const entry = { ...leftBehind('one'), place: 's3://old/' };
    const installation = fakeInstallation({ entries: [entry] });
    await expect(recoverTask(installation, 'one')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/ is s3:\/\/\S+ now\. Run old-one has left something in s3:\/\/old\/,/),
    });
    expect(installation.entries).toHaveLength(1);
    expect(installation.bucket.events).toEqual([]);
  });

  it('records what it has finished, and forgets what it has undone', async () => {
    const remains = nothing();
    const { sink, journalOf } = fakeBucket(remains);
    const publication = beginPublication(sink, journalOf({ runId: 'r', task: 'staff', sink: 's3' }), 'r');
    const upload = await jobUploads(sink, 'r', publication).begin('staff/a.csv', 'text/csv', NEVER);
    const parts = [await upload.sendPart(1, Buffer.from('rows'), 0)];
    const object = { table: 'a', batch: null, rows: 1, bytes: 4, crc32: '0', parts };
    const prepared = { ...object, key: 'staff/a.csv', uploadId: upload.uploadId };
    journalOf({ runId: 'r', task: 'staff', sink: 's3' }).committing([prepared], MANIFEST, RECORD);

    const installation = fakeInstallation({ remains, entries: [leftBehind('staff')] });
    await recoverTask(installation, 'staff');
    expect(remains).toMatchObject({ entry: null, records: [RECORD], uploads: new Map() });
    expect([...remains.objects.keys()]).toEqual(['staff/a.csv', MANIFEST.key]);
    expect(installation.entries).toEqual([]);
    expect(installation.lines.map((line) => /was (\w+)/.exec(line)?.[1])).toEqual(['undone', 'finished']);
  });

  it('keeps what it cannot record, and does so the next time', async () => {
    const installation = fakeInstallation({ entries: [leftBehind('staff')] });
    const close = (): never => {
      throw new TidemarkError('STATE_UNUSABLE', 'the disk is full');
    };
    const full = { ...installation, journal: { ...installation.journal, close } };
    await expect(recoverTask(full, 'staff')).rejects.toMatchObject({ code: 'STATE_UNUSABLE' });
    expect(installation.entries).toHaveLength(1);
    await recoverTask(installation, 'staff');
    expect(installation.entries).toEqual([]);
  });
});
