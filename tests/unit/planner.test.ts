/** What a plan asks of the server, and what it makes of the answers. */
import type { Spec } from '../../src/domain/spec.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { Snapshot, TableFacts } from '../../src/ports.ts';
import { identifyRun, makePlan, needsHorizon, needsOf } from '../../src/planner.ts';
import { formatClock } from '../../src/plan/clock.ts';
import { attemptOf, backfillOf, byHand, horizonAt, microsAt, NO_MEMORY, slotOf } from '../support/runs.ts';
import { EMPLOYEES, RUN, SERVER, specOf } from './plan/sample.ts';

const SETTINGS = { batchThresholdMb: 1, prefix: '' };
const unasked = (): never => {
  throw new Error('not asked for in this test');
};

/** @param explained rows that EXPLAIN expects. */
function snapshotOf(explained: number | null, facts: TableFacts = EMPLOYEES, asked: string[] = []): Snapshot {
  return {
    server: SERVER,
    horizon: null,
    tableFacts: async (table) => {
      asked.push(`facts ${table}`);
      return { ...facts, name: table };
    },
    unkept: async () => [],
    explain: async (sql) => {
      asked.push(`explain ${sql}`);
      return { rows: explained, warnings: ['sorted by the server'] };
    },
    wallClock: async (instant) => {
      asked.push(`clock ${formatClock(instant, 0)}`);
      return '2026-06-30 16:03:04.000000';
    },
    describeQuery: async (sql) => {
      asked.push(`describe ${sql}`);
      return [{ name: 'n', mysqlType: 'int', nullable: false, kind: 'number' }];
    },
    keys: { indexes: unasked, estimates: unasked, texts: unasked, sortedTexts: unasked },
    scalar: unasked,
    load: unasked,
    rows: unasked,
    close: unasked,
  };
}

const plan = (spec: Spec, snapshot: Snapshot, memory = NO_MEMORY): Promise<Plan> =>
  makePlan(spec, snapshot, RUN, memory, SETTINGS, new AbortController().signal);

it('asks the server’s clock once for each instant, for all tables', async () => {
  const asked: string[] = [];
  const spec = specOf({
    table: [
      { name: 'a', columns: '*', cdc: { hire_date: '12 hours' } },
      { name: 'b', columns: '*', cdc: { hire_date: '12 hours', changed: '12 hours' } },
    ],
  });
  const { windows } = await plan(spec, snapshotOf(10, EMPLOYEES, asked));
  expect(asked.filter((question) => question.startsWith('clock'))).toEqual(['clock 2026-06-30 14:03:04']);
  expect(windows.map(({ table, column, from }) => [table, column, from])).toEqual([
    ['a', 'hire_date', '2026-06-30'],
    ['b', 'hire_date', '2026-06-30'],
    ['b', 'changed', '2026-06-30 14:03:04'],
  ]);
});

it('believes the statistics for a whole table, and EXPLAIN where there is a WHERE or no statistics', async () => {
  const estimate = async (document: object, facts?: TableFacts): Promise<number | null> =>
    (await plan(specOf({ table: { name: 't', columns: '*', ...document } }), snapshotOf(10, facts)))
      .exports[0]!.estimate.rows;
  expect(await estimate({})).toBe(1000);
  expect(await estimate({ filters: { salary: { condition: '>', metric: 1 } } })).toBe(10);
  expect(await estimate({}, { ...EMPLOYEES, rows: null, bytes: null })).toBe(10);
});

it('hands on what EXPLAIN warns of', async () => {
  expect((await plan(specOf(), snapshotOf(10))).cautions).toEqual(['sorted by the server']);
});

