/**
 * CREATE TABLE and INSERT for DuckDB, which reads the objects itself (httpfs extension).
 * https://duckdb.org/docs/stable/data/csv/overview · json/overview · parquet/overview · sql/data_types/overview
 */
import type { OutputOptions } from '../../domain/spec.ts';
import { isDelimited } from '../../plan/formats.ts';
import { globOf } from '../key-layout.ts';
import {
  commented,
  createTable,
  decimalType,
  definitions,
  doubleQuoted,
  listed,
  NOTES,
  notesOf,
  plainLiteral,
  strangersNote,
  timestampType,
  typedColumns,
  typeNotes,
} from './common.ts';
import type { DdlColumn, DdlRequest, DdlTable, TableDdl, TypeChoice, TypedColumn } from './common.ts';

const INTEGERS = { 8: 'TINYINT', 16: 'SMALLINT', 24: 'INTEGER', 32: 'INTEGER', 64: 'BIGINT' } as const;

export function duckdbDdl(request: DdlRequest): TableDdl[] {
  return request.tables.map((table) => {
    const columns = typedColumns(table, request.output, chooseType);
    const create = createTable(doubleQuoted(table.name), definitions(columns, doubleQuoted));
    return {
      table: table.name,
      create: commented(typeNotes(columns), create),
      load: loadStatement(table, columns, request),
    };
  });
}

function chooseType({ shape, dateAsText }: DdlColumn, output: OutputOptions): TypeChoice {
  if (dateAsText) return { type: 'VARCHAR', note: NOTES.dateAsText };
  switch (shape.is) {
    case 'integer':
      return { type: `${shape.unsigned ? 'U' : ''}${INTEGERS[shape.bits]}` };
    case 'year':
      return { type: 'SMALLINT' };
    case 'decimal':
      return decimalType(shape, 'DECIMAL', 'VARCHAR');
    case 'float':
      return { type: 'FLOAT' };
    case 'double':
      return { type: 'DOUBLE' };
    case 'date':
      return { type: 'DATE' };
    case 'datetime':
      return { type: 'TIMESTAMP' };
    case 'timestamp':
      return timestampType(output, 'TIMESTAMPTZ', 'TIMESTAMP');
    case 'time':
      return { type: 'VARCHAR', note: NOTES.time };
    case 'text':
      return { type: 'VARCHAR' };
    case 'json':
      return { type: 'JSON' };
    case 'bit':
      return { type: 'UBIGINT', note: NOTES.bit };
    case 'binary':
      return { type: 'BLOB' };
    case 'geometry':
      return {
        type: 'VARCHAR',
        note: `${NOTES.geometry} ST_GeomFromText of the spatial extension reads them.`,
      };
  }
}

/** The type as it is read from text, and what makes the column's own of it. */
function readAs({ name, shape, type }: TypedColumn, output: OutputOptions): [string, string] {
  const column = doubleQuoted(name);
  if (output.format === 'parquet') return [type, column];
  if (type === 'BLOB') return ['VARCHAR', `${output.binary === 'hex' ? 'unhex' : 'from_base64'}(${column})`];
  if (type === 'TIMESTAMPTZ') return ['TIMESTAMP', `${column} AT TIME ZONE 'UTC'`];
  // A JSON number with a point is read as DOUBLE; its shortest text has the digits that were written.
  if (output.format === 'jsonl' && shape.is === 'decimal' && type !== 'VARCHAR')
    return ['VARCHAR', `CAST(${column} AS ${type})`];
  return [type, column];
}

function loadStatement(
  table: DdlTable,
  columns: readonly TypedColumn[],
  { output, tables, url }: DdlRequest,
): string {
  const glob = globOf(table.layout);
  const reads = columns.map((column) => readAs(column, output));
  const types = columns.map(
    ({ name }, index) => `    ${plainLiteral(name)}: ${plainLiteral(reads[index]![0])}`,
  );
  const options = [
    ...(output.format === 'parquet' ? [] : [`columns = {\n${types.join(',\n')}\n  }`]),
    ...formatOptions(output),
    'hive_partitioning = false',
  ];
  const long = columns.filter(
    ({ shape }) => output.format === 'jsonl' && shape.is === 'decimal' && (shape.precision ?? 65) > 15,
  );
  const notes = [
    'Reads the objects of every run there is. For one run, put its stamp in the place of the digits.',
    ...strangersNote(table, tables, glob),
    ...notesOf(
      long.map(({ name }) => [
        name,
        'DuckDB reads a JSON number with a point as DOUBLE: beyond 15 digits it is not exact. csv and Parquet are.',
      ]),
    ),
  ];
  return commented(
    notes,
    `INSERT INTO ${doubleQuoted(table.name)}\nSELECT\n${listed(reads.map(([, expression]) => expression))}\nFROM ${reader(output)}(\n${listed([plainLiteral(url(glob)), ...options])}\n);`,
  );
}

function reader(output: OutputOptions): string {
  if (output.format === 'parquet') return 'read_parquet';
  return isDelimited(output) ? 'read_csv' : 'read_json';
}

function formatOptions({ format, compression, csv }: OutputOptions): string[] {
  if (format === 'parquet') return [];
  const packed = `compression = ${plainLiteral(compression.codec === 'none' ? 'uncompressed' : compression.codec)}`;
  if (format === 'jsonl') return ["format = 'newline_delimited'", packed, 'maximum_object_size = 67108864'];
  return [
    'auto_detect = false',
    `header = ${csv.header}`,
    `delim = ${plainLiteral(csv.delimiter)}`,
    `quote = ${plainLiteral(csv.quote)}`,
    `escape = ${plainLiteral(csv.quote)}`,
    `nullstr = ${plainLiteral(csv.null)}`,
    // An empty text in quotes is no NULL.
    'allow_quoted_nulls = false',
    `new_line = ${plainLiteral(csv.lineEnding === '\n' ? '\\n' : '\\r\\n')}`,
    packed,
    // Longer rows need more.
    'max_line_size = 67108864',
  ];
}
