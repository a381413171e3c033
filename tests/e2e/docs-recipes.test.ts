/** docs/recipes.md: its SQL is what `plan --ddl` prints of its task, and in DuckDB it is executed. */
import { DuckDBInstance } from '@duckdb/node-api';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RunReport } from '../../src/domain/run.ts';
import { WAREHOUSES } from '../../src/describe/warehouses.ts';
import { blocksIn, pageOf } from '../support/markdown.ts';
import { waitFor } from '../support/wait-for.ts';
import { openSite, type Place, type Site } from './site.ts';

const page = pageOf('docs/recipes.md');
const task = JSON.parse(blocksIn(page, 'json')[0]!.text) as {
  table: { cdc: { updated_at: object } };
};
const PREFIX = 'tidemark/';

let site: Site;
let place: Place;
beforeAll(async () => {
  site = await openSite();
  await site.database.connection.query(`
    CREATE TABLE orders (
      order_id INT PRIMARY KEY AUTO_INCREMENT,
      customer VARCHAR(60) NOT NULL,
      total DECIMAL(10,2) NOT NULL,
      updated_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
      INDEX (updated_at)
    );
    INSERT INTO orders (customer, total, updated_at) VALUES
      ('Ada', 19.90, '2026-01-05 10:00:00'), ('Grace', 250.00, '2026-01-06 11:30:00')`);
  place = await site.place({ sink: { prefix: PREFIX } });
});
afterAll(() => site.stop());

/** The block behind the command that prints it. */
function shown(warehouse: string): string {
  const command = page.blocks.findIndex(({ text }) => text.endsWith(`--ddl ${warehouse}`));
  return page.blocks[command + 1]!.text;
}

/** Without the time of the run. */
function timeless(sql: string): string {
  return sql
    .replace(/(?<!\d)\d{14}(?!\d)/g, 'STAMP')
    .replace(/\b\d{4}-\d\d-\d\d\b/g, 'DATE')
    .trim();
}

it.each(WAREHOUSES)('shows the statements for %s', async (warehouse) => {
  const { sinks, ...config } = place.config as { sinks: { s3: { region: string } } };
  const s3 = { ...sinks.s3, bucket: 'my-exports', region: 'eu-west-1' };
  const other = await site.place({ config: { ...config, sinks: { s3 } } });
  const { code, stdout } = await other.tidemark(
    'plan',
    '-s',
    other.writeSpec('orders', task),
    '--ddl',
    warehouse,
  );
  expect(code).toBe(0);
  expect(timeless(shown(warehouse))).toBe(timeless(stdout));
});

it('holds every version in DuckDB, and shows the newest', async () => {
  Object.assign(task.table.cdc.updated_at, { lag: '1 second' });
  const spec = place.writeSpec('orders', { ...task, on_empty: 'skip', retries: 0 });
  const rowsRead = async (): Promise<number> => {
    const { code, stdout } = await place.tidemark('run', '-s', spec, '--json');
    expect(code).toBe(0);
    return (JSON.parse(stdout) as RunReport).tables[0]!.rows;
  };
  expect(await rowsRead()).toBe(2);
  await site.database.connection.query('UPDATE orders SET total = 20.40 WHERE order_id = 1');
  await waitFor('the second version', async () => (await rowsRead()) || null);

  const folder = place.path('objects');
  for (const key of await place.keys()) {
    const file = path.join(folder, key);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, await site.s3.get(place.bucket, key));
  }
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const duck = await instance.connect();
  await duck.run(shown('duckdb').replaceAll('s3://my-exports', folder));
  await duck.run(blocksIn(page, 'sql').find(({ text }) => text.startsWith('CREATE VIEW'))!.text);
  const versions = await duck.runAndReadAll('SELECT count(*)::VARCHAR FROM orders');
  const newest = await duck.runAndReadAll(
    'SELECT order_id::VARCHAR, total::VARCHAR FROM orders_now ORDER BY 1',
  );
  expect([versions.getRows(), newest.getRows()]).toEqual([
    [['3']],
    [
      ['1', '20.40'],
      ['2', '250.00'],
    ],
  ]);
  duck.closeSync();
  instance.closeSync();
});
