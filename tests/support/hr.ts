/** Data for tests and the demo: a small human-resources schema, and one table as large as asked for. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Connection } from 'mysql2/promise';

const HR = path.join(import.meta.dirname, '../fixtures/hr.sql');
const MOST_ROWS = 10_000_000;

/** Creates and fills regions, countries, locations, jobs, departments, employees and dependents. */
export async function loadHr(connection: Connection): Promise<void> {
  await connection.query(readFileSync(HR, 'utf8'));
}

/**
 * Creates `events (id, customer, amount, note, created_at)` and fills it inside the server, about 100 bytes a row.
 * Notes hold commas, quotes, line breaks, letters beyond ASCII, empty strings and NULLs.
 * @param rows 1 to 10 million; ids are 1 to `rows`
 */
export async function loadLargeTable(connection: Connection, rows: number): Promise<void> {
  if (!Number.isInteger(rows) || rows < 1 || rows > MOST_ROWS) {
    throw new RangeError(`${rows} rows asked for; 1 to ${MOST_ROWS} are allowed`);
  }
  const digits = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS d`).join(' UNION ALL ');
  const places = String(rows - 1).length;
  const tables = Array.from({ length: places }, (_, place) => `(${digits}) AS p${place}`);
  const number = Array.from({ length: places }, (_, place) => `p${place}.d * ${10 ** place}`).join(' + ');
  await connection.query(`
    CREATE TABLE events (
      id INT PRIMARY KEY,
      customer VARCHAR(40) NOT NULL,
      amount DECIMAL(12,2) NOT NULL,
      note TEXT,
      created_at DATETIME NOT NULL
    ) ENGINE=InnoDB`);
  await connection.query(`
    INSERT INTO events (id, customer, amount, note, created_at)
    SELECT n + 1,
      CONCAT('customer-', LPAD(n * 7919 % 10007, 5, '0')),
      (n * 104729 % 20000003) / 100 - 50000,
      ELT(n % 8 + 1,
        CONCAT('parcel ', n, ' left on time'),
        CONCAT('weighed, sealed, sent; ', n * 31 % 997, ' kg'),
        CONCAT('said "tomorrow" and came after ', n % 17, ' days'),
        CONCAT('first line\\nsecond line of ', n),
        CONCAT('Größe ', n % 50, ' – дождь, 雨, 🌊'),
        CONCAT('it''s the ', n % 100, '. reminder about an invoice that nobody has opened so far'),
        '',
        NULL),
      '2020-01-01' + INTERVAL n * 13 SECOND
    FROM (SELECT ${number} AS n FROM ${tables.join(' CROSS JOIN ')}) AS numbers
    WHERE n < ${rows}`);
  await connection.query('ANALYZE TABLE events'); // the size estimate comes from these statistics
}
