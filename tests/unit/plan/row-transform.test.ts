/** What a module is given, and what is written of it. */
import type { RowTransform } from '../../../src/domain/spec.ts';
import { mappedColumns } from '../../../src/plan/row-transform.ts';
import { specOf } from './sample.ts';

const INPUT = [{ name: 'id', mysqlType: 'int', nullable: false, kind: 'number' as const }];
const transformOf = (more: Record<string, unknown> = {}): RowTransform =>
  specOf({ row_transform: { module: 'a.js', ...more } }).rowTransform!;
const TAG = { name: 'tag', type: 'varchar(5)', nullable: true };
const LEN = { name: 'len', type: 'bigint unsigned', nullable: false };

it('changes nothing where there is no module, or one for other tables', () => {
  expect(mappedColumns(null, 'employees', INPUT, ['id'], null)).toEqual({ columns: INPUT });
  const others = { ...transformOf(), tables: ['jobs'] };
  expect(mappedColumns(others, 'employees', INPUT, ['id'], [TAG])).toEqual({ columns: INPUT });
});

it('keeps the columns where none are declared, and knows the key', () => {
  expect(mappedColumns(transformOf(), 'employees', INPUT, ['id'], null)).toEqual({
    columns: INPUT,
    rowTransform: { module: 'a.js', input: INPUT, key: ['id'], timeoutMs: 30_000, memoryMb: 256 },
  });
});

it('writes what the module declares, for the table, unless the spec declares something', () => {
  const names = (transform: RowTransform, exported: Parameters<typeof mappedColumns>[4]) =>
    mappedColumns(transform, 'employees', INPUT, [], exported).columns.map(({ name }) => name);
  expect(names(transformOf(), [TAG, LEN])).toEqual(['tag', 'len']);
  expect(names(transformOf(), { byTable: { employees: [LEN], jobs: [TAG] } })).toEqual(['len']);
  expect(names(transformOf(), { byTable: { jobs: [TAG] } })).toEqual(['id']);
  expect(names(transformOf({ columns: [TAG] }), [LEN])).toEqual(['tag']);
  expect(names(transformOf({ columns: { employees: [TAG] } }), [LEN])).toEqual(['tag']);
});

it.each([
  ['bigint unsigned', 'number'],
  ['decimal(10,2)', 'number'],
  ['float', 'float32'],
  ['tinyint(1)', 'number'],
  ['bit(3)', 'bit'],
  ['date', 'date'],
  ['datetime(6)', 'datetime'],
  ['timestamp', 'timestamp'],
  ['time', 'text'],
  ['varchar(5)', 'text'],
  ['json', 'json'],
  ['varbinary(5)', 'binary'],
])('writes a declared %s as %s', (type, kind) => {
  const [column] = mappedColumns(transformOf(), 't', INPUT, [], [{ ...TAG, type }]).columns;
  expect(column).toEqual({ name: 'tag', mysqlType: type, nullable: true, kind });
});
