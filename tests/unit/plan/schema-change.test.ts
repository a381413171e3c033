/** What has changed between two runs, in words, and what becomes of it. */
import type { SchemaChange, TableSchema } from '../../../src/domain/plan.ts';
import {
  changesOf,
  compareSchemas,
  refuseSchemaChanges,
  schemasOf,
  withSchemaChanges,
} from '../../../src/plan/schema-change.ts';
import { planOf, specOf } from './sample.ts';

const COLUMNS: TableSchema['columns'] = [
  { name: 'id', mysqlType: 'int', nullable: false },
  { name: 'name', mysqlType: 'varchar(20)', nullable: true },
  { name: 'salary', mysqlType: 'decimal(8,2)', nullable: true },
];
const BEFORE: TableSchema = { table: 'staff', columns: COLUMNS };
const [ID, NAME, SALARY] = COLUMNS as [
  TableSchema['columns'][0],
  TableSchema['columns'][0],
  TableSchema['columns'][0],
];

const since = (columns: TableSchema['columns']): SchemaChange[] =>
  compareSchemas(BEFORE, { table: 'staff', columns });
const words = (columns: TableSchema['columns']): string[] => since(columns).map(({ message }) => message);

describe('two schemas', () => {
  it('that are the same differ in nothing', () => {
    expect(since([...COLUMNS])).toEqual([]);
  });

  it('tell a type from the other, for people and for programs', () => {
    expect(since([ID, NAME, { ...SALARY, mysqlType: 'decimal(10,2)' }])).toEqual([
      {
        table: 'staff',
        column: 'salary',
        change: 'type',
        before: 'decimal(8,2)',
        after: 'decimal(10,2)',
        message: 'staff: column salary changed from decimal(8,2) to decimal(10,2).',
      },
    ]);
  });

  it('tell what is gone and what is new, and where it stands', () => {
    const note = { name: 'note', mysqlType: 'text', nullable: true };
    expect(words([ID, note, SALARY])).toEqual([
      'staff: column name (varchar(20)) is gone.',
      'staff: column note (text) is new, before column salary.',
    ]);
    expect(words([...COLUMNS, note])).toEqual(['staff: column note (text) is new.']);
    expect(since([ID, NAME])).toMatchObject([{ column: 'salary', change: 'removed', after: null }]);
  });

  it('tell who may be NULL', () => {
    expect(words([{ ...ID, nullable: true }, { ...NAME, nullable: false }, SALARY])).toEqual([
      'staff: column id may now be NULL.',
      'staff: column name can no longer be NULL.',
    ]);
    expect(since([{ ...ID, nullable: true }, NAME, SALARY])).toMatchObject([
      { change: 'nullability', before: 'NOT NULL', after: 'NULL' },
    ]);
  });

  it('tell another order, of what is in both', () => {
    expect(since([SALARY, ID, NAME])).toMatchObject([
      { column: null, change: 'order', before: 'id, name, salary', after: 'salary, id, name' },
    ]);
    // A new or missing column alone does not reorder the others.
    expect(since([NAME, SALARY]).map(({ change }) => change)).toEqual(['removed']);
  });

  it('tell several things of one column', () => {
    expect(words([ID, { ...NAME, mysqlType: 'varchar(40)', nullable: false }, SALARY])).toHaveLength(2);
  });
});

const plan = planOf(specOf());
const FILES = [{ table: 'employees' }];
const written = schemasOf(plan.exports, FILES);
const older = (name: string, mysqlType: string): TableSchema[] =>
  written.map(({ table, columns }) => ({
    table,
    columns: columns.map((column) => (column.name === name ? { ...column, mysqlType } : column)),
  }));

describe('what is remembered of a run', () => {
  it('are the names, types and nullability that it wrote, without display widths', () => {
    expect(written[0]).toMatchObject({ table: 'employees' });
    expect(written[0]!.columns.slice(0, 2)).toEqual([
      { name: 'employee_id', mysqlType: 'int unsigned', nullable: false },
      { name: 'Last_Name', mysqlType: 'varchar(40)', nullable: true },
    ]);
  });

  it.each([
    ['int(11)', 'int'],
    ['bigint(20) unsigned', 'bigint unsigned'],
    ['tinyint(1)', 'tinyint'],
    ['year(4)', 'year'],
    ['int(5) unsigned zerofill', 'int(5) unsigned zerofill'],
    ['varchar(20)', 'varchar(20)'],
    ['bit(8)', 'bit(8)'],
    ['decimal(10,2)', 'decimal(10,2)'],
  ])('takes %s for %s', (mysqlType, expected) => {
    const columns = [{ name: 'a', mysqlType, nullable: true, kind: 'number' as const }];
    const [schema] = schemasOf([{ name: 't', columns }], [{ table: 't' }]);
    expect(schema!.columns[0]!.mysqlType).toBe(expected);
  });

  it('is nothing of a table of which no object was written', () => {
    expect(schemasOf(plan.exports, [])).toEqual([]);
    const [change] = withSchemaChanges(plan, 'warn', older('salary', 'double')).schemaChanges;
    expect(changesOf([change!], FILES)).toEqual([change]);
    expect(changesOf([change!], [{ table: 'jobs' }])).toEqual([]);
  });
});

describe('a plan', () => {
  it('of a first run, or of a table that is new to the task, has nothing to compare with', () => {
    expect(withSchemaChanges(plan, 'warn', []).schemaChanges).toEqual([]);
    expect(withSchemaChanges(plan, 'warn', [{ table: 'jobs', columns: [] }])).toEqual(plan);
  });

  it('warns of every change', () => {
    const changed = withSchemaChanges(plan, 'warn', older('salary', 'double'));
    expect(changed.warnings).toEqual([
      ...plan.warnings,
      'employees: column salary changed from double to float.',
    ]);
    expect(changed.schemaChanges).toHaveLength(1);
  });

  it('says nothing where nobody wants to know', () => {
    expect(withSchemaChanges(plan, 'ignore', older('salary', 'double'))).toBe(plan);
  });

  it('is refused where the spec says so, with what to do', () => {
    const changed = withSchemaChanges(plan, 'fail', older('salary', 'double'));
    const refuse = (onSchemaChange: 'warn' | 'fail'): void =>
      refuseSchemaChanges(changed, { onSchemaChange, file: 'specs/staff.json' });
    expect(() => refuse('fail')).toThrow(
      expect.objectContaining({
        code: 'SCHEMA_CHANGED',
        retryable: false,
        message: expect.stringContaining('column salary changed from double to float'),
        hint: expect.stringContaining('tidemark run -s specs/staff.json --accept-schema-change'),
      }),
    );
    expect(() => refuse('warn')).not.toThrow();
    expect(() => refuseSchemaChanges(plan, { onSchemaChange: 'fail', file: 'a' })).not.toThrow();
  });

  it('names ten changes in an error, and how many more there are', () => {
    const columns = Array.from({ length: 15 }, (_, index) => ({
      name: `gone_${index}`,
      mysqlType: 'int',
      nullable: true,
    }));
    const before = [{ table: 'employees', columns: [...columns, ...written[0]!.columns] }];
    const changed = withSchemaChanges(plan, 'fail', before);
    expect(() => refuseSchemaChanges(changed, { onSchemaChange: 'fail', file: 'a' })).toThrow(
      /gone_9 \(int\) is gone\. And 5 more changes\.$/,
    );
  });
});
