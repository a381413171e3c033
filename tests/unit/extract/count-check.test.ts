/** What was written, against what the server counts. */
import type { Plan } from '../../../src/domain/plan.ts';
import { checkCounts } from '../../../src/extract/count-check.ts';
import type { Snapshot } from '../../../src/ports.ts';
import { planOf } from '../plan/sample.ts';
import { rowSource } from './row-source.ts';

const [TABLE] = planOf().exports;
const NEVER = new AbortController().signal;
const PLAN: Plan = {
  ...planOf(),
  exports: ['a', 'b'].map((name) => ({ ...TABLE!, name, countSql: `count ${name}` })),
};

function snapshotWith(counts: Readonly<Record<string, string | null>>, asked: string[] = []): Snapshot {
  return {
    ...rowSource().snapshot,
    async scalar(sql, signal) {
      expect(signal).toBe(NEVER);
      asked.push(sql);
      return counts[sql]!;
    },
  };
}

it('is content where every table agrees', async () => {
  const asked: string[] = [];
  const snapshot = snapshotWith({ 'count a': '2', 'count b': '0' }, asked);
  expect(await checkCounts(PLAN, [{ rows: 2 }, { rows: 0 }], snapshot, NEVER)).toEqual([]);
  expect(asked).toEqual(['count a', 'count b']);
});

it('ends the run at the first difference, with both numbers', async () => {
  const snapshot = snapshotWith({ 'count a': '2', 'count b': '9007199254740993' });
  await expect(
    checkCounts(PLAN, [{ rows: 2 }, { rows: 9007199254740992 }], snapshot, NEVER),
  ).rejects.toMatchObject({
    code: 'COUNT_DIFFERS',
    message: 'b: 9007199254740992 rows were written, and COUNT(*) gives 9007199254740993.',
    sql: 'count b',
    retryable: false,
  });
});

it('warns only, where an engine keeps no snapshot', async () => {
  const snapshot = snapshotWith({ 'count a': '3', 'count b': '1' });
  const plan: Plan = { ...PLAN, consistency: 'per_batch' };
  const warnings = await checkCounts(plan, [{ rows: 2 }, { rows: 1 }], snapshot, NEVER);
  expect(warnings).toEqual([expect.stringMatching(/^a: 2 rows were written, and COUNT\(\*\) gives 3\./)]);
});
