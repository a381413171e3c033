import { jobsOf } from '../../../src/extract/table-result.ts';
import { packJobs, unpackJob } from '../../../src/queue/batch-data.ts';
import type { ExportPlan, Plan } from '../../../src/domain/plan.ts';
import type { OutputOptions } from '../../../src/domain/spec.ts';

const OUTPUT = { format: 'csv', compression: 'none' } as unknown as OutputOptions;

function exportOf(name: string, ranges: number): ExportPlan {
  return {
    name,
    sql: `SELECT * FROM ${name}`,
    countSql: `SELECT COUNT(*) FROM ${name}`,
    columns: [{ name: 'id', mysqlType: 'int', nullable: false, kind: 'number' }],
    estimate: { rows: 1000, bytes: null, basis: 'a guess' },
    batched: true,
    thresholdBytes: 1_000_000,
    keyPattern: `${name}_{batch}.csv`,
    ...(ranges === 0
      ? {}
      : {
          ranges: Array.from({ length: ranges }, (_, index) => ({
            range: { column: 'id', from: String(index), to: String(index + 1) },
            sql: `SELECT * FROM ${name} WHERE id >= ${index} AND id < ${index + 1}`,
            rows: 1,
          })),
        }),
  };
}

function jobs(...exports: ExportPlan[]) {
  const plan = { task: 't', runId: 'r', scheduledFor: 'now', output: OUTPUT, windows: [], onEmpty: 'header' };
  return exports.flatMap((one) => jobsOf(plan as unknown as Plan, one));
}

it('gives back every job as it was', () => {
  const all = jobs(exportOf('a', 3), exportOf('b', 0), exportOf('c', 2));
  const { batches, commons } = packJobs(all, 1);
  // As it comes out of Redis.
  const stored = JSON.parse(JSON.stringify(batches)) as typeof batches;
  expect(stored.map((batch) => unpackJob(batch, commons[batch.common]!))).toEqual(all);
});

it('keeps once what the ranges of a table have in common', () => {
  const { batches, commons } = packJobs(jobs(exportOf('a', 500), exportOf('b', 500)), 1);
  expect(Object.keys(commons)).toHaveLength(2);
  expect(JSON.stringify(batches[0])).not.toContain('countSql');
});

it('keeps apart what is in common to the jobs of different flows', () => {
  const first = packJobs(jobs(exportOf('a', 2)), 1);
  const second = packJobs(jobs(exportOf('b', 2)), 2);
  expect(Object.keys(first.commons)).not.toEqual(Object.keys(second.commons));
});
