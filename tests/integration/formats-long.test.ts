/** Rows larger than a packet of the protocol, in every format, as programs read them that had no part in writing it. */
import { crc32 } from 'node:zlib';
import { cellReaders } from '../support/cell-readers.ts';
import { openDuckDb, type DuckDb } from '../support/duckdb.ts';
import { typeTables, type TypeTables } from '../support/type-tables.ts';

const NAMES = ['id', 't', 'b'];
const TEXT_PIECE = '0123456789abc\\t\\n"\\\\é😀,';
const BYTES_PIECE = '00ff0a225c80c3285c4e2c0d';

const LONGEST_PACKET = 0xffffff;

/** Length and checksum, by the server; NULL of NULL. Not every server has MD5. */
const asked = (column: string): string => `CONCAT(LENGTH(${column}), ' ', CRC32(${column}))`;
const digest = (bytes: Buffer): string => `${bytes.length} ${crc32(bytes)}`;

let types: TypeTables;
let duckdb: DuckDb;
let table: string;
let said: (string | null)[][];
const READERS = cellReaders(() => duckdb);
beforeAll(async () => {
  [types, duckdb] = await Promise.all([typeTables(), openDuckDb()]);
  table = await types.make({
    t: ['LONGTEXT CHARACTER SET utf8mb4', "'before'", 'NULL', "''", "'behind'"],
    b: ['LONGBLOB', "x'00'", 'NULL', "''", 'NULL'],
  });
  // Grown inside the server, so that no statement is larger than its max_allowed_packet.
  await types.sql(`UPDATE ${table} SET t = REPEAT('${TEXT_PIECE}', 800000),
    b = REPEAT(x'${BYTES_PIECE}', 100000) WHERE id = 1`);
  said = [];
  for (const row of await types.sql(
    `SELECT id, ${asked('t')} AS t, ${asked('b')} AS b FROM ${table} ORDER BY id`,
  ))
    said.push([String(row['id']), row['t'] as string | null, row['b'] as string | null]);
  const [size] = await types.said(table, 'MAX(LENGTH(t))');
  expect(Number(size)).toBeGreaterThan(LONGEST_PACKET);
});
afterAll(async () => {
  duckdb.close();
  await types.close();
});

it.each(['csv', 'jsonl', 'parquet'])('are what the server says in %s', async (format) => {
  const { objects, report } = await types.here.export({
    table: { name: table, columns: NAMES },
    output_file_format: format,
  });
  const encoding = format === 'parquet' ? 'hex' : 'base64';
  for (const reader of READERS.filter((one) => one.format === format)) {
    const cells = await reader.read(objects[0]!, report.files[0]!.key, { names: NAMES });
    const found = cells.map(([id, text, bytes]) => [
      id,
      text === null ? null : digest(Buffer.from(text!)),
      bytes === null ? null : digest(Buffer.from(bytes!, encoding)),
    ]);
    // To some, NULL is an empty text.
    const none = reader.tell(null, 'text');
    const known = said.map((row) =>
      row.map((cell) => cell ?? (none === null ? null : digest(Buffer.from(none)))),
    );
    expect([reader.name, found]).toEqual([reader.name, known]);
  }
});
