/** A run as a process does it: alone on its task, named, after clearing away what was left, recorded, with a log. */
import type { Spec } from '../../src/domain/spec.ts';
import type { Trigger } from '../../src/domain/run.ts';
import { TidemarkError } from '../../src/errors.ts';
import { executeRun, type Installation } from '../../src/execute.ts';
import type { RunOutcome } from '../../src/report.ts';
import { recoverAll } from '../../src/recovery.ts';
import { attemptOf, backfillOf, byHand, horizonAt, microsAt, recordFor, slotOf } from '../support/runs.ts';
import { diedInCommit, fakeInstallation, leftBehind } from './fake-installation.ts';
import { SCHEDULED_FOR, STAMP, specOf } from './plan/sample.ts';
import { nothing } from './publish/bucket.ts';

const NEVER = new AbortController().signal;
/** A spec whose attempts do not wait for one another. */
const PATIENT = specOf({ retries: { count: 2, first_delay: '0 seconds' } });

function execute(
  installation: Installation,
  trigger: Trigger = slotOf(SCHEDULED_FOR),
  spec: Spec = specOf({ retries: 0 }),
  signal = NEVER,
): Promise<RunOutcome> {
  const observer = { planned: () => {}, progress: () => {} };
  return executeRun(installation, spec, trigger, observer, signal);
}

it('runs under the task’s lock, and lets go of it', async () => {
  const lockedWhile: boolean[] = [];
  const installation = fakeInstallation({ onCall: () => lockedWhile.push(installation.held.has('staff')) });
  const { report, error, logTail } = await execute(installation);
  expect(report).toMatchObject({ status: 'succeeded', manifest: `staff/_manifest_${STAMP}.json` });
  expect(error).toBeNull();
  expect(new Set(lockedWhile)).toEqual(new Set([true]));
  expect(installation.held.size).toBe(0);
  expect(logTail.at(-1)).toContain('run succeeded');
});

it('writes the SQL, rows and end of the run to its log, and closes it', async () => {
  const installation = fakeInstallation();
  await execute(installation);
  const log = installation.lines.join('\n');
  expect(log).toMatch(/info run begins .*2026-07-01T02:03:04.000Z/);
  expect(log).toMatch(/info reading .*SELECT `employee_id`/);
  expect(log).toMatch(/info table read .*"rows":2/);
  expect(installation.lines.at(-1)).toBe('closed');
});

it('begins nothing in a blackout, says when it is over, and begins all the same where it is told to', async () => {
  const installation = fakeInstallation();
  const shut = { ...installation, blackoutEnd: () => new Date('2026-07-01T10:00:00Z') };
  for (const trigger of [slotOf(SCHEDULED_FOR), byHand(SCHEDULED_FOR)]) {
    const { report } = await execute(shut, trigger);
    expect(report).toMatchObject({ status: 'skipped', error: { code: 'BLACKOUT', retryable: true } });
    expect(report.error?.message).toBe('Nothing of staff is read before 2026-07-01T10:00:00.000Z.');
  }
  expect(installation.began).toEqual([]);
  expect(installation.held.size).toBe(0);
  const { report } = await execute({ ...shut, ignoreBlackout: true }, byHand(SCHEDULED_FOR));
  expect(report.status).toBe('succeeded');
});

it('reports a task that runs already as skipped, and touches nothing', async () => {
  const installation = fakeInstallation();
  installation.held.add('staff');
  const { report, error } = await execute(installation);
  expect(report).toMatchObject({ status: 'skipped', error: { code: 'ALREADY_RUNNING' } });
  expect(error?.code).toBe('ALREADY_RUNNING');
  expect(installation.bucket.events).toEqual([]);
  expect(installation.held.has('staff')).toBe(true);
});

it.each(['scheduled', 'catch_up'] as const)(
  'lets a %s run wait for its turn where a backfill has the task, and ask for it',
  async (kind) => {
    const installation = fakeInstallation();
    const asked: string[] = [];
    const turns = {
      isBackfilled: () => true,
      ask: (task: string) => {
        asked.push(task);
        // The backfill comes to the end of its window.
        installation.held.delete(task);
        return { release: () => void asked.push('released') };
      },
      isAsked: () => false,
    };
    installation.held.add('staff');
    const { report } = await execute({ ...installation, turns }, slotOf(SCHEDULED_FOR, { kind }));
    expect(report.status).toBe('succeeded');
    expect(asked).toEqual(['staff', 'released']);
  },
);

