/** How tasks stand, as a document and as a person reads it. */
import type { Spec } from '../../../src/domain/spec.ts';
import type { PastRun } from '../../../src/domain/run.ts';
import { secondsBehind, statusDocument, type StatusFacts } from '../../../src/commands/status-document.ts';
import { statusText } from '../../../src/commands/status-text.ts';
import type { TaskState } from '../../../src/state/task-states.ts';
import { fakePast, fakeReport } from '../schedule/fake-report.ts';
import { sampleSpec } from '../watch/sample-spec.ts';

const now = new Date('2026-03-04T05:06:07Z');
const last = (task: string, at = '2026-03-04T03:00:00Z', code: 'ACCESS_DENIED' | null = null): PastRun => ({
  ...fakePast(fakeReport(task, new Date(at), code)),
  duration_ms: 3200,
});

function facts(
  specs: readonly Spec[],
  states: readonly Partial<TaskState>[],
  more: Partial<StatusFacts> = {},
) {
  const whole = states.map((state): TaskState => ({
    task: 'a',
    running: null,
    last: null,
    failing: null,
    skipped: 0,
    settled: null,
    watermarks: [],
    ...state,
  }));
  return statusDocument({
    folder: { specs: new Map(specs.map((spec) => [spec.taskName, spec])), unusable: [] },
    states: new Map(whole.map((state) => [state.task, state])),
    paused: new Map(),
    promises: new Map(),
    lastSuccess: () => null,
    timezone: 'UTC',
    blackoutEnd: () => null,
    daemon: null,
    isHeld: () => false,
    now,
    ...more,
  });
}
const plain = (document: ReturnType<typeof facts>, width: number | null = null): string =>
  statusText(document, { width, paint: (_, text) => text, now });

const incremental = (value: string, timezone: string | null, initial: string | null = null) => ({
  spec: sampleSpec('a', {
    queryWatermark: null,
    tables: [
      {
        name: 'orders',
        columns: '*',
        filters: [],
        splitOrder: [],
        cdc: [
          {
            column: 'updated_at',
            bound: {
              kind: 'watermark',
              watermark: {
                initial: initial === null ? null : { kind: 'string', text: initial },
                lagMs: 0,
                timezone,
                nulls: 'never',
              },
            },
          },
        ],
      },
    ],
  }),
  kept: {
    task: 'a',
    table: 'orders',
    column: 'updated_at',
    value,
    runId: 'r',
    updatedAt: '2026-03-04T05:00:00.000Z',
  },
});

