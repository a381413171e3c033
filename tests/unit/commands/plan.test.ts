/** The plan in the names of the contract. */
import { planDocument } from '../../../src/commands/plan.ts';
import { STAMP, planOf, specOf } from '../plan/sample.ts';

it('is a document in snake_case, with the batches that are expected', () => {
  const plan = planOf(specOf({ table: { name: 'employees', columns: ['employee_id'] } }), 2_500_000);
  expect(planDocument(plan)).toMatchObject({
    task: 'staff',
    scheduled_for: '2026-07-01T02:03:04.000Z',
    source: { name: 'mysql', host: 'db.example.com', database: 'hr' },
    sink: 's3',
    tables: [
      {
        name: 'employees',
        columns: [{ name: 'employee_id', type: 'int(10) unsigned', nullable: false }],
        estimate: { rows: 1000, bytes: 2_500_000 },
        batched: true,
        batches: 3,
        threshold_bytes: 1_000_000,
        key: `p/staff/employees_${STAMP}_{batch}.csv`,
      },
    ],
    manifest: `p/staff/_manifest_${STAMP}.json`,
  });
  const names = JSON.stringify(planDocument(plan)).match(/"\w+":/g) ?? [];
  expect(names.filter((name) => /[A-Z]/.test(name))).toEqual([]);
});

it('is one object where nothing is batched', () => {
  expect(planDocument(planOf())).toMatchObject({ tables: [{ batched: false, batches: 1 }] });
});
