/** Tables of one column per type, exported and held against what the server itself says of each value. */
import type { RowDataPacket } from 'mysql2';
import { testInstallation, type TestInstallation } from './installation.ts';
import { serverVersion } from './mysql.ts';
import type { ParsedCsv } from './parse-csv.ts';

/** Name of each column → its type, and the expressions inserted into it, a row each. */
export type Columns = Readonly<Record<string, readonly [type: string, ...values: string[]]>>;

export interface TypeTables {
  readonly here: TestInstallation;
  readonly server: Awaited<ReturnType<typeof serverVersion>>;
  sql(text: string): Promise<RowDataPacket[]>;
  /** Makes a table with an `id` and these columns. Those with fewer values than others are NULL in the rows behind. */
  make(columns: Columns): Promise<string>;
  /** What an expression says of each row, in the order of `id`, as text. */
  said(table: string, expression: string): Promise<(string | null)[]>;
  /** A column's values as the binary protocol sends them: bits, not text. */
  bits(table: string, column: string): Promise<(number | null)[]>;
  /** Exports a table and holds each of its columns against an expression; by default, against the value as text. */
  expectAsSaid(
    columns: Columns,
    expression?: (column: string) => string,
    fields?: Readonly<Record<string, unknown>>,
  ): Promise<ParsedCsv>;
  /** Exports a whole table with these fields in the spec. */
  exported(table: string, fields?: Readonly<Record<string, unknown>>): Promise<ParsedCsv>;
  close(): Promise<void>;
}

/** The cells of one column, in the order of `id`. */
export function cells(csv: ParsedCsv, column: string): (string | null)[] {
  return csv.rows.map((row) => row[csv.header.indexOf(column)]!);
}

export async function typeTables(): Promise<TypeTables> {
  const here = await testInstallation();
  const { connection } = here.database;
  const server = await serverVersion(here.database);
  const sql = async (text: string): Promise<RowDataPacket[]> =>
    (await connection.query<RowDataPacket[]>(text))[0];
  await sql("SET time_zone = '+00:00', sql_mode = ''");
  let tables = 0;

  const make = async (columns: Columns): Promise<string> => {
    const name = `types_${tables++}`;
    const names = Object.keys(columns);
    const definitions = names.map((column) => `${column} ${columns[column]![0]}`);
    await sql(`CREATE TABLE ${name} (id INT PRIMARY KEY, ${definitions.join(', ')}) ENGINE=InnoDB`);
    const count = Math.max(...Object.values(columns).map((values) => values.length - 1));
    for (let row = 0; row < count; row++) {
      const values = names.map((column) => columns[column]![row + 1] ?? 'NULL');
      await sql(`INSERT INTO ${name} VALUES (${[row, ...values].join(', ')})`);
    }
    return name;
  };
  const said = async (table: string, expression: string): Promise<(string | null)[]> => {
    const rows = await sql(`SELECT ${expression} AS v FROM ${table} ORDER BY id`);
    return rows.map((row) => (row['v'] === null ? null : String(row['v'])));
  };
  const exported = async (
    table: string,
    fields: Readonly<Record<string, unknown>> = {},
  ): Promise<ParsedCsv> => (await here.export({ table: { name: table }, ...fields })).csv(table);

  return {
    here,
    server,
    sql,
    make,
    said,
    exported,
    async bits(table, column) {
      const text = `SELECT ${column} AS v FROM ${table} ORDER BY id`;
      const [rows] = await connection.execute<RowDataPacket[]>(text);
      return rows.map((row) => row['v'] as number | null);
    },
    async expectAsSaid(columns, expression = (column) => `CAST(${column} AS CHAR)`, fields = {}) {
      const table = await make(columns);
      const csv = await exported(table, fields);
      for (const column of Object.keys(columns)) {
        const found = cells(csv, column);
        expect([column, found]).toEqual([column, await said(table, expression(column))]);
        expect(found.some((cell) => cell !== null)).toBe(true);
      }
      return csv;
    },
    close: here.close,
  };
}