it('describes a custom query with its placeholders bound, and runs nothing', async () => {
  const asked: string[] = [];
  const spec = specOf({ query: { custom: "SELECT n FROM t WHERE d < :scheduled_for -- ':x'\n;" } });
  const { exports } = await plan(spec, snapshotOf(null, EMPLOYEES, asked));
  const sql = "SELECT n FROM t WHERE d < '2026-07-01 02:03:04'";
  expect(asked).toEqual([`describe ${sql}`, `explain ${sql}`]);
  expect(exports).toMatchObject([
    { name: 'staff', sql, batched: false, estimate: { rows: null, bytes: null } },
  ]);
});

describe('what a watermark needs', () => {
  const by = (cdc: object): Spec => specOf({ table: { name: 't', columns: '*', cdc } });
  const watermark = { mode: 'watermark' };
  const query = specOf({ query: { custom: 'SELECT n FROM t WHERE c > :from AND c <= :to' } });
  const past = attemptOf(backfillOf(RUN.scheduledFor, '2020-01-01', '2021-01-01'));
  const seeing = (snapshot: Snapshot): Snapshot => ({
    ...snapshot,
    horizon: horizonAt(microsAt('2026-07-01T02:03:04Z'), { blind: 'Grant PROCESS.' }),
  });

  it.each([
    ['a watermark', by({ changed: watermark }), RUN, true],
    ['a query with :from and :to', query, RUN, true],
    ['a backfill by a span', by({ changed: '12 hours' }), past, true],
    ['a span', by({ changed: '12 hours' }), RUN, false],
    ['a literal', by({ changed: '2020-01-01' }), RUN, false],
    ['no cdc at all', specOf(), RUN, false],
  ])('is the horizon, of %s', (_, spec, run, expected) => {
    expect(needsHorizon(spec, run)).toBe(expected);
  });

  it('is the largest integer of the snapshot that is read', async () => {
    const asked: string[] = [];
    const scalar = async (sql: string): Promise<string> => {
      asked.push(sql);
      return '18446744073709551615';
    };
    const snapshot = seeing({ ...snapshotOf(10), scalar });
    const { windows, exports, cautions } = await plan(by({ employee_id: watermark }), snapshot);
    expect(asked).toEqual(['SELECT MAX(`employee_id`) AS last FROM `t`']);
    expect(windows).toMatchObject([{ mode: 'watermark', from: null, to: '18446744073709551615' }]);
    expect(exports[0]!.sql).toContain('WHERE `employee_id` <= 18446744073709551615');
    expect(cautions).toContainEqual(expect.stringContaining('t.employee_id is an integer'));
  });

  it('is said where it could not be seen', async () => {
    const { cautions } = await plan(by({ changed: watermark }), seeing(snapshotOf(10)));
    expect(cautions).toContain('Grant PROCESS.');
  });

  it('is bound to :from and :to of a query', async () => {
    const { exports, windows } = await plan(query, seeing(snapshotOf(10)));
    expect(exports[0]!.sql).toBe(
      "SELECT n FROM t WHERE c > '1000-01-01 00:00:00' AND c <= '2026-07-01 02:02:04'",
    );
    expect(windows).toMatchObject([
      { table: 'staff', column: ':from', from: null, to: '2026-07-01 02:02:04' },
    ]);
  });
});

it.each([
  ['t', 'changed', specOf({ table: { name: 't', columns: '*', cdc: { changed: { mode: 'watermark' } } } })],
  ['staff', ':from', specOf({ query: { custom: 'SELECT n FROM t WHERE c > :from AND c <= :to' } })],
])('warns of a watermark %s.%s that lies ahead of the clock', async (table, column, spec) => {
  const horizon = horizonAt(microsAt('2026-07-01T02:03:04Z'));
  const planned = async (value: string): Promise<readonly string[]> => {
    const memory = { ...NO_MEMORY, watermarks: [{ table, column, value }] };
    return (await plan(spec, { ...snapshotOf(10), horizon }, memory)).warnings;
  };
  const ahead = expect.stringContaining(`${table}.${column} = 2026-07-01 03:00:00 lies ahead`) as string;
  expect(await planned('2026-07-01 03:00:00')).toContainEqual(ahead);
  expect((await planned('2026-07-01 02:00:00')).join()).not.toContain('lies ahead');
});

