/** The story of a run, told with a source and a bucket in memory. */
import type { Plan } from '../../src/domain/plan.ts';
import { TidemarkError } from '../../src/errors.ts';
import { runTask } from '../../src/run.ts';
import { RUN, STAMP, specOf } from './plan/sample.ts';
import { failing, fakeBucket, nothing } from './publish/bucket.ts';
import { fakeSource, portsOf } from './publish/fake-run.ts';
import type { SourceCall } from './publish/fake-run.ts';

const SPEC = specOf({
  table: [
    { name: 'employees', columns: '*', cdc: { hire_date: '2 weeks' } },
    { name: 'jobs', columns: ['job_id', 'title'] },
  ],
});
const KEYS = [`staff/_manifest_${STAMP}.json`, `staff/employees_${STAMP}.csv`, `staff/jobs_${STAMP}.csv`];
const never = new AbortController().signal;

describe('a run that succeeds', () => {
  it('publishes every table and the manifest, and reports it', async () => {
    const source = fakeSource();
    const bucket = fakeBucket();
    const { report, error } = await runTask(SPEC, RUN, portsOf(source, bucket), never);
    expect(error).toBeNull();
    expect([...bucket.remains.objects.keys()].toSorted()).toEqual(KEYS);
    expect(bucket.remains.objects.get(KEYS[1]!)).toBe(
      'employee_id,Last_Name,salary,hire_date,changed\n' +
        '100,King,24000.5,2003-06-17,2026-01-01 00:00:00.000\n' +
        '101,"Kochhar, N.",,,\n',
    );
    expect(bucket.remains.objects.get(KEYS[2]!)).toBe('job_id,title\nAD_PRES,President\nAD_VP,""\n');
    expect(bucket.remains).toMatchObject({ uploads: new Map(), entry: null });
    expect(report).toMatchObject({
      task: 'staff',
      run_id: RUN.runId,
      status: 'succeeded',
      scheduled_for: '2026-07-01T02:03:04.000Z',
      tables: [
        { name: 'employees', rows: 2, bytes: 120, files: 1 },
        { name: 'jobs', rows: 2, bytes: 40, files: 1 },
      ],
      files: [
        { key: KEYS[1], table: 'employees', batch: null, rows: 2, bytes: 120 },
        { key: KEYS[2], table: 'jobs', batch: null, rows: 2, bytes: 40 },
      ],
      manifest: KEYS[0],
      windows: [{ table: 'employees', column: 'hire_date', from: '2026-06-17' }],
      warnings: ['employees.hire_date: 1 zero or partial dates written as NULL.'],
      error: null,
    });
    expect(JSON.parse(bucket.remains.objects.get(KEYS[0]!)!)).toMatchObject({ warnings: report.warnings });
    expect(source.closed).toBe(1);
  });

  it('reads one table after the other through one snapshot', async () => {
    const source = fakeSource();
    await runTask(SPEC, RUN, portsOf(source, fakeBucket()), never);
    expect(source.calls.filter((call) => !/explain|wallClock/.test(call))).toEqual([
      'open',
      'tableFacts employees',
      'tableFacts jobs',
      'rows employees',
      'end of rows',
      'rows jobs',
      'end of rows',
    ]);
  });

  it('tells its plan before it reads, and its progress from then on', async () => {
    const plans: Plan[] = [];
    const told: { rows: number; bytes: number; files: number }[] = [];
    const source = fakeSource();
    const ports = {
      ...portsOf(source, fakeBucket()),
      observer: {
        planned: (plan: Plan) => {
          expect(source.calls).not.toContain('rows employees');
          plans.push(plan);
        },
        progress: (progress: (typeof told)[number]) => void told.push(progress),
      },
    };
    await runTask(SPEC, RUN, ports, never);
    expect(plans.map(({ exports }) => exports.map(({ name }) => name))).toEqual([['employees', 'jobs']]);
    expect(told).toEqual([{ rows: 4, bytes: 100, files: 2 }]);
  });

  it('exports a custom query under the task’s name', async () => {
    const bucket = fakeBucket();
    const spec = specOf({ query: { custom: 'SELECT COUNT(*) AS n FROM t' } });
    const { report } = await runTask(
      spec,
      RUN,
      portsOf(
        fakeSource(() => {}, true),
        bucket,
      ),
      never,
    );
    expect(report.files.map(({ key }) => key)).toEqual([`staff/staff_${STAMP}.csv`]);
    expect(bucket.remains.objects.get(`staff/staff_${STAMP}.csv`)).toBe('n\n');
  });

  it('publishes nothing, not even a manifest, where every table is empty and skipped', async () => {
    const bucket = fakeBucket();
    const spec = { ...SPEC, onEmpty: 'skip' as const };
    const { report } = await runTask(
      spec,
      RUN,
      portsOf(
        fakeSource(() => {}, true),
        bucket,
      ),
      never,
    );
    expect(report).toMatchObject({ status: 'succeeded', files: [], manifest: null, error: null });
    expect(report.tables.map(({ files, rows }) => [files, rows])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(bucket.events).toEqual(['journal recordEmpty']);
    expect(bucket.remains).toMatchObject({ objects: new Map(), entry: null });
    expect(bucket.remains.records).toMatchObject([{ report, sink: 's3', stamp: STAMP }]);
  });
});

describe('a run that fails', () => {
  const calls: SourceCall[] = ['open', 'tableFacts', 'explain', 'wallClock', 'rows', 'end of rows'];
  it.each(calls)('in the source’s %s leaves nothing and says why', async (failingCall) => {
    const source = fakeSource((call) => {
      if (call === failingCall)
        throw new TidemarkError('CONNECTION_LOST', 'gone', { hint: 'wait', sql: 'SELECT 1' });
    });
    const bucket = fakeBucket();
    const { report, error } = await runTask(SPEC, RUN, portsOf(source, bucket), never);
    expect(report).toMatchObject({
      status: 'failed',
      files: [],
      manifest: null,
      error: { code: 'CONNECTION_LOST', message: 'gone', hint: 'wait', retryable: true },
    });
    expect(error?.sql).toBe('SELECT 1');
    expect(bucket.remains).toEqual(nothing());
    expect(source.closed).toBe(failingCall === 'open' ? 0 : 1);
  });

  it('in the second table reports what the first one was', async () => {
    let ends = 0;
    const source = fakeSource((call) => {
      if (call === 'end of rows' && ++ends === 2) throw new Error('a fault in the program');
    });
    const bucket = fakeBucket();
    const { report } = await runTask(SPEC, RUN, portsOf(source, bucket), never);
    expect(report.error).toMatchObject({ code: 'INTERNAL', message: 'a fault in the program' });
    expect(report.tables.map(({ name, rows }) => [name, rows])).toEqual([
      ['employees', 2],
      ['jobs', 0],
    ]);
    expect(report.warnings).toHaveLength(1);
    expect(bucket.remains).toEqual(nothing());
  });

  it('at any step of the sink or the journal leaves nothing', async () => {
    const clean = fakeBucket();
    await runTask(SPEC, RUN, portsOf(fakeSource(), clean), never);
    // The last step is to forget the run; it has succeeded by then.
    for (const [nth, event] of clean.events.slice(0, -1).entries()) {
      for (const moment of ['before', 'after'] as const) {
        const bucket = fakeBucket(nothing(), failing(nth, moment));
        const { report } = await runTask(SPEC, RUN, portsOf(fakeSource(), bucket), never);
        // Where only the answer to the manifest was lost, the run is whole.
        if (event.startsWith('put') && moment === 'after') {
          expect(report).toMatchObject({ status: 'succeeded', error: null });
          continue;
        }
        expect(`${event}: ${report.error?.code}`).toBe(`${event}: S3_UNAVAILABLE`);
        expect(bucket.remains).toEqual(nothing());
      }
    }
  });

  it('by an empty result that must not be leaves nothing', async () => {
    const bucket = fakeBucket();
    const spec = { ...SPEC, onEmpty: 'fail' as const };
    const { report } = await runTask(
      spec,
      RUN,
      portsOf(
        fakeSource(() => {}, true),
        bucket,
      ),
      never,
    );
    expect(report.error?.code).toBe('RESULT_EMPTY');
    expect(bucket.remains).toEqual(nothing());
  });
});

describe('a run that is aborted', () => {
  const interrupted = new TidemarkError('INTERRUPTED', 'asked to stop');

  it.each<SourceCall>(['open', 'tableFacts', 'rows', 'end of rows'])('at %s leaves nothing', async (at) => {
    const controller = new AbortController();
    const source = fakeSource((call) => {
      if (call === at) controller.abort(interrupted);
    });
    const bucket = fakeBucket();
    const { report } = await runTask(SPEC, RUN, portsOf(source, bucket), controller.signal);
    expect(report).toMatchObject({ status: 'failed', error: { code: 'INTERRUPTED' } });
    expect(bucket.remains).toEqual(nothing());
  });

  it('once the commit has begun still becomes visible as a whole', async () => {
    const controller = new AbortController();
    const bucket = fakeBucket(nothing(), (event) => {
      if (event === 'journal committing') controller.abort(interrupted);
    });
    const { report } = await runTask(SPEC, RUN, portsOf(fakeSource(), bucket), controller.signal);
    expect(report.status).toBe('succeeded');
    expect(bucket.remains.objects.size).toBe(3);
  });
});
