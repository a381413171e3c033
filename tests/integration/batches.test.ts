/** Batches: their union is the table, each row exactly once, and none is larger than the threshold. */
import type { RowDataPacket } from 'mysql2';
import { crc32 } from 'node:zlib';
import { loadLargeTable } from '../support/hr.ts';
import { testInstallation, type Exported, type TestInstallation } from '../support/installation.ts';
import { parseCsv } from '../support/parse-csv.ts';

const THRESHOLD_MB = 0.05;
const ROWS = 5000;

let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation();
  await loadLargeTable(here.database.connection, ROWS);
  await sql(`
    CREATE TABLE ties (a INT NULL, b VARCHAR(10) NULL, filler CHAR(40) NOT NULL, n INT NOT NULL);
    INSERT INTO ties SELECT IF(id % 3 = 0, NULL, id % 5), IF(id % 4 = 0, NULL, id % 7), REPEAT('f', 40), id FROM events;
    ANALYZE TABLE events; ANALYZE TABLE ties`);
});
afterAll(() => here.close());

const sql = async (text: string): Promise<RowDataPacket[]> =>
  (await here.database.connection.query<RowDataPacket[]>(text))[0];

const exportTable = (table: Readonly<Record<string, unknown>>, fields = {}): Promise<Exported> =>
  here.export({ table, batch_threshold_mb: THRESHOLD_MB, ...fields });

/** All rows of all objects, in order. */
const union = ({ objects }: Exported) => objects.flatMap((object) => parseCsv(object).rows);

it('are numbered from 0, begin with the header each, and stay below the threshold', async () => {
  const exported = await exportTable({ name: 'events' }, { task_name: 'numbered' });
  const { report, objects, manifest } = exported;
  expect(objects.length).toBeGreaterThan(5);
  const stamp = report.scheduled_for.replace(/\D/g, '').slice(0, 14);
  expect(report.files.map(({ key, batch }) => [key, batch])).toEqual(
    objects.map((_, batch) => [`numbered/events_${stamp}_${batch}.csv`, batch]),
  );
  for (const object of objects) {
    expect(object.length).toBeLessThanOrEqual(THRESHOLD_MB * 1e6);
    expect(parseCsv(object).header).toEqual(['id', 'customer', 'amount', 'note', 'created_at']);
  }
  // As full as they can be: the first row of the next would not have fitted.
  for (const [index, object] of objects.slice(0, -1).entries()) {
    const next = objects[index + 1]!;
    const header = next.indexOf('\n') + 1;
    const [first] = parseCsv(next).rows;
    const firstBytes = Buffer.byteLength(first!.map(String).join(','));
    expect(object.length + firstBytes + 10 + header).toBeGreaterThan(THRESHOLD_MB * 1e6 - 200);
  }
  expect(
    manifest.entries.map(({ meta, crc32: crc }) => [meta.content_length, meta.record_count, crc]),
  ).toEqual(
    objects.map((object) => [
      object.length,
      parseCsv(object).rows.length,
      crc32(object).toString(16).padStart(8, '0'),
    ]),
  );
  expect(manifest).toMatchObject({ rows: ROWS, bytes: objects.reduce((sum, { length }) => sum + length, 0) });
});

it('hold the same rows as the table exported as one object', async () => {
  const batched = await exportTable({ name: 'events' });
  const whole = await exportTable({ name: 'events' }, { batch_threshold_mb: 100 });
  expect(whole.objects).toHaveLength(1);
  expect(whole.report.files[0]!.batch).toBeNull();
  expect(union(batched)).toEqual(whole.csv('events').rows);
});

it.each([
  ['a column with NULLs and ties', 'a'],
  ['several columns with NULLs and ties', ['a', 'b']],
  ['nothing, and there is no primary key', undefined],
])('hold each row once, ordered by %s', async (_, order) => {
  const exported = await exportTable({
    name: 'ties',
    ...(order === undefined ? {} : { split_order: order }),
  });
  expect(exported.objects.length).toBeGreaterThan(3);
  const rows = union(exported);
  expect(rows.map((row) => Number(row[3])).toSorted((x, y) => x - y)).toEqual(
    Array.from({ length: ROWS }, (__, index) => index + 1),
  );
  const columns = [order ?? []].flat();
  const expected =
    columns.length === 0 ? null : await sql(`SELECT a, b FROM ties ORDER BY ${columns.join(', ')}`);
  const position = (name: string): number => ['a', 'b'].indexOf(name);
  expect(expected === null || rows.map((row) => columns.map((name) => row[position(name)]).join())).toEqual(
    expected === null ||
      expected.map((row) => columns.map((name) => (row[name] === null ? null : String(row[name]))).join()),
  );
});

it('of a filtered table are of what passes the filter', async () => {
  const exported = await exportTable({ name: 'events', filters: { id: { condition: '>', metric: 1000 } } });
  expect(union(exported).map((row) => row[0])).toEqual(
    Array.from({ length: ROWS - 1000 }, (_, index) => String(index + 1001)),
  );
});

it('follow the key template', async () => {
  const { report } = await exportTable(
    { name: 'events' },
    { task_name: 'templated', key_template: 'hive/dt={date}/{table}-{batch}.{ext}' },
  );
  const date = report.scheduled_for.slice(0, 10);
  expect(report.files.map(({ key }) => key)).toEqual(
    report.files.map((_, batch) => `hive/dt=${date}/events-${batch}.csv`),
  );
});

it('give a row larger than the threshold an object of its own', async () => {
  await sql(`
    CREATE TABLE large_rows (id INT PRIMARY KEY, t LONGTEXT);
    INSERT INTO large_rows SELECT id, REPEAT('r', IF(id % 10 = 5, 80000, 2000)) FROM events WHERE id <= 40;
    ANALYZE TABLE large_rows`);
  const { objects } = await exportTable({ name: 'large_rows' });
  const parsed = objects.map((object) => parseCsv(object).rows);
  expect(parsed.flat().map((row) => Number(row[0]))).toEqual(
    Array.from({ length: 40 }, (_, index) => index + 1),
  );
  for (const [index, rows] of parsed.entries()) {
    expect(rows.length === 1 || objects[index]!.length <= THRESHOLD_MB * 1e6).toBe(true);
  }
});

it('of several tables are numbered for each', async () => {
  const { report } = await here.export({
    table: [{ name: 'events' }, { name: 'ties' }],
    batch_threshold_mb: THRESHOLD_MB,
  });
  for (const table of ['events', 'ties']) {
    const batches = report.files.filter((file) => file.table === table).map(({ batch }) => batch);
    expect(batches.length).toBeGreaterThan(1);
    expect(batches).toEqual(batches.map((_, index) => index));
  }
});