describe('the document', () => {
  it('puts failing tasks first, then the others, then those without a spec', () => {
    const failing = { since: '2026-03-01T03:00:01.000Z', runs: 4 };
    const document = facts(
      [sampleSpec('b'), sampleSpec('c'), sampleSpec('a', { schedule: null })],
      [
        { task: 'gone', last: last('gone') },
        { task: 'c', last: last('c', undefined, 'ACCESS_DENIED'), failing },
        { task: 'b', last: last('b') },
      ],
    );
    expect(document.tasks.map(({ task }) => task)).toEqual(['c', 'a', 'b', 'gone']);
    const [c, a, b, gone] = document.tasks;
    expect(c).toMatchObject({ failing_since: failing.since, failures: 4, last_run: { status: 'failed' } });
    expect(a).toMatchObject({ schedule: null, next_fire: null, last_run: null, failures: 0 });
    expect(b).toMatchObject({
      schedule: '0 3 * * *',
      timezone: 'UTC',
      next_fire: '2026-03-05T03:00:00.000Z',
    });
    expect(gone).toMatchObject({ file: null, schedule: null, last_run: { run_id: 'run-of-gone' } });
  });

  it('tells a run in progress from one whose process died', () => {
    const running = { ...last('a'), status: 'running' as const, started_at: '2026-03-04T05:00:00.000Z' };
    const since = running.started_at;
    expect(facts([sampleSpec('a')], [{ running }], { isHeld: () => true }).tasks[0]).toMatchObject({
      running: true,
      running_since: since,
      died_since: null,
    });
    expect(facts([sampleSpec('a')], [{ running }]).tasks[0]).toMatchObject({
      running: false,
      running_since: null,
      died_since: since,
    });
  });

  it('says which slots nobody has dealt with', () => {
    const missedSince = (settled: string, spec = sampleSpec('a'), held = false) =>
      facts([spec], [{ settled, running: held ? last('a') : null }], { isHeld: () => held }).tasks[0];
    const next_fire = '2026-03-05T03:00:00.000Z';
    expect(missedSince('2026-03-04T03:00:00.000Z')).toMatchObject({ missed_since: null, next_fire });
    expect(missedSince('2026-03-01T03:00:00.000Z')).toMatchObject({
      missed_since: '2026-03-02T03:00:00.000Z',
      next_fire,
    });
    // One that is being dealt with is not missed, and neither is one that nobody wants made up for.
    expect(missedSince('2026-03-01T03:00:00.000Z', sampleSpec('a'), true)?.missed_since).toBeNull();
    const never = sampleSpec('a', { catchUp: 'none' });
    expect(missedSince('2026-03-01T03:00:00.000Z', never)).toMatchObject({ missed_since: null, next_fire });
    // Nor one whose time has only just come.
    const now5 = new Date('2026-03-04T03:00:30Z');
    expect(
      facts([sampleSpec('a')], [{ settled: '2026-03-03T03:00:00.000Z' }], { now: now5 }).tasks[0],
    ).toMatchObject({ missed_since: null, next_fire });
  });

  it('says how far a watermark is behind, on the clock it is written in', () => {
    const { spec, kept } = incremental('2026-03-04 06:05:07.250000', 'Europe/Berlin', '2026-01-01');
    expect(facts([spec], [{ watermarks: [kept] }]).tasks[0]?.watermarks).toEqual([
      {
        table: 'orders',
        column: 'updated_at',
        value: '2026-03-04 06:05:07.250000',
        initial: '2026-01-01',
        updated_at: '2026-03-04T05:00:00.000Z',
        run_id: 'r',
        behind_seconds: 59,
      },
    ]);
    expect(facts([spec], []).tasks[0]?.watermarks).toMatchObject([{ value: null, initial: '2026-01-01' }]);
    expect(facts([], [{ watermarks: [kept] }]).tasks[0]?.watermarks).toMatchObject([{ value: kept.value }]);
  });

  it('knows no distance of a number, and none below zero', () => {
    expect(secondsBehind('1700', 'UTC', now)).toBeNull();
    expect(secondsBehind('2026-03-04', 'UTC', now)).toBe(5 * 3600 + 6 * 60 + 7);
    expect(secondsBehind('2027-03-04', 'UTC', now)).toBe(0);
  });
});

