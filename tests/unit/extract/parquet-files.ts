/** Parquet files for the tests of this folder, and two independent readers of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { OutputColumn, ValueKind } from '../../../src/domain/plan.ts';
import { fileEncoder } from '../../../src/extract/parquet/file-encoder.ts';
import type { FileEncoder, GroupLimits } from '../../../src/extract/parquet/file-encoder.ts';
import { spareColumns, type ParquetOptions } from '../../../src/extract/parquet/group-columns.ts';
import { readParquet, textOfStored } from '../../support/hyparquet.ts';
import { rowPacket } from './packets.ts';

export { metadataOf } from '../../support/hyparquet.ts';

export const OPTIONS: ParquetOptions = {
  compression: { codec: 'snappy', level: null },
  zeroDates: 'null',
  outputTimezone: 'UTC',
};

const KINDS: readonly (readonly [RegExp, ValueKind])[] = [
  [/int|decimal|double|year/, 'number'],
  [/float/, 'float32'],
  [/^date$/, 'date'],
  [/datetime/, 'datetime'],
  [/timestamp/, 'timestamp'],
  [/json/, 'json'],
  [/bit/, 'bit'],
  [/binary|blob/, 'binary'],
];

/** A column as the plan makes it of a MySQL type; nullable unless said otherwise. */
export function columnOf(name: string, mysqlType: string, nullable = true): OutputColumn {
  const kind = KINDS.find(([pattern]) => pattern.test(mysqlType))?.[1] ?? 'text';
  return { name, mysqlType, nullable, kind };
}

/** A value's wire bytes; null is NULL. */
export type Wire = string | Buffer | null;

export interface Encoded {
  readonly file: Buffer;
  readonly counts: FileEncoder['counts'];
}

/** As the thread that encodes has it: a file is built in the memory of one before it that had the same columns. */
const spares = spareColumns();

/** Rows to a file, sent to the encoder in chunks of so many rows. */
export function encode(
  columns: readonly OutputColumn[],
  rows: readonly (readonly Wire[])[],
  options: Partial<ParquetOptions> = {},
  limits?: GroupLimits,
  rowsPerChunk = 1000,
): Encoded {
  const parts: Buffer[] = [];
  const sink = {
    position: 0,
    write(bytes: Uint8Array): void {
      parts.push(Buffer.from(bytes));
      sink.position += bytes.length;
    },
  };
  const all = { ...OPTIONS, ...options };
  const { take, keep } = spares(columns, all);
  const group = take();
  const encoder = fileEncoder(group, all, sink, limits);
  for (let row = 0; row < rows.length; row += rowsPerChunk) {
    const packets = rows
      .slice(row, row + rowsPerChunk)
      .map((cells) => rowPacket(cells.map((cell) => (cell === null ? null : Buffer.from(cell as string)))));
    const chunk = Buffer.concat(packets);
    encoder.addRows(chunk, chunk.length);
  }
  encoder.finish();
  const counts = encoder.counts.map((of) => ({ ...of }));
  keep(group);
  return { file: Buffer.concat(parts), counts };
}

/** One column of values to a file. */
export function encodeColumn(
  mysqlType: string,
  values: readonly Wire[],
  options: Partial<ParquetOptions> = {},
): Encoded {
  return encode(
    [columnOf('v', mysqlType)],
    values.map((value) => [value]),
    options,
  );
}

/**
 * Cells as exact text, the same from every reader: DATE as days and times as microseconds since 1970, bytes in hex,
 * decimals with all their decimals, floating-point numbers as JavaScript writes them.
 */
export type Cells = (string | null)[][];

export async function readWithHyparquet(file: Buffer): Promise<Cells> {
  const { columns, rows } = await readParquet(file);
  return rows.map((row) => row.map((value, index) => textOfStored(value, columns[index]!)));
}

/** Of a string or a number. */
function plainText(value: unknown): string {
  return Object.is(value, -0) ? '-0' : (value as string | number | bigint).toString();
}

let duck: DuckDBConnection | null = null;

/** Rows of a query in which `$file` stands for the file. */
export async function queryDuckDb(file: Buffer, sql: string): Promise<unknown[][]> {
  duck ??= await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-parquet-'));
  try {
    const path = join(folder, 'file.parquet');
    writeFileSync(path, file);
    const reader = await duck.runAndReadAll(sql.replaceAll('$file', `'${path}'`));
    return reader.getRowsJS();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function readWithDuckDb(file: Buffer): Promise<Cells> {
  const described = await queryDuckDb(file, 'DESCRIBE SELECT * FROM read_parquet($file)');
  const cells = described.map(([name, type]) => duckExpression(String(name), String(type)));
  const rows = await queryDuckDb(file, `SELECT ${cells.join(', ')} FROM read_parquet($file)`);
  return rows.map((row) => row.map((value) => (value === null ? null : plainText(value))));
}

function duckExpression(name: string, type: string): string {
  const column = `"${name.replaceAll('"', '""')}"`;
  if (type === 'DATE') return `${column} - DATE '1970-01-01'`;
  if (type.startsWith('TIMESTAMP')) return `epoch_us(${column})`;
  if (type === 'BLOB') return `lower(hex(${column}))`;
  if (type === 'FLOAT' || type === 'DOUBLE') return column;
  // DuckDB leaves out a zero before the point.
  if (type.startsWith('DECIMAL')) return `regexp_replace(CAST(${column} AS VARCHAR), '^(-?)\\.', '\\10.')`;
  return `CAST(${column} AS VARCHAR)`;
}

/** What both readers say; they have to agree. */
export async function readBack(file: Buffer): Promise<Cells> {
  const cells = await readWithHyparquet(file);
  expect(await readWithDuckDb(file)).toEqual(cells);
  return cells;
}

/** Types of the columns as DuckDB takes them. */
export async function duckTypes(file: Buffer): Promise<Record<string, string>> {
  const rows = await queryDuckDb(file, 'DESCRIBE SELECT * FROM read_parquet($file)');
  return Object.fromEntries(rows.map(([name, type]) => [name as string, type as string]));
}
