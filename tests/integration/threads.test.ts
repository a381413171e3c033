/** Reading in threads: the same rows as in this one, from every format, and the same failures. */
import { loadLargeTable } from '../support/hr.ts';
import { testInstallation, type TestInstallation } from '../support/installation.ts';

let here: TestInstallation;
beforeAll(async () => {
  here = await testInstallation({ threads: true });
  await loadLargeTable(here.database.connection, 5000);
  await here.database.connection.query(`
    CREATE TABLE other (id INT PRIMARY KEY, name VARCHAR(20), at DATE);
    INSERT INTO other SELECT id, CONCAT('name ', id), IF(id % 10 = 0, '0000-00-00', '2026-01-01') FROM events WHERE id <= 1000;
    CREATE TABLE empty_one (id INT PRIMARY KEY);
    ANALYZE TABLE events; ANALYZE TABLE other`);
});
afterAll(() => here.close());

const inThisThread = { crews: null };

it.each([
  { output_file_format: 'csv' },
  { output_file_format: 'jsonl', compression: 'gzip' },
  { output_file_format: 'csv', compression: 'zstd' },
])('gives byte for byte what one connection in this thread gives: %p', async (format) => {
  const tables = [{ name: 'events' }, { name: 'other' }, { name: 'empty_one' }];
  const spec = here.spec({ table: tables, parallelism: 3, ...format });
  const threads = await here.runSpec(spec);
  const alone = await here.runSpec({ ...spec, parallelism: 1 }, undefined, inThisThread);
  expect([threads.error, alone.error]).toEqual([null, null]);
  const contents = async ({ report }: typeof alone): Promise<string[]> => {
    const bodies = [];
    for (const { key, table: name } of report.files)
      bodies.push(`${name} ${(await here.s3.get(here.bucket, key)).toString('base64')}`);
    return bodies;
  };
  expect(await contents(threads)).toEqual(await contents(alone));
  expect(threads.report.tables).toEqual(alone.report.tables);
  expect(threads.report.warnings).toEqual(alone.report.warnings);
});