describe('the text', () => {
  it('has a line for each task', () => {
    const { spec, kept } = incremental('2026-03-04 05:01:07', null);
    const text = plain(
      facts([spec, sampleSpec('b', { schedule: null })], [{ last: last('a'), watermarks: [kept] }]),
    );
    expect(text).toBe(
      [
        'No daemon runs on this state folder: nothing is scheduled.',
        '',
        'TASK  RESULT  LAST RUN (UTC)     TOOK  ROWS  NEXT (UTC)         IN  SCHEDULE',
        'a     ok      2026-03-04 03:00  3.2 s     3  2026-03-05 03:00  22h  0 3 * * *',
        '    watermark orders.updated_at = 2026-03-04 05:01:07, 5m behind',
        'b     -       -                     -     -  -                      by hand',
        '',
      ].join('\n'),
    );
  });

  it('knows the watermark of a column that has no value yet', () => {
    const { spec, kept } = incremental('-9223372036854775809', null);
    const text = plain(facts([spec], [{ watermarks: [kept] }]));
    expect(text).toContain('    watermark orders.updated_at: the column has no value yet\n');
  });

  it('says what is wrong, and what to do', () => {
    const failing = { since: '2026-03-01T03:00:01.000Z', runs: 1200 };
    const failed = last('a', undefined, 'ACCESS_DENIED');
    const hint = 'Check `user` and\u001b[31m `password`. Then try again.';
    const document = facts(
      [sampleSpec('a')],
      [
        {
          last: { ...failed, error: { ...failed.error!, hint } },
          failing,
          skipped: 2,
          settled: '2026-03-02T03:00:00.000Z',
        },
      ],
      {
        daemon: { pid: 77, since: '2026-03-01T00:00:00.000Z' },
        folder: {
          specs: new Map([['a', sampleSpec('a')]]),
          unusable: [{ file: 'specs/b.json', message: 'specs/b.json:3:1 found x' }],
        },
      },
    );
    const text = plain(document);
    expect(text).toContain('The daemon runs: process 77, since 2026-03-01 00:00 UTC.');
    expect(text).toMatch(/^a {5}failed /m);
    expect(text).toContain('ACCESS_DENIED: 1,200 failed runs since 2026-03-01 03:00 UTC, 3d ago.');
    expect(text.replace(/\s+/g, ' ')).toContain('Check `user` and [31m `password`.');
    expect(text).not.toContain('Then try again');
    expect(text).not.toContain('\u001b');
    expect(text).toContain('missed since 2026-03-03 03:00 UTC, 1d ago');
    expect(text).toContain('2 skipped since');
    expect(text).toContain('Specs that cannot be used:\n  specs/b.json:3:1 found x');
  });

  it('says that a task is paused, since when and by whom, and that nothing of it is late', () => {
    const paused = new Map([['a', { since: '2026-03-01T03:00:00.000Z', actor: 'anna@127.0.0.1' }]]);
    const document = facts([sampleSpec('a')], [{ settled: '2026-03-01T03:00:00.000Z' }], { paused });
    expect(document.tasks[0]).toMatchObject({
      paused: { actor: 'anna@127.0.0.1' },
      next_fire: null,
      missed_since: null,
    });
    const text = plain(document);
    expect(text).toMatch(/^a .* paused /m);
    expect(text).toContain('paused since 2026-03-01 03:00 UTC, 3d ago, by anna@127.0.0.1');
    expect(text).not.toContain('missed');
  });

  it('fits its terminal, and cuts no name where there is none', () => {
    const name = `task-${'x'.repeat(55)}`;
    const document = facts(
      [sampleSpec(name, { schedule: '*/15 8-18 * 1-11 mon-fri' })],
      [{ task: name, last: last(name) }],
    );
    for (const width of [80, 100, 120]) {
      const longest = Math.max(
        ...plain(document, width)
          .split('\n')
          .map((line) => line.length),
      );
      expect(longest).toBe(width);
    }
    expect(plain(document)).toContain(name);
  });

  it('paints the result, and nothing else of the line', () => {
    const painted = statusText(facts([sampleSpec('a')], [{ last: last('a') }]), {
      width: null,
      paint: (colour, text) => `<${colour}>${text}</>`,
      now,
    });
    expect(painted).toContain('a     <green>ok</>      2026-03-04 03:00');
  });

  it('says that there is nothing', () => {
    expect(plain(facts([], []))).toContain('There is no task');
  });
});

describe('a slot that falls into a blackout', () => {
  const end = new Date(now.getTime() + 3_600_000);
  const blackoutEnd = (_: Spec, at: Date): Date | null => (at < end ? end : null);

  it('fires when that is over, and is not missed before', () => {
    const slot = new Date(now.getTime() - 1_800_000);
    const schedule = `${slot.getUTCMinutes()} ${slot.getUTCHours()} * * *`;
    const settled = new Date(now.getTime() - 86_400_000).toISOString();
    const spec = sampleSpec('a', { schedule });
    const { tasks } = facts([spec], [{ settled }], { blackoutEnd });
    expect(tasks[0]).toMatchObject({ next_fire: end.toISOString(), missed_since: null });
    expect(facts([spec], [{ settled }]).tasks[0]?.missed_since).not.toBeNull();
  });
});
