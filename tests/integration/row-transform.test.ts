/** `row_transform` from a real table to published objects: rows, counts, batches, warnings, failures. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { testInstallation, type TestInstallation } from '../support/installation.ts';
import { byHand } from '../support/runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidemark-modules-'));
const write = (name: string, source: string): void => writeFileSync(join(folder, name), source);

let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation({ config: { transforms_dir: folder } });
  await here.database.connection.query(
    `CREATE TABLE orders (
       id BIGINT UNSIGNED PRIMARY KEY, customer VARCHAR(20) NOT NULL, total DECIMAL(10,2) NULL, tags TEXT NULL,
       day DATE NULL, at TIMESTAMP(3) NULL, ratio DOUBLE NULL, share FLOAT NULL, flags BIT(3) NULL, raw VARBINARY(8) NULL
     ) ENGINE = InnoDB;
     INSERT INTO orders VALUES
       (1, 'ann', 10.50, 'a,b', '2026-03-01', '2026-03-01 12:00:00.250', 0.1, 0.1, b'101', x'00ff'),
       (2, 'bob, jr.', NULL, '', NULL, NULL, NULL, NULL, NULL, NULL),
       (18446744073709551615, 'c "c"', 99999999.99, 'x', '2026-03-02', NULL, -1.5e-7, 16777216, b'000', '');
     CREATE TABLE plain (id INT PRIMARY KEY) ENGINE = InnoDB;
     INSERT INTO plain VALUES (7)`,
  );
});
afterAll(async () => {
  await here.close();
  rmSync(folder, { recursive: true });
});

const ORDERS = { table: { name: 'orders' } };

it.each(['csv', 'tsv', 'jsonl'])(
  'changes nothing of any value where a module changes nothing: %s',
  async (format) => {
    write('same.js', 'export const transformRow = (row) => ({ ...row });');
    const fields = { ...ORDERS, output_file_format: format, output_timezone: 'Europe/Berlin', binary: 'hex' };
    const untouched = await here.export(fields);
    const mapped = await here.export({ ...fields, row_transform: 'same.js' });
    // A number is written as JavaScript writes it: the same value.
    const expected = untouched.objects[0]!.toString().replace('-0.00000015', '-1.5e-7');
    expect(mapped.objects[0]!.toString()).toBe(expected);
  },
);

it('explodes rows into declared columns, and says in the manifest what was read', async () => {
  write(
    'explode.ts',
    `export const columns = [
       { name: 'id', type: 'bigint unsigned', nullable: false },
       { name: 'position', type: 'int', nullable: false },
       { name: 'tag', type: 'varchar(20)' },
     ];
     interface Order { id: number | bigint; tags: string | null }
     export function transformRow({ id, tags }: Order) {
       if (tags === null || tags === '') return null;
       return tags.split(',').map((tag, position) => ({ id, position, tag }));
     }`,
  );
  const { objects, report, manifest } = await here.export({ ...ORDERS, row_transform: 'explode.ts' });
  expect(objects[0]!.toString()).toBe('id,position,tag\n1,0,a\n1,1,b\n18446744073709551615,0,x\n');
  expect(report.tables[0]).toMatchObject({ rows: 3 });
  expect(manifest.rows).toBe(3);
  expect(manifest.entries[0]!.meta.record_count).toBe(3);
  expect(manifest.tables[0]).toMatchObject({
    rows: 3,
    rows_read: 3,
    row_transform: 'explode.ts',
    columns: [
      { name: 'id', type: 'bigint unsigned', nullable: false },
      { name: 'position', type: 'int', nullable: false },
      { name: 'tag', type: 'varchar(20)', nullable: true },
    ],
  });
});

it('writes Parquet, with the declared types', async () => {
  write(
    'typed.js',
    `export const columns = [{ name: 'id', type: 'bigint unsigned', nullable: false }, { name: 'total', type: 'decimal(12,3)' }, { name: 'tags', type: 'json' }];
     export const transformRow = ({ id, total, tags }) => ({ id, total, tags: tags === '' ? null : tags.split(',') });`,
  );
  const { objects } = await here.export({
    ...ORDERS,
    row_transform: 'typed.js',
    output_file_format: 'parquet',
  });
  const bytes = objects[0]!;
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const { schema } = parquetMetadata(file);
  expect(schema.slice(1).map((column) => [column.name, column.logical_type?.type])).toEqual([
    ['id', 'INTEGER'],
    ['total', 'DECIMAL'],
    ['tags', 'JSON'],
  ]);
  expect(await parquetReadObjects({ file, compressors })).toEqual([
    { id: 1n, total: 10.5, tags: ['a', 'b'] },
    { id: 2n, total: null, tags: null },
    { id: 18446744073709551615n, total: 99999999.99, tags: ['x'] },
  ]);
});

it('maps only the tables it is for, with what each of them declares', async () => {
  write(
    'shout.js',
    `export const columns = { orders: [{ name: 'who', type: 'varchar(20)' }] };
     export const transformBatch = (rows, { table }) => rows.map((row) => table === 'orders' ? { who: row.customer.toUpperCase() } : { ...row, id: row.id * 2 });`,
  );
  const tables = { table: [{ name: 'orders' }, { name: 'plain' }] };
  const all = await here.export({ ...tables, row_transform: 'shout.js' });
  expect(all.objects.map(String)).toEqual(['who\nANN\n"BOB, JR."\n"C ""C"""\n', 'id\n14\n']);
  const one = await here.export({ ...tables, row_transform: { module: 'shout.js', tables: ['orders'] } });
  expect(one.objects.map(String)).toEqual(['who\nANN\n"BOB, JR."\n"C ""C"""\n', 'id\n7\n']);
  const declared = await here.export({
    ...tables,
    row_transform: {
      module: 'shout.js',
      tables: ['orders'],
      columns: [{ name: 'who', type: 'text', nullable: false }],
    },
  });
  expect(declared.manifest.tables[0]!.columns).toEqual([{ name: 'who', type: 'text', nullable: false }]);
});

it('maps a custom query', async () => {
  write('sum.js', 'export const transformRow = (row, ctx) => ({ n: Number(row.n) + 1, who: ctx.table });');
  const { objects } = await here.export({
    task_name: 'counted-orders',
    query: { custom: 'SELECT COUNT(*) AS n FROM orders' },
    row_transform: {
      module: 'sum.js',
      columns: [
        { name: 'n', type: 'int' },
        { name: 'who', type: 'text' },
      ],
    },
  });
  expect(objects[0]!.toString()).toBe('n,who\n4,counted-orders\n');
});

it('treats a result of which nothing is left as an empty one', async () => {
  write('drop.js', 'export const transformRow = () => null;');
  const fields = { ...ORDERS, row_transform: 'drop.js' };
  expect(
    (
      await here.export({
        ...fields,
        row_transform: { module: 'drop.js', columns: [{ name: 'x', type: 'int' }] },
      })
    ).objects.map(String),
  ).toEqual(['x\n']);
  expect((await here.run({ ...fields, on_empty: 'skip' })).report).toMatchObject({
    status: 'succeeded',
    files: [],
  });
  expect((await here.run({ ...fields, on_empty: 'fail' })).error?.code).toBe('RESULT_EMPTY');
});

it('counts what the server sent, not what was made of it', async () => {
  write('twice.js', 'export const transformRow = (row) => [row, row];');
  const spec = here.spec({ ...ORDERS, row_transform: 'twice.js' });
  const { report } = await here.runSpec(spec, byHand(), { verifyCount: true });
  expect(report).toMatchObject({ status: 'succeeded', tables: [{ rows: 6 }] });
});

it('counts zero dates and writes TIMESTAMPs in the output zone, as of rows of the server', async () => {
  write(
    'dates.js',
    `export const transformRow = (row) => ({ day: row.id === 1 ? '0000-00-00' : row.day, at: row.at });`,
  );
  const columns = [
    { name: 'day', type: 'date' },
    { name: 'at', type: 'timestamp(3)' },
  ];
  const fields = {
    ...ORDERS,
    row_transform: { module: 'dates.js', columns },
    output_timezone: 'Europe/Berlin',
  };
  const { objects, report } = await here.export(fields);
  expect(objects[0]!.toString()).toBe('day,at\n,2026-03-01 13:00:00.250\n,\n2026-03-02,\n');
  expect(report.warnings).toEqual(['orders.day: 1 zero or partial dates written as NULL.']);
  expect((await here.run({ ...fields, zero_dates: 'fail' })).error?.code).toBe('ZERO_DATE');
});

it('rolls over by what is written', async () => {
  await here.database.connection.query(
    `CREATE TABLE wide (id INT PRIMARY KEY, text VARCHAR(2000)) ENGINE = InnoDB;
     INSERT INTO wide SELECT a.n * 20 + b.n, REPEAT('x', 1000) FROM
       (SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9) a,
       (SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9 UNION SELECT 10 UNION SELECT 11 UNION SELECT 12 UNION SELECT 13 UNION SELECT 14 UNION SELECT 15 UNION SELECT 16 UNION SELECT 17 UNION SELECT 18 UNION SELECT 19) b;
     ANALYZE TABLE wide`,
  );
  write('twice.js', 'export const transformRow = (row) => [row, row];');
  const { report, objects } = await here.export({
    table: { name: 'wide' },
    batch_threshold_mb: 0.05,
    row_transform: 'twice.js',
    csv: { header: false },
  });
  expect(report.tables[0]).toMatchObject({ rows: 400 });
  expect(objects.length).toBeGreaterThanOrEqual(8);
  expect(objects.every((object) => object.length <= 50_000)).toBe(true);
  const ids = Buffer.concat(objects)
    .toString()
    .trim()
    .split('\n')
    .map((line) => Number(line.split(',')[0]));
  expect(ids).toEqual(Array.from({ length: 400 }, (_, index) => Math.floor(index / 2)));
});

it('uses a changed module on the next run', async () => {
  write('changing.js', 'export const transformRow = () => ({ id: 1 });');
  const fields = { table: { name: 'plain' }, row_transform: 'changing.js' };
  expect((await here.export(fields)).objects.map(String)).toEqual(['id\n1\n']);
  write('changing.js', 'export const transformRow = () => ({ id: 2 });');
  expect((await here.export(fields)).objects.map(String)).toEqual(['id\n2\n']);
});

it('fails with the key of the row and leaves nothing behind', async () => {
  write(
    'fails.js',
    'export function transformRow(row) {\n  if (row.id === 2) throw new TypeError("no total");\n  return row;\n}\n',
  );
  const before = await here.traces();
  const { error, report } = await here.run({ ...ORDERS, row_transform: 'fails.js' });
  expect(error).toMatchObject({
    code: 'TRANSFORM_FAILED',
    message: 'fails.js:2:27 failed on the row id=2 (row 2): TypeError: no total',
    retryable: false,
  });
  expect(report.status).toBe('failed');
  expect(await here.traces()).toEqual(before);
  const gone = await here.run({ ...ORDERS, row_transform: 'gone.js' });
  expect(gone.error?.code).toBe('TRANSFORM_INVALID');
});

it('tries again what the module says can pass', async () => {
  write(
    'flaky.js',
    `import { existsSync, writeFileSync } from 'node:fs';
     const flag = new URL('./tried', import.meta.url);
     export function transformBatch(rows) {
       if (existsSync(flag)) return rows;
       writeFileSync(flag, '');
       throw Object.assign(new Error('busy'), { retryable: true });
     }`,
  );
  const { report } = await here.run({
    table: { name: 'plain' },
    row_transform: 'flaky.js',
    retries: { count: 1, first_delay: '0 seconds' },
  });
  expect(report).toMatchObject({ status: 'succeeded', attempts: 2 });
});

it('writes what the module says into the log of the run', async () => {
  write('says.js', 'export const transformRow = (row, ctx) => { ctx.log(`seen ${row.id}`); return row; };');
  const { logTail } = await here.run({ table: { name: 'plain' }, row_transform: 'says.js' });
  expect(logTail.filter((line) => line.includes('seen 7'))).toEqual([
    expect.stringMatching(/INFO.*seen 7.*table=plain/),
  ]);
});

it('makes memory no larger however many rows there are', async () => {
  await here.database.connection.query(
    `CREATE TABLE many (id INT PRIMARY KEY AUTO_INCREMENT, text VARCHAR(200)) ENGINE = InnoDB;
     INSERT INTO many (text) VALUES (REPEAT('y', 100))`,
  );
  for (let rows = 1; rows < 200_000; rows *= 2)
    await here.database.connection.query(
      `INSERT INTO many (text) SELECT text FROM many LIMIT ${Math.min(rows, 200_000 - rows)}`,
    );
  // The thread has room for a few batches, and not for a tenth of the rows.
  write(
    'many.js',
    'export const transformBatch = (rows) => rows.map((row) => ({ ...row, text: row.text + row.id }));',
  );
  const { report } = await here.run({
    table: { name: 'many' },
    row_transform: { module: 'many.js', memory_mb: 32 },
  });
  expect(report).toMatchObject({ status: 'succeeded', tables: [{ rows: 200_000 }] });
});