it('waits for its turn no longer than until it is told to stop, and not at all by hand', async () => {
  const installation = fakeInstallation();
  const turns = { isBackfilled: () => true, ask: () => null, isAsked: () => false };
  installation.held.add('staff');
  const stop = AbortSignal.abort(new TidemarkError('INTERRUPTED', 'stop'));
  const stopped = await execute({ ...installation, turns }, slotOf(SCHEDULED_FOR), undefined, stop);
  expect(stopped.error?.code).toBe('INTERRUPTED');
  const manual = await execute({ ...installation, turns }, byHand(SCHEDULED_FOR));
  expect(manual.error?.code).toBe('ALREADY_RUNNING');
});

it('tells a failure with its code and SQL, and lets go of the lock', async () => {
  const installation = fakeInstallation({
    onCall: (call) => {
      if (call === 'rows') throw new TidemarkError('QUERY_TIMEOUT', 'too long', { sql: 'SELECT 1' });
    },
  });
  const { report, error, logTail } = await execute(installation);
  expect(report.error?.code).toBe('QUERY_TIMEOUT');
  expect(error?.sql).toBe('SELECT 1');
  expect(logTail.at(-1)).toMatch(/error run failed; nothing was published .*QUERY_TIMEOUT.*SELECT 1/);
  expect(installation.held.size).toBe(0);
});

it('clears away what an earlier run of the task left, before it reads', async () => {
  const installation = fakeInstallation({
    entries: [leftBehind('staff'), leftBehind('other')],
    onCall: () => expect(installation.bucket.events[0]).toBe('abort staff/old.csv'),
  });
  expect((await execute(installation)).report.status).toBe('succeeded');
  expect(installation.entries.map(({ task }) => task)).toEqual(['other']);
  expect([...installation.bucket.remains.uploads.keys()]).toEqual(['upload-other']);
});

it('does not run where what was left cannot be cleared away, and keeps the note of it', async () => {
  const installation = fakeInstallation({
    entries: [leftBehind('staff')],
    onCall: () => {
      throw new Error('the source was asked');
    },
  });
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
  expect(installation.entries).toHaveLength(1);
  expect(installation.held.size).toBe(0);
});

