/**
 * The line-item table of the benchmark: 17 columns as a trading company has them, filled by the server itself from
 * arithmetic alone, so that every machine gets the same rows. 3 million rows are about 440 MB of CSV.
 */
import type { Connection } from 'mysql2/promise';

const COLUMNS = `
  l_id BIGINT NOT NULL PRIMARY KEY,
  l_orderkey INT NOT NULL,
  l_partkey INT NOT NULL,
  l_suppkey INT NOT NULL,
  l_linenumber INT NOT NULL,
  l_quantity DECIMAL(12,2) NOT NULL,
  l_extendedprice DECIMAL(12,2) NOT NULL,
  l_discount DECIMAL(4,2) NOT NULL,
  l_tax DECIMAL(4,2) NOT NULL,
  l_returnflag CHAR(1) NOT NULL,
  l_linestatus CHAR(1) NOT NULL,
  l_shipdate DATE NOT NULL,
  l_commitdate DATE NOT NULL,
  l_receiptdate DATETIME NOT NULL,
  l_shipinstruct VARCHAR(25) NOT NULL,
  l_shipmode VARCHAR(10),
  l_comment VARCHAR(80) NOT NULL`;

/** Rows made by one INSERT: each is a transaction of some seconds. */
const CHUNK = 100_000;
const DIGITS =
  'SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9';

/** Makes or replaces `table` with `rows` rows, and gathers its statistics. */
export async function loadLineItems(connection: Connection, table: string, rows: number): Promise<void> {
  await connection.query(`DROP TABLE IF EXISTS ${table}`);
  await connection.query(`CREATE TABLE ${table} (${COLUMNS}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`);
  await connection.query('CREATE TEMPORARY TABLE IF NOT EXISTS numbers (n INT PRIMARY KEY)');
  await connection.query('DELETE FROM numbers');
  await connection.query(
    `INSERT INTO numbers SELECT a.d + b.d*10 + c.d*100 + e.d*1000 + f.d*10000
     FROM (${DIGITS}) a, (${DIGITS}) b, (${DIGITS}) c, (${DIGITS}) e, (${DIGITS}) f`,
  );
  for (let from = 0; from < rows; from += CHUNK) {
    const count = Math.min(CHUNK, rows - from);
    await connection.query(
      `INSERT INTO ${table}
       SELECT id, id DIV 4 + 1, id * 7919 % 200000 + 1, id * 104729 % 10000 + 1, id % 4 + 1,
              id * 31 % 50 + 1, (id * 48271 % 9500000) / 100 + 900, (id * 17 % 11) / 100, (id * 13 % 9) / 100,
              ELT(id % 3 + 1, 'A', 'N', 'R'), ELT(id % 2 + 1, 'F', 'O'),
              DATE('1992-01-02') + INTERVAL id * 37 % 2500 DAY, DATE('1992-01-31') + INTERVAL id * 41 % 2500 DAY,
              TIMESTAMP('1992-01-03 00:00:00') + INTERVAL id * 43 % 216000000 SECOND,
              ELT(id % 4 + 1, 'DELIVER IN PERSON', 'COLLECT COD', 'NONE', 'TAKE BACK RETURN'),
              ELT(id % 8 + 1, 'TRUCK', 'MAIL', 'REG AIR', 'AIR', 'FOB', 'RAIL', 'SHIP', NULL),
              CONCAT(ELT(id * 7 % 5 + 1, 'carefully final', 'quickly, and', 'the "express"', 'furiously even', 'pending'),
                     ' packages of lot ', id * 48271 % 1000003)
       FROM (SELECT n + ${from} AS id FROM numbers WHERE n < ${count}) AS ids`,
    );
  }
  await connection.query('DROP TEMPORARY TABLE numbers');
  await connection.query(`ANALYZE TABLE ${table}`);
}
