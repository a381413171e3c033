/**
 * CREATE TABLE and LOAD DATA for BigQuery, which reads S3 through a connection (BigQuery Omni):
 * https://cloud.google.com/bigquery/docs/reference/standard-sql/load-statements and
 * https://cloud.google.com/bigquery/docs/loading-data-cloud-storage-parquet#parquet_conversions
 */
import type { OutputOptions } from '../../domain/spec.ts';
import { isDelimited } from '../../plan/formats.ts';
import { oneStarOf } from '../key-layout.ts';
import {
  commented,
  createTable,
  definitions,
  escapedLiteral,
  listed,
  NOTES,
  notesOf,
  strangersNote,
  timestampType,
  typedColumns,
  typeNotes,
} from './common.ts';
import type { DdlColumn, DdlRequest, DdlTable, TableDdl, TypeChoice } from './common.ts';

export function bigqueryDdl(request: DdlRequest): TableDdl[] {
  return request.tables.map((table) => {
    const columns = typedColumns(table, request.output, chooseType);
    const items = definitions(columns, backticked);
    const notes = [
      ...notesOf(
        columns.map(({ name }) => [
          name,
          /^[A-Za-z_]\w*$/.test(name) ? undefined : 'not every character is allowed in the name of a column.',
        ]),
      ),
      ...typeNotes(columns),
    ];
    return {
      table: table.name,
      create: commented(notes, createTable(tableName(table), items)),
      load: loadStatement(table, items, request),
    };
  });
}

function backticked(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

/** Letters, digits and underscores are allowed in every name of a table. */
function tableName({ name }: DdlTable): string {
  return `\`DATASET.${name.replace(/[^\p{L}\p{N}_-]/gu, '_')}\``;
}

function chooseType({ shape, dateAsText }: DdlColumn, output: OutputOptions): TypeChoice {
  const parquet = output.format === 'parquet';
  if (dateAsText) return { type: 'STRING', note: NOTES.dateAsText };
  switch (shape.is) {
    case 'integer':
      if (shape.bits < 64 || !shape.unsigned) return { type: 'INT64' };
      return parquet
        ? {
            type: 'INT64',
            note: `${NOTES.unsigned64} BigQuery reads it from Parquet as INT64; csv goes into NUMERIC.`,
          }
        : { type: 'NUMERIC(20)', note: NOTES.unsigned64 };
    case 'year':
      return { type: 'INT64' };
    case 'decimal':
      return decimalType(shape.precision, shape.scale, parquet);
    case 'float':
    case 'double':
      return { type: 'FLOAT64' };
    case 'date':
      return { type: 'DATE' };
    case 'datetime':
      return { type: 'DATETIME' };
    case 'timestamp':
      return timestampType(output, 'TIMESTAMP', 'DATETIME');
    case 'time':
      return { type: 'STRING', note: NOTES.time };
    case 'text':
      return { type: 'STRING' };
    case 'json':
      return parquet
        ? { type: 'STRING', note: 'JSON text in Parquet is loaded as text: PARSE_JSON makes JSON of it.' }
        : { type: 'JSON' };
    case 'bit':
      return { type: shape.bits < 64 || parquet ? 'INT64' : 'NUMERIC(20)', note: NOTES.bit };
    case 'binary':
      return !parquet && output.binary === 'hex'
        ? {
            type: 'STRING',
            note: 'hexadecimal text: FROM_HEX makes BYTES of it. With "binary": "base64" BigQuery loads BYTES.',
          }
        : { type: 'BYTES' };
    case 'geometry':
      return {
        type: 'STRING',
        note: `${NOTES.geometry} ST_GEOGFROMTEXT reads them, in longitude and latitude.`,
      };
  }
}

/** NUMERIC has 29 digits before the point and 9 behind it, BIGNUMERIC 38 and 38. */
function decimalType(precision: number | null, scale: number, parquet: boolean): TypeChoice {
  if (precision === null) return { type: 'STRING', note: NOTES.noPrecision };
  const whole = precision - scale;
  if (parquet && precision > 38) return { type: 'STRING', note: NOTES.tooPrecise(38) };
  if (scale <= 9 && whole <= 29) return { type: `NUMERIC(${precision}${scale === 0 ? '' : `, ${scale}`})` };
  if (whole <= 38) return { type: `BIGNUMERIC(${precision}${scale === 0 ? '' : `, ${scale}`})` };
  return { type: 'STRING', note: 'more than 38 digits before the point: text.' };
}

/** @param items definitions of the columns: without them, BigQuery guesses types from the text. */
function loadStatement(
  table: DdlTable,
  items: readonly string[],
  { output, tables, url, region }: DdlRequest,
): string {
  const format =
    output.format === 'parquet' ? 'PARQUET' : isDelimited(output) ? 'CSV' : 'NEWLINE_DELIMITED_JSON';
  const pattern = oneStarOf(table.layout);
  const options = [`format = '${format}'`, `uris = [${escapedLiteral(url(pattern))}]`, ...csvOptions(output)];
  const notes = [
    'Reads the objects of every run there is. For one run, put its stamp in the place of the asterisk.',
    ...strangersNote(table, tables, pattern),
    'Put your own names in the place of DATASET and CONNECTION. Without a connection to S3, copy the objects to Cloud Storage and name them by gs://.',
  ];
  if (output.compression.codec === 'zstd' && output.format !== 'parquet')
    notes.push('BigQuery reads text that is compressed by gzip, not by zstd: set "compression": "gzip".');
  const connection = `\`aws-${region ?? 'REGION'}.CONNECTION\``;
  return commented(
    notes,
    `LOAD DATA INTO ${tableName(table)} (\n${listed(items)}\n)\nFROM FILES (\n${listed(options)}\n)\nWITH CONNECTION ${connection};`,
  );
}

function csvOptions(output: OutputOptions): string[] {
  if (!isDelimited(output)) return [];
  const { csv } = output;
  return [
    `field_delimiter = ${escapedLiteral(csv.delimiter)}`,
    `quote = ${escapedLiteral(csv.quote)}`,
    `null_marker = ${escapedLiteral(csv.null)}`,
    `skip_leading_rows = ${csv.header ? 1 : 0}`,
    'allow_quoted_newlines = true',
    "encoding = 'UTF-8'",
  ];
}
