/** The tasks of the soak: every way in which a run reads, writes and ends, over one small table. */
import type { Connection } from 'mysql2/promise';

const ROWS = 2000;

export async function loadOrders(connection: Connection): Promise<void> {
  await connection.query(`
    CREATE TABLE orders (
      id INT UNSIGNED PRIMARY KEY,
      customer VARCHAR(40) NOT NULL,
      amount DECIMAL(12, 2) NOT NULL,
      updated_at DATETIME(3) NOT NULL,
      note TEXT,
      KEY (updated_at))`);
  const rows = Array.from({ length: ROWS }, (_, id) => [
    id,
    `customer ${id % 97}`,
    id / 4,
    new Date(),
    'x'.repeat(60),
  ]);
  await connection.query('INSERT INTO orders VALUES ?', [rows]);
}

/** One row changes, so that the tasks with watermarks have something to read. */
export async function changeOrder(connection: Connection, id: number): Promise<void> {
  await connection.query('UPDATE orders SET updated_at = NOW(3), amount = amount + 1 WHERE id = ?', [
    id % ROWS,
  ]);
}

/** @param everyMinutes each task fires once in so many minutes; in each minute, tasks of every kind do. */
export function soakSpec(number: number, everyMinutes: number): object {
  const minutes = everyMinutes === 1 ? '*' : `${Math.floor(number / 60) % everyMinutes}-59/${everyMinutes}`;
  const table = {
    name: 'orders',
    filters: { id: { condition: 'between', metric: [number, number + 200] } },
    split_order: 'id',
  };
  return {
    task_name: `task_${number}`,
    schedule: `${number % 60} ${minutes} * * * *`,
    ...KINDS[number % KINDS.length]!(table, number),
    owner: { name: 'Bench', email: 'bench@example.com' },
    source: 'mysql',
    sink: 's3',
    retries: 0,
  };
}

type Table = Readonly<Record<string, unknown>>;

const KINDS: readonly ((table: Table, number: number) => object)[] = [
  (table) => ({ table }),
  (table) => ({ table, compression: 'gzip' }),
  (table) => ({ table, output_file_format: 'jsonl', compression: 'zstd' }),
  (table) => ({ table, output_file_format: 'parquet' }),
  (table) => ({
    table: { ...table, cdc: { updated_at: { mode: 'watermark', initial: '2026-01-01 00:00:00' } } },
  }),
  () => ({ query: { custom: 'SELECT customer, SUM(amount) AS amount FROM orders GROUP BY customer' } }),
  (table) => ({ table: [table, { name: 'orders', columns: ['id', 'note'], split_order: 'id' }] }),
  (table) => ({ table: { ...table, columns: ['id', 'customer', 'amount'] }, output_file_format: 'tsv' }),
  (table) => ({ table, batch_threshold_mb: 0.005 }),
  // Two in a hundred fail at each of their times.
  (table, number) => (number % 50 === 9 ? { table: { ...table, columns: ['id', 'gone'] } } : { table }),
];
