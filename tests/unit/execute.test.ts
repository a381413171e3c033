/** A run as a process does it: alone on its task, after clearing away what was left, with a log of its own. */
import type { JournalEntry, Log, LogFields } from '../../src/ports.ts';
import { TidemarkError } from '../../src/errors.ts';
import { executeRun } from '../../src/execute.ts';
import { recoverAll } from '../../src/recovery.ts';
import type { Installation } from '../../src/execute.ts';
import { SCHEDULED_FOR, STAMP, specOf } from './plan/sample.ts';
import { fakeBucket } from './publish/bucket.ts';
import type { FakeBucket } from './publish/bucket.ts';
import { fakeSource } from './publish/fake-run.ts';
import type { SourceCall } from './publish/fake-run.ts';

interface FakeInstallation extends Installation {
  readonly bucket: FakeBucket;
  readonly lines: string[];
  readonly held: Set<string>;
  readonly entries: JournalEntry[];
}

/** What an earlier run of this task left in the bucket. */
function leftBehind(task: string): JournalEntry {
  return {
    runId: `old-${task}`,
    task,
    sink: 's3',
    phase: 'preparing',
    uploads: [{ key: `${task}/old.csv`, uploadId: `upload-${task}` }],
    prepared: [],
    manifest: null,
  };
}

function installationOf(
  onCall: (call: SourceCall) => void = () => {},
  entries: JournalEntry[] = [],
): FakeInstallation {
  const bucket = fakeBucket();
  const lines: string[] = [];
  const held = new Set<string>();
  for (const { uploads } of entries) {
    for (const { key, uploadId } of uploads) {
      bucket.remains.uploads.set(uploadId!, { key, runId: 'r', parts: new Map() });
    }
  }
  const write =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  return {
    bucket,
    lines,
    held,
    entries,
    source: () => fakeSource(onCall).source,
    sink: () => bucket.sink,
    settings: () => ({ batchThresholdMb: 1, prefix: '' }),
    journal: {
      open: () => bucket.journal,
      entries: (task) => entries.filter((entry) => task === null || entry.task === task),
      close: (runId) =>
        void entries.splice(0, entries.length, ...entries.filter((entry) => entry.runId !== runId)),
    },
    lockTask(task) {
      if (held.has(task)) throw new TidemarkError('ALREADY_RUNNING', `task ${task} is running`);
      held.add(task);
      return { release: () => void held.delete(task) };
    },
    forRun: (task, stamp) => ({
      ...log,
      file: `logs/${task}_${stamp}.log`,
      tail: (count) => lines.slice(-count),
      close: async () => void lines.push('closed'),
    }),
    recovering: new Map(),
    log,
  };
}

function execute(installation: Installation): ReturnType<typeof executeRun> {
  const observer = { planned: () => {}, progress: () => {} };
  return executeRun(installation, specOf(), SCHEDULED_FOR, observer, new AbortController().signal);
}

it('runs under the task’s lock, and lets go of it', async () => {
  const lockedWhile: boolean[] = [];
  const installation = installationOf(() => lockedWhile.push(installation.held.has('staff')));
  const { report, error, logTail } = await execute(installation);
  expect(report).toMatchObject({ status: 'succeeded', manifest: `staff/_manifest_${STAMP}.json` });
  expect(error).toBeNull();
  expect(new Set(lockedWhile)).toEqual(new Set([true]));
  expect(installation.held.size).toBe(0);
  expect(logTail.at(-1)).toContain('run succeeded');
});

it('writes the SQL, rows and end of the run to its log, and closes it', async () => {
  const installation = installationOf();
  await execute(installation);
  const log = installation.lines.join('\n');
  expect(log).toMatch(/info run begins .*2026-07-01T02:03:04.000Z/);
  expect(log).toMatch(/info reading .*SELECT `employee_id`/);
  expect(log).toMatch(/info table read .*"rows":2/);
  expect(installation.lines.at(-1)).toBe('closed');
});

it('reports a task that runs already as skipped, and touches nothing', async () => {
  const installation = installationOf();
  installation.held.add('staff');
  const { report, error } = await execute(installation);
  expect(report).toMatchObject({ status: 'skipped', error: { code: 'ALREADY_RUNNING' } });
  expect(error?.code).toBe('ALREADY_RUNNING');
  expect(installation.bucket.events).toEqual([]);
  expect(installation.held.has('staff')).toBe(true);
});

it('tells a failure with its code and SQL, and lets go of the lock', async () => {
  const installation = installationOf((call) => {
    if (call === 'rows') throw new TidemarkError('QUERY_TIMEOUT', 'too long', { sql: 'SELECT 1' });
  });
  const { report, error, logTail } = await execute(installation);
  expect(report.error?.code).toBe('QUERY_TIMEOUT');
  expect(error?.sql).toBe('SELECT 1');
  expect(logTail.at(-1)).toMatch(/error run failed; nothing was published .*QUERY_TIMEOUT.*SELECT 1/);
  expect(installation.held.size).toBe(0);
});

it('clears away what an earlier run of the task left, before it reads', async () => {
  const entries = [leftBehind('staff'), leftBehind('other')];
  const installation = installationOf(() => {
    expect(installation.bucket.events[0]).toBe('abort staff/old.csv');
  }, entries);
  expect((await execute(installation)).report.status).toBe('succeeded');
  expect(entries.map(({ task }) => task)).toEqual(['other']);
  expect([...installation.bucket.remains.uploads.keys()]).toEqual(['upload-other']);
});

it('does not run where what was left cannot be cleared away, and keeps the note of it', async () => {
  const entries = [leftBehind('staff')];
  const installation = installationOf(() => {
    throw new Error('the source was asked');
  }, entries);
  const broken: Installation = {
    ...installation,
    sink: () => ({
      ...installation.bucket.sink,
      abort: () => Promise.reject(new TidemarkError('S3_UNAVAILABLE', 'no answer')),
    }),
  };
  expect((await execute(broken)).report).toMatchObject({
    status: 'failed',
    error: { code: 'S3_UNAVAILABLE' },
  });
  expect(entries).toHaveLength(1);
  expect(installation.held.size).toBe(0);
});

describe('recovering all tasks', () => {
  it('leaves alone those that run, and goes on behind those that fail', async () => {
    const entries = ['busy', 'broken', 'fine'].map(leftBehind);
    const installation = installationOf(() => {}, entries);
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
    await recoverAll(partly, new AbortController().signal);
    expect(entries.map(({ task }) => task)).toEqual(['busy', 'broken']);
    expect([...installation.held]).toEqual(['busy']);
    expect(installation.bucket.events).toEqual(['abort fine/old.csv']);
  });
});
