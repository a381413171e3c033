/**
 * CREATE TABLE and COPY for Redshift: https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html and
 * https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html
 */
import type { OutputOptions } from '../../domain/spec.ts';
import { isDelimited } from '../../plan/formats.ts';
import type { Shape } from '../shape.ts';
import {
  commented,
  createTable,
  decimalType,
  definitions,
  doubleQuoted,
  NOTES,
  plainLiteral,
  strangersNote,
  timestampType,
  typedColumns,
  typeNotes,
} from './common.ts';
import type { DdlColumn, DdlRequest, DdlTable, TableDdl, TypeChoice } from './common.ts';

const MAX_VARCHAR = 65_535;
const MAX_VARBYTE = 16_777_216;

export function redshiftDdl(request: DdlRequest): TableDdl[] {
  const { output } = request;
  return request.tables.map((table) => {
    const emptyIsNull = isDelimited(output) && output.csv.null === '';
    const columns = typedColumns(table, output, chooseType).map((column) => ({
      ...column,
      // EMPTYASNULL makes NULL of an empty text, quoted or not.
      nullable: column.nullable || (emptyIsNull && column.type.startsWith('VARCHAR')),
    }));
    const create = createTable(doubleQuoted(table.name), definitions(columns, doubleQuoted));
    return {
      table: table.name,
      create: commented(typeNotes(columns), create),
      load: loadStatement(table, columns, request),
    };
  });
}

function chooseType(column: DdlColumn, output: OutputOptions): TypeChoice {
  const { shape, dateAsText } = column;
  if (dateAsText) return { type: 'VARCHAR(26)', note: NOTES.dateAsText };
  switch (shape.is) {
    case 'integer':
      return integerType(shape.bits, shape.unsigned);
    case 'year':
      return { type: 'SMALLINT' };
    case 'decimal':
      // A sign, a point, and of an unknown number of digits the most, behind a zero.
      return decimalType(shape, 'DECIMAL', `VARCHAR(${(shape.precision ?? 66) + 2})`);
    case 'float':
      return { type: 'REAL' };
    case 'double':
      return { type: 'DOUBLE PRECISION' };
    case 'date':
      return { type: 'DATE' };
    case 'datetime':
      return { type: 'TIMESTAMP' };
    case 'timestamp':
      return timestampType(output, 'TIMESTAMPTZ', 'TIMESTAMP');
    case 'time':
      return { type: 'VARCHAR(17)', note: NOTES.time };
    case 'text':
      return varchar(shape.bytes);
    case 'json':
      return output.format === 'parquet'
        ? {
            type: `VARCHAR(${MAX_VARCHAR})`,
            note: 'JSON text in Parquet is loaded as text: JSON_PARSE makes SUPER of it.',
          }
        : { type: 'SUPER' };
    case 'bit':
      return { type: shape.bits < 64 ? 'BIGINT' : 'DECIMAL(20,0)', note: NOTES.bit };
    case 'binary':
      return binaryType(shape, output);
    case 'geometry':
      return { ...varchar(null), note: `${NOTES.geometry} ST_GeomFromText reads them.` };
  }
}

function integerType(bits: number, unsigned: boolean): TypeChoice {
  if (bits === 64) return unsigned ? { type: 'DECIMAL(20,0)', note: NOTES.unsigned64 } : { type: 'BIGINT' };
  if (bits === 32) return { type: unsigned ? 'BIGINT' : 'INTEGER' };
  if (bits === 24) return { type: 'INTEGER' };
  return { type: bits === 16 && unsigned ? 'INTEGER' : 'SMALLINT' };
}

/** Lengths are bytes. */
function varchar(bytes: number | null): TypeChoice {
  if (bytes !== null && bytes <= MAX_VARCHAR) return { type: `VARCHAR(${Math.max(bytes, 1)})` };
  const note = `Redshift takes ${MAX_VARCHAR} bytes of text; COPY fails at a longer one unless it says TRUNCATECOLUMNS.`;
  return { type: `VARCHAR(${MAX_VARCHAR})`, note };
}