describe('which run it is', () => {
  const done = recordFor(attemptOf(slotOf(SCHEDULED_FOR), { runId: 'earlier' }), 'staff');

  it.each(['scheduled', 'catch_up'] as const)(
    'skips a %s run for a slot that has succeeded: it would overwrite what that run published',
    async (kind) => {
      const installation = fakeInstallation({ remains: { ...nothing(), records: [done] } });
      const { report, error } = await execute(installation, slotOf(SCHEDULED_FOR, { kind }));
      expect(report).toMatchObject({ status: 'skipped', kind, files: [], error: { code: 'ALREADY_DONE' } });
      expect(error?.message).toContain('earlier');
      expect(installation.bucket.events).toEqual([]);
      expect(installation.bucket.remains.records).toEqual([done]);
      expect(installation.began).toEqual([]);
      expect(installation.held.size).toBe(0);
    },
  );

  it('does not make up for a slot whose manifest stands in the bucket: the state may be an old backup', async () => {
    const remains = nothing();
    const key = `staff/_manifest_${STAMP}.json`;
    remains.objects.set(key, '{}');
    remains.owners.set(key, 'forgotten');
    const installation = fakeInstallation({ remains });
    const { report, error } = await execute(installation, slotOf(SCHEDULED_FOR, { kind: 'catch_up' }));
    expect(report).toMatchObject({ status: 'skipped', error: { code: 'ALREADY_DONE' } });
    expect(error?.message).toContain(`run forgotten as s3://bucket/${key}`);
    expect(installation.bucket.events).toEqual([`look ${key}`]);
  });

  it('makes up for a slot where it may not look into the bucket', async () => {
    const { bucket, ...installation } = fakeInstallation();
    const runOf = () => Promise.reject(new TidemarkError('S3_ACCESS_DENIED', 'no'));
    const { report } = await execute(
      { ...installation, sink: () => ({ ...bucket.sink, runOf }) },
      slotOf(SCHEDULED_FOR, { kind: 'catch_up' }),
    );
    expect(report.status).toBe('succeeded');
  });

  it('runs a slot again whose run has failed', async () => {
    const failed = recordFor(attemptOf(slotOf(SCHEDULED_FOR)), 'staff', { status: 'failed' });
    const installation = fakeInstallation({ remains: { ...nothing(), records: [failed] } });
    expect((await execute(installation)).report.status).toBe('succeeded');
  });

  it('does not run a slot whose run has failed while this one waited for it', async () => {
    const later = new Date(Date.now() + 60_000).toISOString();
    const failed = recordFor(attemptOf(slotOf(SCHEDULED_FOR)), 'staff', {
      status: 'failed',
      finished_at: later,
    });
    const installation = fakeInstallation({ remains: { ...nothing(), records: [failed] } });
    const { report } = await execute(installation);
    expect(report).toMatchObject({
      status: 'skipped',
      error: { code: 'ALREADY_RUNNING', message: expect.stringMatching(/was under way .* and has failed: /) },
    });
    expect(installation.began).toEqual([]);
  });

  it('gives who asks for a run the next second that no run is named after', async () => {
    const installation = fakeInstallation({ remains: { ...nothing(), records: [done] } });
    const later = (seconds: number): string =>
      new Date(SCHEDULED_FOR.getTime() + seconds * 1000).toISOString();
    const first = await execute(installation, byHand(SCHEDULED_FOR));
    const second = await execute(installation, byHand(SCHEDULED_FOR));
    expect([first, second].map(({ report }) => report)).toMatchObject([
      { status: 'succeeded', kind: 'manual', scheduled_for: later(1) },
      { status: 'succeeded', kind: 'manual', scheduled_for: later(2) },
    ]);
    expect(first.report.manifest).toBe('staff/_manifest_20260701020305.json');
    expect(new Set([...first.report.files, ...second.report.files].map(({ key }) => key)).size).toBe(2);
  });

  it('lets a backfill have the time of a live run: its keys are others', async () => {
    const installation = fakeInstallation({
      remains: { ...nothing(), records: [done] },
      horizon: horizonAt(microsAt('2026-07-02T00:00:00Z')),
    });
    const spec = specOf({
      retries: 0,
      table: { name: 'employees', columns: '*', cdc: { hire_date: '2 weeks' } },
    });
    const window = backfillOf(SCHEDULED_FOR, '1995-01-01', '1996-01-01', '7');
    const { report } = await execute(installation, window, spec);
    expect(report).toMatchObject({ status: 'succeeded', kind: 'backfill' });
    expect(report.manifest).toBe(`staff/_manifest_backfill_7_${STAMP}.json`);
    expect(installation.bucket.remains.records.at(-1)).toMatchObject({
      backfill: { id: '7', to: '1996-01-01' },
      watermarks: [],
    });
  });

  it('skips a slot whose earlier run is only now finished by recovery: it has been published', async () => {
    // A process died in the commit of this very slot, and nobody has cleared up since.
    const object = {
      table: 'employees',
      batch: null,
      uploadId: 'u',
      parts: [],
      rows: 3,
      bytes: 40,
      crc32: '0',
    };
    const prepared = [{ ...object, key: `staff/employees_${STAMP}.csv` }];
    const installation = fakeInstallation({ remains: diedInCommit(slotOf(SCHEDULED_FOR), prepared) });
    const { report } = await execute(installation);
    expect(report).toMatchObject({ status: 'skipped', error: { code: 'ALREADY_DONE' } });
    expect(installation.bucket.remains).toMatchObject({ entry: null, uploads: new Map() });
    expect(new Set(installation.bucket.remains.owners.values())).toEqual(new Set(['died']));
    expect(installation.bucket.remains.records).toMatchObject([
      { report: { run_id: 'died', status: 'succeeded' } },
      { report: { status: 'skipped' } },
    ]);
    expect(installation.lines.join('\n')).not.toContain('run failed');
  });
});

