/**
 * Every text format with every compression, read back by programs that had no part in writing it, and held cell by cell
 * against what the server itself says of each value.
 */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parseString } from 'fast-csv';
import { openDuckDb, type DuckDb } from '../support/duckdb.ts';
import type { Exported } from '../support/installation.ts';
import { typeTables, type TypeTables } from '../support/type-tables.ts';
import { makeWideTable, type WideTable } from '../support/wide-table.ts';

type Cells = readonly (readonly (string | null)[])[];

let types: TypeTables;
let wide: WideTable;
let duckdb: DuckDb;
let names: string[];
beforeAll(async () => {
  [types, duckdb] = await Promise.all([typeTables(), openDuckDb()]);
  wide = await makeWideTable(types);
  names = ['id', ...Object.keys(wide.columns)];
});
afterAll(async () => {
  duckdb.close();
  await types.close();
});

const CODECS = {
  none: { suffix: '', decompress: (bytes: Buffer) => bytes },
  gzip: { suffix: '.gz', decompress: gunzipSync },
  zstd: { suffix: '.zst', decompress: zstdDecompressSync },
} as const;
type Codec = keyof typeof CODECS;

async function exportAs(
  format: string,
  codec: Codec,
  fields: object = {},
): Promise<Exported & { key: string }> {
  const exported = await types.here.export({
    table: { name: wide.name },
    output_file_format: format,
    compression: codec,
    ...fields,
  });
  const { key, bytes, rows } = exported.report.files[0]!;
  expect(key.endsWith(`.${format}${CODECS[codec].suffix}`)).toBe(true);
  expect([bytes, rows]).toEqual([exported.objects[0]!.length, wide.rowCount]);
  expect(exported.manifest).toMatchObject({ format, compression: codec });
  expect(exported.manifest.entries[0]!.meta).toEqual({ content_length: bytes, record_count: rows });
  return { ...exported, key };
}

/**
 * Holds what a reader made of an object against what the server says.
 *
 * @param read what the reader can tell of what the server says.
 * @param unread columns that it cannot hold.
 * @returns the columns that differ: what was found, what was expected.
 */
function differences(
  found: Cells,
  read: (text: string | null, column: string) => string | null,
  unread: readonly string[] = [],
): unknown[] {
  expect(found).toHaveLength(wide.rowCount);
  return names.flatMap((name, index) => {
    const said = wide.expected[name] ?? found.map((_, row) => String(row));
    const { type, said: how } = wide.columns[name] ?? {};
    // Of FLOAT and DOUBLE, it is the value that has to be the same.
    const round = type === 'FLOAT' ? Math.fround : Number;
    const value = (text: string | null) => (how === 'bits' && text ? round(Number(text)) : text);
    const pair = [found.map((row) => value(row[index]!)), said.map((text) => value(read(text, name)))];
    const isSame = JSON.stringify(pair[0]) === JSON.stringify(pair[1]);
    return isSame || unread.includes(name) ? [] : [[name, ...pair]];
  });
}

const exactly = (text: string | null): string | null => text;

/** A name in quotes, as SQL has it. */
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

describe.each(['csv', 'tsv'])('%s', (format) => {
  const delimiter = format === 'csv' ? ',' : '\t';

  it.each(['none', 'gzip', 'zstd'] as const)('with %s is what the server says, to DuckDB', async (codec) => {
    const { objects, key } = await exportAs(format, codec);
    // DuckDB ends a text at a NUL byte nowhere, but refuses one in an unquoted value.
    const found = await duckdb.read(
      objects[0]!,
      key,
      `SELECT ${names.map(quoted).join(', ')} FROM read_csv('{file}', header = true, all_varchar = true,
        delim = '${delimiter}', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false,
        auto_detect = false, strict_mode = true, max_line_size = 4000000,
        columns = {${names.map((name) => `'${name}': 'VARCHAR'`).join(', ')}})`,
    );
    expect(differences(found, exactly)).toEqual([]);
  });

  it.each(['none', 'gzip', 'zstd'] as const)(
    'with %s is what the server says, to fast-csv',
    async (codec) => {
      const { objects } = await exportAs(format, codec);
      const content = CODECS[codec].decompress(objects[0]!).toString();
      const rows = await new Promise<string[][]>((resolve, reject) => {
        const read: string[][] = [];
        parseString<string[], string[]>(content, { headers: false, delimiter })
          .on('error', reject)
          .on('data', (row) => read.push(row))
          .on('end', () => resolve(read));
      });
      expect(rows[0]).toEqual(names);
      // It reads NULL and '' alike.
      expect(differences(rows.slice(1), (text) => text ?? '')).toEqual([]);
    },
  );
});

describe('jsonl', () => {
  /** Numbers as they are in the text: JavaScript's own would have lost digits. */
  function cellsOf(line: string): (string | null)[] {
    const keepDigits = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
      typeof value === 'number' ? context!.source! : value;
    const row = JSON.parse(line, keepDigits) as Record<string, string | null>;
    expect(Object.keys(row)).toEqual(names);
    return Object.values(row);
  }

  /** JSON has no leading zeros. */
  const asNumber = (text: string | null, column: string): string | null =>
    text !== null && ['c_zerofill', 'c_year'].includes(column) ? String(Number(text)) : text;

  it.each(['none', 'gzip', 'zstd'] as const)(
    'with %s is what the server says, to JSON.parse',
    async (codec) => {
      const { objects } = await exportAs('jsonl', codec);
      const text = CODECS[codec].decompress(objects[0]!).toString();
      expect(text.endsWith('}\n')).toBe(true);
      expect(differences(text.slice(0, -1).split('\n').map(cellsOf), asNumber)).toEqual([]);
    },
  );

  it.each(['none', 'gzip', 'zstd'] as const)('with %s is what the server says, to DuckDB', async (codec) => {
    const { objects, key } = await exportAs('jsonl', codec);
    const found = await duckdb.read(
      objects[0]!,
      key,
      `SELECT ${names.map((name) => `CAST(${quoted(name)} AS VARCHAR)`).join(', ')} FROM read_json('{file}',
        format = 'newline_delimited', maximum_object_size = 40000000,
        columns = {${names.map((name) => `'${name}': '${name === 'c_money' ? 'DECIMAL(10, 2)' : 'VARCHAR'}'`).join(', ')}})`,
    );
    // It takes a number of more than 38 digits for a DOUBLE, whatever it is cast to.
    expect(differences(found, asNumber, ['c_decimal'])).toEqual([]);
  });

  it('takes the same values with other options', async () => {
    const { objects } = await exportAs('jsonl', 'none', { zero_dates: 'string', binary: 'hex' });
    const rows = objects[0]!
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows.map((row) => row['c_date'])).toEqual(await types.said(wide.name, 'CAST(c_date AS CHAR)'));
    expect(rows.map((row) => row['c_blob'])).toEqual(await types.said(wide.name, 'LOWER(HEX(c_blob))'));
  });
});

it('verifies: an export of nothing is a whole object in every format', async () => {
  for (const format of ['csv', 'tsv', 'jsonl'])
    for (const codec of ['none', 'gzip', 'zstd'] as const) {
      const { objects, report } = await types.here.export({
        table: { name: wide.name, columns: ['id', 'c_text'], filters: { id: { condition: '<', metric: 0 } } },
        output_file_format: format,
        compression: codec,
      });
      const text = CODECS[codec].decompress(objects[0]!).toString();
      expect(text).toBe(format === 'jsonl' ? '' : `id${format === 'csv' ? ',' : '\t'}c_text\n`);
      expect(report.files[0]).toMatchObject({ rows: 0, bytes: objects[0]!.length });
    }
});
