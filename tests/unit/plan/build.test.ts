/** Which exports are batched, and what else a plan says. */
import type { Draft } from '../../../src/plan/draft.ts';
import { buildPlan } from '../../../src/plan/build.ts';
import type { PlanSettings } from '../../../src/plan/build.ts';
import type { Spec } from '../../../src/domain/spec.ts';
import type { Plan, Window } from '../../../src/domain/plan.ts';
import { RUN, SERVER, STAMP, planOf, specOf } from './sample.ts';

it('batches what is estimated above the threshold, and nothing else', () => {
  for (const [bytes, batched] of [
    [null, false],
    [0, false],
    [1_000_000, false],
    [1_000_001, true],
  ] as const) {
    expect(planOf(specOf(), bytes).exports[0]).toMatchObject({
      batched,
      thresholdBytes: 1_000_000,
      keyPattern: batched ? `p/staff/employees_${STAMP}_{batch}.csv` : `p/staff/employees_${STAMP}.csv`,
    });
  }
});

it('takes the spec’s threshold before the config’s', () => {
  expect(planOf(specOf({ batch_threshold_mb: 0.5 }), 600_000).exports[0]).toMatchObject({
    batched: true,
    thresholdBytes: 500_000,
  });
});

it('takes the spec’s key template', () => {
  const template = (batch: string): Spec =>
    specOf({ key_template: `{task}/dt={date}/{table}${batch}.{ext}` });
  expect(planOf(template('')).exports[0]!.keyPattern).toBe('p/staff/dt=2026-07-01/employees.csv');
  expect(planOf(template(''), 2e6).exports[0]!.keyPattern).toBe(
    'p/staff/dt=2026-07-01/employees_{batch}.csv',
  );
  expect(planOf(template('-part{batch}')).exports[0]!.keyPattern).toBe(
    'p/staff/dt=2026-07-01/employees-part0.csv',
  );
  expect(planOf(template('-part{batch}'), 2e6).exports[0]!.keyPattern).toBe(
    'p/staff/dt=2026-07-01/employees-part{batch}.csv',
  );
});

describe('a custom query', () => {
  const settings: PlanSettings = { batchThresholdMb: 1, prefix: '' };
  const column = { name: 'n', mysqlType: 'bigint', nullable: true, kind: 'number' } as const;
  const plan = (document: object, nullable: boolean): Plan => {
    const spec = specOf({ query: { custom: 'SELECT n FROM t' }, ...document });
    const draft: Draft = {
      name: 'staff',
      sql: 'SELECT n FROM t',
      countSql: 'SELECT 1',
      columns: [{ ...column, nullable }],
      mapping: null,
      key: [],
      windows: [],
      filtered: true,
      unkept: [],
      warnings: ['first'],
    };
    const estimate = { rows: 1, bytes: 9e9, basis: 'a guess' };
    return buildPlan(spec, RUN, settings, SERVER, [{ draft, estimate, warnings: ['second'] }], null);
  };

  it('is one object of the task’s name, whatever its size', () => {
    expect(plan({}, false).exports[0]).toMatchObject({
      batched: false,
      keyPattern: `staff/staff_${STAMP}.csv`,
    });
  });

  it('claims one moment for all only where every engine keeps snapshots', () => {
    expect(plan({}, false).consistency).toBe('snapshot');
    const none = {
      name: 'log',
      sql: 'SELECT 1',
      countSql: 'SELECT 1',
      columns: [],
      mapping: null,
      key: [],
      windows: [],
      filtered: false,
      warnings: [],
    };
    const draft: Draft = { ...none, unkept: ['`events`'] };
    const estimate = { rows: 1, bytes: 1, basis: 'a guess' };
    const mixed = [
      { draft: { ...draft, unkept: [] }, estimate, warnings: [] },
      { draft, estimate, warnings: [] },
    ];
    expect(buildPlan(specOf({}), RUN, settings, SERVER, mixed, null).consistency).toBe('per_batch');
  });

  it('hands warnings on, says what EXPLAIN does apart, and adds that a NULL alone is an empty line', () => {
    expect(plan({}, false)).toMatchObject({ warnings: ['first'], cautions: ['second'] });
    expect(plan({}, true).warnings).toEqual(['first', expect.stringContaining('a NULL is an empty line')]);
    expect(plan({ csv: { null: '\\N' } }, true).warnings).toEqual(['first']);
  });
});

it('says which run it is', () => {
  expect(planOf()).toMatchObject({
    task: 'staff',
    runId: RUN.runId,
    scheduledFor: '2026-07-01T02:03:04.000Z',
    stamp: STAMP,
    source: 'mysql',
    sink: 's3',
    server: SERVER,
    consistency: 'snapshot',
    onEmpty: 'header',
    manifestKey: `p/staff/_manifest_${STAMP}.json`,
  });
  expect(JSON.parse(JSON.stringify(planOf()))).toEqual(planOf());
});

describe('what cannot be promised', () => {
  const BLIND = 'Open transactions cannot be seen.';
  const windows = (
    ...found: readonly (readonly [mode: Window['mode'], from: string | null, to: string | null])[]
  ): Window[] =>
    found.map(([mode, from, to], index) => ({
      table: `t${index}`,
      column: 'c',
      mode,
      from,
      to,
      nulls: false,
    }));
  const cautions = (found: readonly Window[], blind: string | null): readonly string[] => {
    const estimate = { rows: 1, bytes: 1, basis: 'a guess' };
    const draft: Draft = {
      name: 'employees',
      sql: 'SELECT 1',
      countSql: 'SELECT 1',
      columns: [],
      mapping: null,
      key: [],
      windows: found,
      filtered: true,
      unkept: [],
      warnings: [],
    };
    const sized = [{ draft, estimate, warnings: [] }];
    return buildPlan(specOf(), RUN, { batchThresholdMb: 1, prefix: '' }, SERVER, sized, blind).cautions;
  };
  const time = ['watermark', null, '2026-07-01 02:03:00'] as const;
  const integer = ['watermark', '-3', '17'] as const;

  it('is said of integers, which tell nothing of who is still writing', () => {
    expect(cautions(windows(integer), null)).toEqual([
      expect.stringMatching(/^t0\.c is an integer: a row that takes its number early and is committed late/),
    ]);
    expect(cautions(windows(['watermark', '17', null]), null)).toHaveLength(1);
  });

  it('is said where open transactions cannot be seen and a time depends on it', () => {
    expect(cautions(windows(time), BLIND)).toEqual([BLIND]);
    expect(cautions(windows(time), null)).toEqual([]);
    expect(cautions(windows(time, integer), BLIND)).toEqual([expect.stringContaining('t1.c'), BLIND]);
    expect(cautions(windows(integer), BLIND)).toEqual([expect.stringContaining('t0.c')]);
  });

  it('is nothing of windows that nobody goes on from', () => {
    expect(
      cautions(windows(['literal', '17', null], ['span', '2026-01-01', null], ['backfill', '1', '2']), BLIND),
    ).toEqual([]);
    expect(cautions([], BLIND)).toEqual([]);
  });
});