describe('what is recorded', () => {
  it('closes runs that died, then the beginning, before the source is asked', async () => {
    const seen: unknown[] = [];
    const installation = fakeInstallation({
      onCall: () => seen.push([...installation.closed], installation.began.length),
    });
    await execute(installation);
    expect(seen.slice(0, 2)).toEqual([['staff'], 1]);
    expect(installation.began).toMatchObject([
      { kind: 'scheduled', scheduledFor: SCHEDULED_FOR, stamp: STAMP },
    ]);
  });

  it('records a success once, with its commit, and moves its watermarks with it', async () => {
    const installation = fakeInstallation({ horizon: horizonAt(microsAt('2026-07-01T02:03:04.500Z')) });
    const { bucket, began } = installation;
    const table = { name: 'employees', columns: '*', cdc: { changed: { mode: 'watermark', lag: 0 } } };
    const { report } = await execute(installation, slotOf(SCHEDULED_FOR), specOf({ table }));
    expect(report.status).toBe('succeeded');
    expect(bucket.remains.records).toHaveLength(1);
    expect(bucket.remains.records[0]).toMatchObject({
      report: { run_id: began[0]!.runId, status: 'succeeded', attempts: 1, manifest: report.manifest },
      stamp: STAMP,
      sink: 's3',
      watermarks: [{ table: 'employees', column: 'changed', value: '2026-07-01 02:03:04.499' }],
      backfill: null,
    });
    expect(bucket.events.at(-1)).toBe('journal recorded');
  });

  it('records a failure once, after its last attempt, and moves no watermark', async () => {
    const installation = fakeInstallation({
      onCall: (call) => {
        if (call === 'rows') throw new TidemarkError('CONNECTION_LOST', 'gone');
      },
    });
    const { report } = await execute(installation, slotOf(SCHEDULED_FOR), PATIENT);
    expect(report).toMatchObject({ status: 'failed', attempts: 3 });
    expect(installation.began).toHaveLength(1);
    expect(installation.bucket.remains.records).toMatchObject([{ report, stamp: STAMP, watermarks: [] }]);
  });

  it('fails without touching source or bucket where the beginning cannot be recorded', async () => {
    const installation = fakeInstallation({
      onCall: () => {
        throw new Error('the source was asked');
      },
    });
    const full = (): never => {
      throw new TidemarkError('STATE_UNUSABLE', 'the disk is full');
    };
    const { report } = await execute({ ...installation, runs: { ...installation.runs, began: full } });
    expect(report).toMatchObject({ status: 'failed', error: { code: 'STATE_UNUSABLE' } });
    expect(installation.bucket.events).toEqual([]);
    expect(installation.held.size).toBe(0);
  });

  it('tells the failure of the run, not that of recording it', async () => {
    const installation = fakeInstallation({
      onCall: (call) => {
        if (call === 'rows') throw new TidemarkError('PRIVILEGE_MISSING', 'no');
      },
    });
    const full = (): never => {
      throw new TidemarkError('STATE_UNUSABLE', 'the disk is full');
    };
    const { report } = await execute({ ...installation, runs: { ...installation.runs, ended: full } });
    expect(report.error?.code).toBe('PRIVILEGE_MISSING');
    expect(installation.lines.join('\n')).toMatch(
      /error the end of the run could not be recorded .*STATE_UNUSABLE/,
    );
  });

  it('has succeeded where all is published and cannot be recorded: it says so, and leaves that to recovery', async () => {
    const installation = fakeInstallation({
      onEvent: (event, moment) => {
        if (event === 'journal recorded' && moment === 'before') throw new Error('the disk is full');
      },
    });
    const { report } = await execute(installation);
    expect(report.status).toBe('succeeded');
    expect(report.warnings.at(-1)).toMatch(
      /^All is published, and will be recorded before .* the disk is full$/,
    );
    const { remains } = installation.bucket;
    expect(remains.records).toEqual([]);
    expect(remains.entry?.phase).toBe('committing');
    await recoverAll(installation, NEVER);
    expect(remains.records).toMatchObject([{ report: { run_id: report.run_id, status: 'succeeded' } }]);
    expect(remains.entry).toBeNull();
  });
});

