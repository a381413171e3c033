/**
 * Programs that had no part in writing an object, and what each makes of it: cells as texts, NULL as null. What a reader
 * cannot tell is told apart here, for it is a trait of the reader.
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parseString } from 'fast-csv';
import type { DuckDb } from './duckdb.ts';
import { readParquet, textOfStored } from './hyparquet.ts';
import type { Says } from './value-column.ts';
import type { Cells, Form, WideTable } from './wide-table.ts';

export interface CellReader {
  readonly name: string;
  readonly format: 'csv' | 'tsv' | 'jsonl' | 'parquet';
  /** @returns rows in the order of the file, cells in the order of the table's names. */
  read(object: Buffer, key: string, table: Pick<WideTable, 'names'>): Promise<Cells>;
  /** What the reader can tell of a cell; used on both sides. */
  tell(cell: string | null, says: Says): string | null;
}

export function formOf(format: CellReader['format']): Form {
  return format === 'jsonl' ? 'json' : format === 'parquet' ? 'parquet' : 'text';
}

/** Text as it was before it was compressed, by the extension of its key. */
export function decompressed(object: Buffer, key: string): string {
  const bytes = key.endsWith('.gz')
    ? gunzipSync(object)
    : key.endsWith('.zst')
      ? zstdDecompressSync(object)
      : object;
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** FLOAT and DOUBLE are compared as values, of which -0 is one of its own; all else as text. */
function exactly(cell: string | null, says: Says): string | null {
  if (cell === null || cell === '' || (says !== 'float' && says !== 'double')) return cell;
  const value = says === 'float' ? Math.fround(Number(cell)) : Number(cell);
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The readers of all formats. */
export function cellReaders(duckdb: () => DuckDb): readonly CellReader[] {
  return [
    delimitedByDuckDb('csv', ',', duckdb),
    delimitedByFastCsv('csv', ','),
    delimitedByDuckDb('tsv', '\t', duckdb),
    delimitedByFastCsv('tsv', '\t'),
    linesByJavaScript(),
    linesByDuckDb(duckdb),
    parquetByDuckDb(duckdb),
    parquetByHyparquet(),
  ];
}

/** A name in quotes, as SQL has it. */
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
/** As DuckDB's bytes, because what hands over its texts drops a byte order mark. */
const inHex = (expression: string): string => `hex(encode(CAST(${expression} AS VARCHAR)))`;
const fromHex = (rows: Cells): Cells =>
  rows.map((row) => row.map((hex) => (hex === null ? null : Buffer.from(hex, 'hex').toString())));
const allAs = (names: readonly string[], type: string): string =>
  `{${names.map((name) => `'${name.replaceAll("'", "''")}': '${type}'`).join(', ')}}`;

function delimitedByDuckDb(format: 'csv' | 'tsv', delimiter: string, duckdb: () => DuckDb): CellReader {
  return {
    name: 'DuckDB',
    format,
    // It has columns by their place; that the header names them so is for fast-csv to see.
    async read(object, key, { names }) {
      const items = names.map((name) => inHex(quoted(name)));
      const sql = `SELECT ${items.join(', ')} FROM read_csv('{file}', header = true, all_varchar = true,
        delim = '${delimiter}', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false,
        auto_detect = false, strict_mode = true, max_line_size = 100000000, buffer_size = 200000000,
        columns = ${allAs(names, 'VARCHAR')})`;
      return fromHex(await duckdb().read(object, key, sql));
    },
    tell: exactly,
  };
}

function delimitedByFastCsv(format: 'csv' | 'tsv', delimiter: string): CellReader {
  return {
    name: 'fast-csv',
    format,
    async read(object, key, { names }) {
      const rows = await new Promise<string[][]>((resolve, reject) => {
        const read: string[][] = [];
        parseString<string[], string[]>(decompressed(object, key), { headers: false, delimiter })
          .on('error', reject)
          .on('data', (row) => read.push(row))
          .on('end', () => resolve(read));
      });
      const [header, ...cells] = rows;
      expect(header).toEqual(names);
      return cells;
    },
    // NULL and an empty text are the same to it.
    tell: (cell, says) => exactly(cell, says) ?? '',
  };
}

/** A document without what does not matter in it: spaces between tokens, and how its texts are escaped. */
function documentText(document: unknown): string {
  return JSON.stringify(document);
}

/** A number in a document, with all its digits. */
interface Digits {
  readonly digits: string;
}

/** For JSON.parse: numbers stay the text that they are. */
const keepDigits = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' ? ({ digits: context!.source! } satisfies Digits) : value;

function linesByJavaScript(): CellReader {
  const cellOf = (value: unknown): string | null => {
    if (value === null || typeof value === 'string') return value;
    return (value as Partial<Digits>).digits ?? documentText(value);
  };
  return {
    name: 'JSON.parse',
    format: 'jsonl',
    async read(object, key, { names }) {
      const text = decompressed(object, key);
      expect(text.endsWith('}\n')).toBe(true);
      return text
        .slice(0, -1)
        .split('\n')
        .map((line) => {
          const row = JSON.parse(line, keepDigits) as Record<string, unknown>;
          expect(Object.keys(row)).toEqual(names);
          return Object.values(row).map(cellOf);
        });
    },
    // A document that is a text, or null, is the text, or NULL, as soon as it is a value of its row.
    tell(cell, says) {
      if (says !== 'json' || cell === null) return exactly(cell, says);
      const isDocument = /^\s*[[{]/.test(cell);
      return isDocument ? documentText(JSON.parse(cell, keepDigits)) : bare(cell);
    },
  };
}

/** Of a document that is neither object nor array. */
function bare(cell: string): string | null {
  if (!cell.startsWith('"')) return cell === 'null' ? null : cell;
  return JSON.parse(cell) as string;
}

function linesByDuckDb(duckdb: () => DuckDb): CellReader {
  return {
    name: 'DuckDB',
    format: 'jsonl',
    async read(object, key, { names }) {
      const items = names.map((name) => inHex(quoted(name)));
      const sql = `SELECT ${items.join(', ')} FROM read_json('{file}', format = 'newline_delimited',
        maximum_object_size = 100000000, columns = ${allAs(names, 'VARCHAR')})`;
      return fromHex(await duckdb().read(object, key, sql));
    },
    // It takes a number with a point, and one of -0, for a DOUBLE: JSON.parse above sees that all digits are there.
    tell(cell, says) {
      if (cell === null) return null;
      if (says === 'decimal' || says === 'filledDecimal') return String(Number(cell));
      if (says === 'float' || says === 'double') return String(Number(exactly(cell, says)) + 0);
      if (says !== 'json') return cell;
      return /^\s*[[{]/.test(cell) ? documentText(JSON.parse(cell)) : bare(cell);
    },
  };
}

function parquetByDuckDb(duckdb: () => DuckDb): CellReader {
  const expression = (name: string, type: string): string => {
    const value = quoted(name);
    if (type === 'DATE') return `strftime(${value}, '%Y-%m-%d')`;
    if (type === 'TIMESTAMP') return `strftime(${value}, '%Y-%m-%d %H:%M:%S.%f')`;
    if (type === 'TIMESTAMP WITH TIME ZONE')
      return `strftime(${value} AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S.%f')`;
    if (type === 'BLOB') return `lower(hex(${value}))`;
    if (type === 'FLOAT') return `CAST(${value} AS DOUBLE)`;
    // DuckDB leaves out a zero before the point.
    if (type.startsWith('DECIMAL')) return `regexp_replace(CAST(${value} AS VARCHAR), '^(-?)\\.', '\\10.')`;
    return value;
  };
  return {
    name: 'DuckDB',
    format: 'parquet',
    async read(object, key, { names }) {
      const described = await duckdb().read(object, key, "DESCRIBE SELECT * FROM read_parquet('{file}')");
      expect(described.map(([name]) => name)).toEqual(names);
      const items = described.map(([name, type]) => inHex(expression(name!, type!)));
      const sql = `SELECT ${items.join(', ')} FROM read_parquet('{file}')`;
      return fromHex(await duckdb().read(object, key, sql));
    },
    tell: exactly,
  };
}

function parquetByHyparquet(): CellReader {
  return {
    name: 'hyparquet',
    format: 'parquet',
    async read(object, _key, { names }) {
      const { columns, rows } = await readParquet(object);
      expect(columns.map(({ name }) => name)).toEqual(names);
      return rows.map((row) =>
        row.map((value, index) => {
          const { converted_type: type, logical_type: logical } = columns[index]!;
          const text = textOfStored(value, columns[index]!);
          if (text === null) return null;
          if (type === 'DATE') return timeText(BigInt(text) * 86_400_000_000n).slice(0, 10);
          return logical?.type === 'TIMESTAMP' ? timeText(BigInt(text)) : text;
        }),
      );
    },
    tell: exactly,
  };
}

/** Microseconds since 1970 as text, with all six decimals. */
function timeText(micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const second = new Date(Number((micros - fraction) / 1000n)).toISOString();
  return `${second.slice(0, 19).replace('T', ' ')}.${String(fraction).padStart(6, '0')}`;
}