function binaryType(shape: Shape & { is: 'text' | 'binary' }, { format, binary }: OutputOptions): TypeChoice {
  if (format !== 'parquet' && binary === 'base64') {
    const bytes = shape.bytes === null ? null : Math.ceil(shape.bytes / 3) * 4;
    return {
      ...varchar(bytes),
      note: 'base64 as text: COPY reads VARBYTE from hexadecimal. With "binary": "hex" the column can be VARBYTE.',
    };
  }
  const bytes = Math.min(shape.bytes ?? MAX_VARBYTE, MAX_VARBYTE);
  const note =
    bytes === MAX_VARBYTE
      ? `Redshift takes ${MAX_VARBYTE} bytes; a longer value makes COPY fail.`
      : undefined;
  return { type: `VARBYTE(${bytes})`, note };
}

function loadStatement(
  table: DdlTable,
  columns: readonly DdlColumn[],
  { output, tables, manifestKey, url, region }: DdlRequest,
): string {
  const alone = tables.length === 1;
  // All objects of one run begin like this, whether or not it has batches.
  const stem = table.key.replace(/(_?\{batch\}.*|\.[a-z]+(\.[a-z]+)?)$/, '');
  const lines = [
    `COPY ${doubleQuoted(table.name)} (${columns.map(({ name }) => doubleQuoted(name)).join(', ')})`,
    `FROM ${plainLiteral(url(alone ? manifestKey : stem))}`,
    "IAM_ROLE 'arn:aws:iam::ACCOUNT:role/ROLE'",
    ...formatClauses(output),
    ...(alone ? ['MANIFEST'] : []),
    ...(region === null || output.format === 'parquet' ? [] : [`REGION ${plainLiteral(region)}`]),
  ];
  return commented(
    [
      ...loadNotes(columns, output, alone),
      ...(alone ? [] : strangersNote(table, tables, `${stem}*`)),
      'Put your own role in the place of ACCOUNT and ROLE.',
    ],
    `${lines.join('\n')};`,
  );
}

function formatClauses({ format, compression, csv }: OutputOptions): string[] {
  if (format === 'parquet') return ['FORMAT AS PARQUET'];
  const packed = compression.codec === 'none' ? [] : [compression.codec.toUpperCase()];
  const times = ["DATEFORMAT 'auto'", "TIMEFORMAT 'auto'"];
  // Names of columns are folded to lower case, keys in JSON are not.
  if (format === 'jsonl') return ["FORMAT AS JSON 'auto ignorecase'", ...times, ...packed];
  const delimiter = csv.delimiter === '\t' ? String.raw`'\t'` : plainLiteral(csv.delimiter);
  return [
    `FORMAT AS CSV QUOTE AS ${plainLiteral(csv.quote)} DELIMITER AS ${delimiter}`,
    csv.null === '' ? 'EMPTYASNULL' : `NULL AS ${plainLiteral(csv.null)}`,
    ...(csv.header ? ['IGNOREHEADER 1'] : []),
    ...times,
    ...packed,
  ];
}

function loadNotes(columns: readonly DdlColumn[], output: OutputOptions, alone: boolean): string[] {
  const notes = [
    alone
      ? 'Loads what one run has published. Each run has a manifest of its own: its key is in the run report and in tidemark history.'
      : 'Loads what one run has published of this table; put the stamp of the run in the place of this one. The manifest names the objects of all tables.',
  ];
  if (isDelimited(output) && output.csv.null === '')
    notes.push(
      String.raw`Redshift does not tell an empty text from NULL here. With "csv": {"null": "\\N"} it does.`,
    );
  const unsigned = columns.filter(
    ({ shape }) => shape.is === 'bit' || (shape.is === 'integer' && shape.unsigned),
  );
  if (output.format === 'parquet' && unsigned.length > 0)
    notes.push(
      `${unsigned.map(({ name }) => name).join(', ')}: unsigned in Parquet, which COPY takes only where the values fit the signed type. CAST them in the spec, or load csv.`,
    );
  return notes;
}
