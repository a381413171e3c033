/** What a plan asks of the server, and what it makes of the answers. */
import type { Plan, Spec } from '../../src/domain.ts';
import type { Snapshot, TableFacts } from '../../src/ports.ts';
import { identifyRun, makePlan } from '../../src/planner.ts';
import { formatClock } from '../../src/plan/clock.ts';
import { byHand, NO_MEMORY, slotOf } from '../support/runs.ts';
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
    scalar: unasked,
    rows: unasked,
    close: unasked,
  };
}

const plan = (spec: Spec, snapshot: Snapshot): Promise<Plan> =>
  makePlan(spec, snapshot, RUN, NO_MEMORY, SETTINGS, new AbortController().signal);

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

describe('a run’s identity', () => {
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
