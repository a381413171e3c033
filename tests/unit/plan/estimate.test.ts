/** Sizes from statistics alone. */
import { estimateQuery, estimateTable } from '../../../src/plan/estimate.ts';
import { EMPLOYEES, column } from './sample.ts';

const all = EMPLOYEES.columns;

it('is the stored size for a whole table', () => {
  expect(estimateTable(EMPLOYEES, all, null)).toEqual({
    rows: 1000,
    bytes: 100_000,
    basis: 'information_schema rows × stored bytes a row',
  });
});

it('takes the rows that EXPLAIN expects, but no more than there are', () => {
  expect(estimateTable(EMPLOYEES, all, 10)).toMatchObject({
    rows: 10,
    bytes: 1000,
    basis: expect.stringMatching(/^EXPLAIN/),
  });
  expect(estimateTable(EMPLOYEES, all, 5000)).toMatchObject({ rows: 1000, bytes: 100_000 });
});

it('takes the share of the columns that are selected', () => {
  const some = estimateTable(EMPLOYEES, all.slice(0, 2), null);
  expect(some.bytes).toBeGreaterThan(10_000);
  expect(some.bytes).toBeLessThan(60_000);
  expect(some.basis).toContain('share of the columns');
});

it('goes by declared widths where the statistics are not yet taken', () => {
  const facts = {
    ...EMPLOYEES,
    columns: [column('a', 'int'), column('b', 'char(10)'), column('c', 'datetime')],
    bytes: 0,
  };
  expect(estimateTable(facts, facts.columns, null)).toEqual({
    rows: 1000,
    bytes: 1000 * (7 + 1 + 10 + 1 + 19 + 1),
    basis: 'information_schema rows × declared column widths',
  });
});

it('knows an empty table, a view, and a view with an explained query', () => {
  expect(estimateTable({ ...EMPLOYEES, rows: 0, bytes: 16_384 }, all, null)).toMatchObject({
    rows: 0,
    bytes: 0,
  });
  const view = { ...EMPLOYEES, rows: null, bytes: null };
  expect(estimateTable(view, all, null)).toMatchObject({ rows: null, bytes: null });
  expect(estimateTable(view, all, 7)).toMatchObject({
    rows: 7,
    basis: 'EXPLAIN rows × declared column widths',
  });
});

it('says what is known of a query', () => {
  expect(estimateQuery(5)).toEqual({ rows: 5, bytes: null, basis: 'EXPLAIN rows' });
  expect(estimateQuery(null)).toEqual({ rows: null, bytes: null, basis: 'unknown' });
});

it('counts the keys that JSON Lines repeat in every row', () => {
  const csv = estimateTable(EMPLOYEES, all, 10);
  const jsonl = estimateTable(EMPLOYEES, all, 10, 'jsonl');
  const keys = all.reduce((sum, { name }) => sum + name.length + 6, 0);
  expect(jsonl.bytes! - csv.bytes!).toBe(10 * keys);
});