describe('trying again', () => {
  it('keeps the run’s identity and keys, and clears up before each attempt', async () => {
    let tries = 0;
    const installation = fakeInstallation({
      onEvent: (event, moment) => {
        if (event.startsWith('part') && moment === 'before' && ++tries < 3)
          throw new TidemarkError('S3_UNAVAILABLE', `no answer ${tries}`);
      },
    });
    const { report, error } = await execute(installation, slotOf(SCHEDULED_FOR), PATIENT);
    expect(error).toBeNull();
    expect(report).toMatchObject({
      status: 'succeeded',
      attempts: 3,
      run_id: installation.began[0]!.runId,
      files: [{ key: `staff/employees_${STAMP}.csv` }],
    });
    expect(installation.bucket.events.filter((event) => event.startsWith('journal beginning'))).toHaveLength(
      3,
    );
    expect(installation.bucket.remains.uploads.size).toBe(0);
    expect(installation.lines.filter((line) => line.startsWith('warn attempt'))).toEqual([
      expect.stringMatching(/^warn attempt 1 failed; trying again .*S3_UNAVAILABLE.*"attempts_left":2/),
      expect.stringMatching(/^warn attempt 2 failed; trying again .*S3_UNAVAILABLE.*"attempts_left":1/),
    ]);
  });

  it('does not where that cannot help', async () => {
    let opened = 0;
    const installation = fakeInstallation({
      onCall: () => {
        opened++;
        throw new TidemarkError('TABLE_UNKNOWN', 'no such table');
      },
    });
    const { report } = await execute(installation, slotOf(SCHEDULED_FOR), PATIENT);
    expect(report).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'TABLE_UNKNOWN' } });
    expect(opened).toBe(1);
  });

  it('first undoes what the attempt before could not', async () => {
    let down = true;
    let looks = 0;
    const installation = fakeInstallation({
      onEvent: (event, moment) => {
        // The bucket fails while the manifest is written, says that there is none, and fails while that is undone.
        if (event.startsWith('look') && moment === 'before' && down && ++looks > 1) {
          down = false;
          throw new TidemarkError('S3_UNAVAILABLE', 'down');
        }
        if (event.startsWith('put') && moment === 'before' && down)
          throw new TidemarkError('S3_UNAVAILABLE', 'down');
      },
    });
    const { report } = await execute(installation, slotOf(SCHEDULED_FOR), PATIENT);
    expect(report).toMatchObject({ status: 'succeeded', attempts: 2 });
    expect(installation.bucket.remains).toMatchObject({ entry: null, uploads: new Map() });
    expect(installation.bucket.remains.records).toHaveLength(1);
    expect(installation.lines.join('\n')).toMatch(/a run that had not come to its end was undone/);
  });

  it('accepts what recovery has finished of the attempt before, and reads nothing again', async () => {
    let down = true;
    let opened = 0;
    const installation = fakeInstallation({
      onCall: (call) => {
        if (call === 'open') opened++;
      },
      onEvent: (event, moment) => {
        if (moment === 'after' || !down) return;
        // Not even that it is being undone can be written down: recovery will find it in its commit.
        if (event === 'journal undoing') {
          down = false;
          throw new TidemarkError('STATE_UNUSABLE', 'the disk is full');
        }
        if (event.startsWith('put')) throw new TidemarkError('S3_UNAVAILABLE', 'down');
      },
    });
    const { report, error } = await execute(installation, slotOf(SCHEDULED_FOR), PATIENT);
    expect(error).toBeNull();
    expect(report).toMatchObject({ status: 'succeeded', run_id: installation.began[0]!.runId });
    expect(opened).toBe(1);
    expect(installation.bucket.remains.records).toHaveLength(1);
    expect(installation.bucket.remains.objects.size).toBe(2);
  });

  it('ends with what stopped it while it waited', async () => {
    const stop = new AbortController();
    const installation = fakeInstallation({
      onCall: () => {
        setImmediate(() => stop.abort(new TidemarkError('INTERRUPTED', 'asked to stop')));
        throw new TidemarkError('CONNECTION_LOST', 'gone');
      },
    });
    const spec = specOf({ retries: { count: 1, first_delay: '10 minutes', max_delay: '10 minutes' } });
    const { report } = await execute(installation, slotOf(SCHEDULED_FOR), spec, stop.signal);
    expect(report).toMatchObject({ status: 'failed', error: { code: 'INTERRUPTED' } });
    expect(installation.bucket.remains.records).toMatchObject([
      { report: { error: { code: 'INTERRUPTED' } } },
    ]);
  });
});

it('says once in a process what cannot be promised of a task', async () => {
  const blind = horizonAt(microsAt('2026-07-01T02:03:04Z'), { blind: 'Grant PROCESS to see it.' });
  const installation = fakeInstallation({ horizon: blind });
  const table = { name: 'employees', columns: '*', cdc: { changed: { mode: 'watermark' } } };
  await execute(installation, byHand(SCHEDULED_FOR), specOf({ table }));
  await execute(installation, byHand(SCHEDULED_FOR), specOf({ table }));
  expect(installation.lines.filter((line) => line.includes('Grant PROCESS'))).toEqual([
    'warn Grant PROCESS to see it. {}',
  ]);
});
