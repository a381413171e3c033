/** No name of a table or task leaves its place in the bucket, and no two names meet in one key. */
import fc from 'fast-check';
import { keyPattern, manifestKey, objectKey, stampOf } from '../../../src/plan/keys.ts';
import type { KeyParts } from '../../../src/plan/keys.ts';
import { RUN, STAMP } from './sample.ts';

function key(parts: Partial<KeyParts> = {}): string {
  return keyPattern({
    prefix: 'exports/',
    template: null,
    task: 'staff',
    table: 'employees',
    extension: 'csv',
    batched: false,
    ...RUN,
    ...parts,
  });
}

it('stamps in UTC, to the second', () => {
  expect(stampOf(new Date('2026-01-02T23:59:59.999+05:00'))).toBe('20260102185959');
});

it('is the contract’s by default', () => {
  expect(key()).toBe(`exports/staff/employees_${STAMP}.csv`);
  const batched = key({ batched: true });
  expect([0, 1, 12].map((batch) => objectKey(batched, batch))).toEqual([
    `exports/staff/employees_${STAMP}_0.csv`,
    `exports/staff/employees_${STAMP}_1.csv`,
    `exports/staff/employees_${STAMP}_12.csv`,
  ]);
  expect(manifestKey('exports/', 'staff', STAMP)).toBe(`exports/staff/_manifest_${STAMP}.json`);
});

it.each<[string, boolean, string]>([
  ['{task}/dt={date}/{table}.{ext}', false, 'staff/dt=2026-07-01/employees.csv'],
  ['{task}/dt={date}/{table}.{ext}', true, 'staff/dt=2026-07-01/employees_3.csv'],
  [
    'y={year}/m={month}/d={day}/{hour}{minute}/{table}-{batch}.{ext}',
    true,
    'y=2026/m=07/d=01/0203/employees-3.csv',
  ],
  ['y={year}/{table}-{batch}.{ext}', false, 'y=2026/employees-0.csv'],
  ['{batch}/{table}', true, '3/employees'],
  ['{table}', true, 'employees_3'],
  ['v1.2/{table}', true, 'v1.2/employees_3'],
  ['{table}.data', true, 'employees_3.data'],
  ['{table}.{ext}.bak', true, 'employees_3.csv.bak'],
  ['{run_id}/{stamp}', false, `${RUN.runId}/${STAMP}`],
  ['{unknown}/{table}', false, '{unknown}/employees'],
])('template %s, batched: %s', (template, batched, expected) => {
  expect(objectKey(key({ template, batched, prefix: '' }), batched ? 3 : null)).toBe(expected);
});

describe('hostile names', () => {
  it.each([
    ['../x', '..%2Fx'],
    ['a/b', 'a%2Fb'],
    ['%2F', '%252F'],
    ['.', '%2E'],
    ['..', '%2E.'],
    ['a b', 'a%20b'],
    ['{batch}', '%7Bbatch%7D'],
    ['{table}', '%7Btable%7D'],
    ['a\nb\0', 'a%0Ab%00'],
    ['größe', 'größe'],
    ['社員', '社員'],
    ['🚲', '%F0%9F%9A%B2'],
    ['e\u0301', 'e%CC%81'],
    ['$&', '%24%26'],
  ])('%j becomes %s', (table, segment) => {
    expect(key({ table })).toBe(`exports/staff/${segment}_${STAMP}.csv`);
    expect(manifestKey('', table, STAMP)).toBe(`${segment}/_manifest_${STAMP}.json`);
  });

  const name = fc.oneof(
    fc.string({
      unit: fc.constantFrom('.', '/', '%', '2', 'F', 'E', '{', '}', '$', '&', '_', 'a', ' ', '\\', '🚲'),
      minLength: 1,
    }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }),
  );
  const templates = fc.constantFrom(null, '{task}/{table}', '{table}/{batch}.{ext}', 'x_{table}.{ext}');

  it('never leave the prefix, and never are a folder', () => {
    fc.assert(
      fc.property(name, name, templates, fc.boolean(), (task, table, template, batched) => {
        const found = objectKey(key({ task, table, template, batched }), batched ? 7 : null);
        expect(found.startsWith('exports/')).toBe(true);
        const folders = found.slice('exports/'.length).split('/');
        expect(folders).toHaveLength((template ?? '{task}/{table}').split('/').length);
        expect(folders.every((folder) => !/^\.{0,2}$/.test(folder))).toBe(true);
        expect(found).toMatch(/^[\p{L}\p{N}._%/-]+$/u);
      }),
    );
  });

  it('never give one key to two', () => {
    fc.assert(
      fc.property(name, name, templates, (first, second, template) => {
        fc.pre(first !== second);
        expect(key({ table: first, template })).not.toBe(key({ table: second, template }));
      }),
      { numRuns: 200 },
    );
  });
});
