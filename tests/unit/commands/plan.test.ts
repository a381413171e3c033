/** The plan in the names of the contract. */
import { planDocument } from '../../../src/commands/plan.ts';
import { rangeLines } from '../../../src/commands/plan-ranges.ts';
import type { RangePlan } from '../../../src/domain/plan.ts';
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

describe('the ranges of a table', () => {
  const [whole] = planOf().exports;
  const range = (from: string | null, to: string | null, rows: number | null = 1000): RangePlan => ({
    range: { column: 'id', from, to },
    sql: `SELECT ${from}`,
    rows,
  });
  const three = [range(null, '10'), range('10', '2000', 1500), range('2000', null)];

  it('are listed with their borders and rows', () => {
    expect(rangeLines({ ...whole!, ranges: three })).toEqual([
      'read by 3 ranges of id, of 1,000 to 1,500 rows (estimated)',
      '  from the beginning to before 10: about 1,000 rows',
      '  from 10 to before 2000: about 1,500 rows',
      '  from 2000 to the end: about 1,000 rows',
    ]);
  });

  it('are listed in part where they are many', () => {
    const many = Array.from({ length: 10_000 }, (_, at) => range(String(at), String(at + 1), null));
    const lines = rangeLines({ ...whole!, ranges: many });
    expect(lines).toHaveLength(10);
    expect(lines[0]).toBe('read by 10,000 ranges of id (estimated)');
    expect(lines[5]).toBe('  … 9,992 more');
    expect(lines.at(-1)).toBe('  from 9999 to before 10000');
  });

  it('are on one line each, whatever is in a key', () => {
    const keys = ['a\u001b[31m\nb', 'x'.repeat(500)];
    const lines = rangeLines({ ...whole!, ranges: [range(null, keys[0]!), range(keys[0]!, keys[1]!)] });
    expect(lines[1]).toBe('  from the beginning to before a\uFFFD[31m\uFFFDb: about 1,000 rows');
    expect(lines[2]).toMatch(/to before x{60}…: about/);
  });

  it('are all in the document, in snake_case', () => {
    const plan = planOf();
    const cut = { ...plan, exports: [{ ...whole!, ranges: three }] };
    expect(planDocument(cut)).toMatchObject({
      tables: [
        {
          ranges: [
            { column: 'id', from: null, to: '10', rows: 1000 },
            { column: 'id', from: '10', to: '2000', rows: 1500 },
            { column: 'id', from: '2000', to: null, rows: 1000 },
          ],
          range_sql: 'SELECT null',
          batches: 3,
        },
      ],
    });
  });

  it('are missing for a reason, or were not asked for', () => {
    const alone = { ...whole!, sequential: 'it is small.' };
    expect(rangeLines(alone)).toEqual(['read over one connection: it is small.']);
    expect(planDocument({ ...planOf(), exports: [alone] })).toMatchObject({
      tables: [{ ranges: null, sequential: 'it is small.' }],
    });
    expect(rangeLines(whole!)).toEqual([]);
    expect(planDocument(planOf())).not.toHaveProperty('tables.0.ranges');
  });
});
