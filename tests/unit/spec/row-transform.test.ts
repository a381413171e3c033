/** `row_transform`: what is accepted, what it stands for, and what each fault says. */
import { rowTransformPlace } from '../../../src/spec/row-transform.ts';
import { messages, spec } from './documents.ts';

const of = (transform: unknown) => spec({ row_transform: transform }).rowTransform;
const faults = (transform: unknown): string[] => messages({ row_transform: transform });

it('is a module, with the defaults for all else', () => {
  expect(spec().rowTransform).toBeNull();
  expect(of(null)).toBeNull();
  const defaults = { tables: null, columns: null, timeoutMs: 30_000, memoryMb: 256 };
  expect(of('a/explode.ts')).toEqual({ module: 'a/explode.ts', ...defaults });
  expect(of({ module: 'explode.mjs' })).toEqual({ module: 'explode.mjs', ...defaults });
});

it('takes columns, tables and limits', () => {
  const columns = [
    { name: 'a', type: 'Decimal( 10 , 2 ) unsigned' },
    { name: 'b', type: 'BOOLEAN', nullable: false },
  ];
  const declared = [
    { name: 'a', type: 'decimal(10,2) unsigned', nullable: true },
    { name: 'b', type: 'tinyint(1)', nullable: false },
  ];
  expect(of({ module: 'a.js', columns, tables: ['employees'], timeout: '2 minutes', memory_mb: 64 })).toEqual(
    { module: 'a.js', columns: declared, tables: ['employees'], timeoutMs: 120_000, memoryMb: 64 },
  );
  expect(of({ module: 'a.js', columns: { employees: columns } })?.columns).toEqual({
    byTable: { employees: declared },
  });
});

it.each([
  ['int', 'int'],
  ['INTEGER', 'int'],
  ['bigint(20) unsigned', 'bigint(20) unsigned'],
  ['numeric(5)', 'decimal(5,0)'],
  ['decimal', 'decimal(10,0)'],
  ['datetime(6)', 'datetime(6)'],
  ['time(0)', 'time'],
  ['varchar(40)', 'varchar(40)'],
  ['bit(64)', 'bit(64)'],
  ['json', 'json'],
  ['varbinary(16)', 'varbinary(16)'],
])('knows the type %s', (written, type) => {
  expect(of({ module: 'a.js', columns: [{ name: 'x', type: written }] })?.columns).toEqual([
    { name: 'x', type, nullable: true },
  ]);
});

it.each([
  'varchar',
  'varchar(0)',
  'bit(65)',
  'decimal(66,0)',
  'decimal(5,6)',
  'double(5,2)',
  'text unsigned',
  'datetime(7)',
  'boolean(1)',
  'int(1,2)',
  "enum('a')",
  'geometry',
  'constructor',
  'int; DROP TABLE x',
])('knows no type %s', (type) => {
  const [fault, ...others] = faults({ module: 'a.js', columns: [{ name: 'x', type }] });
  expect(others).toEqual([]);
  expect(fault).toMatch(/^row_transform\.columns\[0\]\.type: found ".*Allowed: int, bigint,/);
});

it.each<[unknown, string]>([
  ['../a.ts', 'row_transform: found "../a.ts". Allowed: a path inside transforms_dir, such as'],
  ['/etc/a.ts', 'row_transform: found "/etc/a.ts". Allowed: a path inside'],
  ['a\\..\\b.js', 'row_transform: found "a\\\\..\\\\b.js". Allowed: a path inside'],
  ['a.py', 'row_transform: found "a.py". Allowed: a module that ends in .js, .mjs, .ts or .mts.'],
  ['a.cjs', 'row_transform: found "a.cjs". Allowed: a module that ends in'],
  ['a\0.js', 'row_transform: found a NUL character in a name. Remove it.'],
  [5, 'row_transform: found 5. Allowed: a module such as "explode-tags.ts", or'],
  [{}, 'row_transform.module: is missing; it is required, such as "explode-tags.ts".'],
  [{ module: 'x/../../a.js' }, 'row_transform.module: found'],
  [
    { module: 'a.js', colums: [] },
    'row_transform.colums: found the unknown key "colums". Did you mean "columns"?',
  ],
  [{ module: 'a.js', columns: [] }, 'row_transform.columns: found an empty list.'],
  [
    { module: 'a.js', tables: ['employes'] },
    'row_transform.tables[0]: found "employes", which the task does not export. Did you mean "employees"?',
  ],
  [
    { module: 'a.js', columns: { x: [{ name: 'a', type: 'int' }] } },
    'row_transform.columns.x: found "x", which the task does not export. Allowed: "employees".',
  ],
  [
    {
      module: 'a.js',
      columns: [
        { name: 'a', type: 'int' },
        { name: 'A', type: 'int' },
      ],
    },
    'row_transform.columns[1].name: found "A" a second time.',
  ],
  [
    { module: 'a.js', columns: [{ name: 'a', type: 'integr' }] },
    'row_transform.columns[0].type: found "integr". Did you mean "integer"?',
  ],
  [
    { module: 'a.js', timeout: '1 month' },
    'row_transform.timeout: found "1 month"; months and years have no fixed length.',
  ],
  [
    { module: 'a.js', timeout: '2 days' },
    'row_transform.timeout: found "2 days". Allowed: a span of time such as "30 seconds"',
  ],
  [
    { module: 'a.js', memory_mb: 16 },
    'row_transform.memory_mb: found 16. Allowed: a whole number from 32 to 65536.',
  ],
])('refuses %j', (transform, message) => {
  const found = faults(transform);
  expect(found).toHaveLength(1);
  expect(found[0]!.slice(0, message.length)).toBe(message);
});

it('names a custom query by its task', () => {
  const query = { table: undefined, query: { custom: 'SELECT 1 AS a' } };
  const tables = ['employees'];
  expect(spec({ ...query, row_transform: { module: 'a.js', tables } }).rowTransform?.tables).toEqual(tables);
});

it('is found in the text of a spec', () => {
  const text = '{\n  "task_name": "a",\n  "row_transform": "x.js"\n}';
  expect(rowTransformPlace(text, 'a.json')).toEqual({ line: 3, column: 20 });
  const object = '{ "row_transform": {\n  "timeout": "1 minute",\n  "module": "x.js" } }';
  expect(rowTransformPlace(object, 'a.json')).toEqual({ line: 3, column: 13 });
  expect(rowTransformPlace('{', 'a.json')).toEqual({ line: 1, column: 1 });
});
