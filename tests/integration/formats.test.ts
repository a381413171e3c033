/**
 * Every format with every compression, read back by programs that had no part in writing it, and held cell by cell
 * against what the server itself says of each value.
 */
import { cellReaders, decompressed, formOf, type CellReader } from '../support/cell-readers.ts';
import { openDuckDb, type DuckDb } from '../support/duckdb.ts';
import type { Exported } from '../support/installation.ts';
import { typeTables, type TypeTables } from '../support/type-tables.ts';
import { makeWideTable, type Conventions, type WideTable } from '../support/wide-table.ts';

let types: TypeTables;
let wide: WideTable;
let duckdb: DuckDb;
beforeAll(async () => {
  [types, duckdb] = await Promise.all([typeTables(), openDuckDb()]);
  wide = await makeWideTable(types);
});
afterAll(async () => {
  duckdb.close();
  await types.close();
});

const DEFAULTS: Conventions = { zeroDates: 'null', binary: 'base64', aheadMinutes: 0 };
/** India's clocks are as far ahead in 1970 as in 2038, so that no server needs to know its zone. */
const OTHERS: Conventions = { zeroDates: 'string', binary: 'hex', aheadMinutes: 330 };
const OTHER_FIELDS = { zero_dates: 'string', binary: 'hex', output_timezone: 'Asia/Kolkata' };

const EXTENSIONS: Readonly<Record<string, string>> = { gzip: '.gz', zstd: '.zst' };

async function exportAs(format: string, codec: string, fields: object = {}): Promise<Exported> {
  const exported = await types.here.export({
    // By name, because an invisible column is not in "*".
    table: { name: wide.name, columns: wide.names },
    output_file_format: format,
    compression: codec,
    ...fields,
  });
  const { files } = exported.report;
  const compressed = format === 'parquet' ? '' : (EXTENSIONS[codec] ?? '');
  for (const { key } of files) expect(key.endsWith(`.${format}${compressed}`)).toBe(true);
  expect(files.map(({ bytes }) => bytes)).toEqual(exported.objects.map(({ length }) => length));
  expect(files.reduce((sum, { rows }) => sum + rows, 0)).toBe(wide.rowCount);
  expect(exported.manifest).toMatchObject({ format, compression: codec });
  expect(exported.manifest.entries.map(({ meta }) => meta)).toEqual(
    files.map(({ bytes, rows }) => ({ content_length: bytes, record_count: rows })),
  );
  return exported;
}

/**
 * Reads all objects, one behind the other, and holds their cells against what the server says.
 *
 * @returns cells that differ: what was found, and what was expected, up to a length that can be read.
 */
async function differences(
  reader: CellReader,
  { objects, report }: Exported,
  conventions = DEFAULTS,
): Promise<unknown[]> {
  const found: (readonly (string | null)[])[] = [];
  for (const [index, object] of objects.entries())
    found.push(...(await reader.read(object, report.files[index]!.key, wide)));
  const expected = await wide.expected(formOf(reader.format), conventions);
  expect(found.map((row) => row.length)).toEqual(expected.map(() => wide.names.length));
  const short = (cell: string | null): string | null => (cell === null ? null : cell.slice(0, 200));
  return wide.names.flatMap((column, index) => {
    const says = wide.columns[column]?.says ?? 'plain';
    return found.flatMap((cells, row) => {
      const is = reader.tell(cells[index]!, says);
      const shouldBe = reader.tell(expected[row]![index]!, says);
      return is === shouldBe ? [] : [{ column, row, found: short(is), expected: short(shouldBe) }];
    });
  });
}

const READERS = cellReaders(() => duckdb);
const CODECS = {
  csv: ['none', 'gzip', 'zstd'],
  tsv: ['none', 'gzip', 'zstd'],
  jsonl: ['none', 'gzip', 'zstd'],
  parquet: ['none', 'snappy', 'zstd'],
} as const;

it('has values and NULL in every column that may have it, by what the server says', async () => {
  const cells = await wide.expected('text', { ...DEFAULTS, zeroDates: 'string' });
  for (const [index, name] of wide.names.entries()) {
    const column = cells.map((row) => row[index]!);
    const isNeeded = name === 'id' || /NOT NULL|GENERATED/.test(wide.columns[name]!.type);
    expect([name, column.some((cell) => cell === null)]).toEqual([name, !isNeeded]);
    expect([name, column.some((cell) => cell !== null)]).toEqual([name, true]);
  }
});

describe.each(READERS.map((reader) => [reader.format, reader.name, reader] as const))(
  '%s, read by %s,',
  (format, _name, reader) => {
    it.each(CODECS[format])('is what the server says, with %s', async (codec) => {
      expect(await differences(reader, await exportAs(format, codec))).toEqual([]);
    });

    it('is what the server says, with other settings', async () => {
      expect(
        await differences(reader, await exportAs(format, CODECS[format][0], OTHER_FIELDS), OTHERS),
      ).toEqual([]);
    });

    it('is what the server says, in batches', async () => {
      await types.sql(`ANALYZE TABLE ${wide.name}`);
      const exported = await exportAs(format, CODECS[format][1], { batch_threshold_mb: 0.02 });
      expect(exported.objects.length).toBeGreaterThan(1);
      expect(await differences(reader, exported)).toEqual([]);
    });

    it('is what the server says, of a custom query', async () => {
      const names = wide.names.map((name) => `\`${name}\``).join(', ');
      const query = { custom: `SELECT ${names} FROM ${wide.name} ORDER BY id` };
      const exported = await exportAs(format, CODECS[format][2], { table: undefined, query });
      expect(await differences(reader, exported)).toEqual([]);
    });
  },
);

it('has the types in Parquet that are promised', async () => {
  const { objects, report } = await exportAs('parquet', 'snappy');
  const sql = "DESCRIBE SELECT * FROM read_parquet('{file}')";
  const described = await duckdb.read(objects[0]!, report.files[0]!.key, sql);
  const promised = Object.entries(wide.columns).map(([name, { duck }]) => [name, duck]);
  expect(described.slice(1).map(([name, type]) => [name, type])).toEqual(promised);
});

it.each(['csv', 'tsv', 'jsonl', 'parquet'] as const)(
  'writes an export of nothing as a whole %s, with every compression',
  async (format) => {
    for (const codec of CODECS[format]) {
      const { objects, report } = await types.here.export({
        table: { name: wide.name, columns: ['id', 'c_text'], filters: { id: { condition: '<', metric: 0 } } },
        output_file_format: format,
        compression: codec,
      });
      const { key, bytes, rows } = report.files[0]!;
      expect([rows, bytes]).toEqual([0, objects[0]!.length]);
      if (format === 'parquet') {
        for (const reader of READERS.filter((one) => one.format === format))
          expect(await reader.read(objects[0]!, key, { names: ['id', 'c_text'] })).toEqual([]);
      } else {
        const header = { csv: 'id,c_text\n', tsv: 'id\tc_text\n', jsonl: '' }[format];
        expect(decompressed(objects[0]!, key)).toBe(header);
      }
    }
  },
);