describe('a run’s identity', () => {
  it('of a backfill has keys of its own: of its window where that is of numbers', () => {
    const stamp = (from: string, to: string): string =>
      identifyRun(backfillOf(RUN.scheduledFor, from, to, '7')).stamp;
    expect(stamp('2020-01-01', '2021-01-01')).toBe('backfill_7_20260701020304');
    expect([stamp('0', '100'), stamp('100', '200')]).toEqual(['backfill_7_100', 'backfill_7_200']);
    expect(stamp('2026-07-01 02:03:04', '2026-07-01 02:03:04.5')).toBe('backfill_7_20260701020304_500000');
    expect(identifyRun(byHand(RUN.scheduledFor)).stamp).toBe('20260701020304');
  });

  it('is of whole seconds, as its keys are', () => {
    const { scheduledFor, runId } = identifyRun(byHand(new Date('2026-07-01T02:03:04.999Z')));
    expect(scheduledFor.toISOString()).toBe('2026-07-01T02:03:04.000Z');
    expect(runId).toMatch(/^20260701020304-[0-9a-f]{8}$/);
  });

  it('is another each time', () => {
    const ids = Array.from({ length: 50 }, () => identifyRun(slotOf(RUN.scheduledFor)).runId);
    expect(new Set(ids).size).toBe(50);
  });
});

describe('column transformations', () => {
  const table = { name: 'employees', columns: ['employee_id', 'Last_Name'] };

  it('have their expressions described by the server, in a place where functions over rows may not stand', async () => {
    const asked: string[] = [];
    const spec = specOf({ table, column_transformation: { twice: { sql: 'employee_id * 2' } } });
    const { exports } = await plan(spec, snapshotOf(10, EMPLOYEES, asked));
    expect(asked).toContain(
      'describe SELECT (employee_id * 2) AS `twice`\nFROM `employees`\nWHERE (employee_id * 2) IS NOT NULL',
    );
    expect(exports[0]!.sql).toBe(
      'SELECT `employee_id`, `Last_Name`, (employee_id * 2) AS `twice`\nFROM `employees`\nORDER BY `employees`.`employee_id`',
    );
    expect(exports[0]!.columns.at(-1)).toEqual({
      name: 'twice',
      mysqlType: 'int',
      nullable: false,
      kind: 'number',
    });
  });

  it('of no column leave the SQL as it was, and ask nothing', async () => {
    const asked: string[] = [];
    const { exports } = await plan(specOf({ table }), snapshotOf(10, EMPLOYEES, asked));
    expect(exports[0]!.sql).toBe(
      'SELECT `employee_id`, `Last_Name`\nFROM `employees`\nORDER BY `employee_id`',
    );
    expect(asked.filter((question) => question.startsWith('describe'))).toEqual([]);
  });

  it('put what is left to be done here into the plan', async () => {
    const spec = specOf({ table, column_transformation: { last_name: { json: { a: '$.a' } } } });
    const { exports, cautions } = await plan(spec, snapshotOf(10));
    expect(cautions).toContainEqual(
      expect.stringContaining('JSON of employees.Last_Name is read by Tidemark'),
    );
    expect(exports[0]).toMatchObject({
      columns: [{ name: 'employee_id' }, { name: 'a' }],
      mapping: {
        cells: [
          { from: 0, field: null },
          { from: 1, field: { name: 'a' } },
        ],
      },
    });
  });

  it('need the key for hmac, and only for that', () => {
    const withMask = (mask: string): boolean =>
      needsOf(specOf({ table, column_transformation: { last_name: { mask } } }), RUN).hmac;
    expect([withMask('hmac'), withMask('sha256')]).toEqual([true, false]);
  });
});
