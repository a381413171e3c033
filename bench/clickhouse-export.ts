/**
 * One export by an embedded ClickHouse, `mysql()` → `s3()`, or → `file()` where only the size is asked for; a process of
 * its own, to be measured from outside.
 *
 *   node bench/clickhouse-export.ts FOLDER DATABASE_URL ROWS FORMAT COMPRESSION TARGET
 *
 * FOLDER holds node_modules with chdb. ROWS: so many of line_item, or "all". TARGET: endpoint of a store, or a file.
 */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [folder = '', database = '', rows = '', format = '', compression = '', target = ''] =
  process.argv.slice(2);
const { query } = createRequire(resolve(folder, 'package.json'))('chdb') as {
  query: (sql: string) => string;
};

const { hostname, port, username, password, pathname } = new URL(database);
const source = `mysql('${hostname}:${port}', '${pathname.slice(1)}', 'line_item', '${username}', '${password}')`;
const sink = target.startsWith('http')
  ? `s3('${target}/exports/line_item', 'key', 'secret', '${format}', 'auto', '${compression}')`
  : `file('${target}', '${format}', 'auto', '${compression}')`;
query(
  `INSERT INTO FUNCTION ${sink} SELECT * FROM ${source} ${rows === 'all' ? '' : `WHERE l_id < ${rows}`}
   SETTINGS output_format_parquet_compression_method = 'snappy', s3_truncate_on_insert = 1,
            engine_file_truncate_on_insert = 1`,
);
