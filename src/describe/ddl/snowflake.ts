/**
 * CREATE TABLE, CREATE STAGE and COPY INTO for Snowflake:
 * https://docs.snowflake.com/en/sql-reference/sql/copy-into-table and
 * https://docs.snowflake.com/en/sql-reference/intro-summary-data-types
 */
import type { OutputOptions } from '../../domain/spec.ts';
import { isDelimited } from '../../plan/formats.ts';
import { regexOf } from '../key-layout.ts';
import {
  commented,
  createTable,
  decimalType,
  definitions,
  doubleQuoted,
  escapedLiteral,
  isInstant,
  NOTES,
  typedColumns,
  typeNotes,
} from './common.ts';
import type { DdlColumn, DdlRequest, DdlTable, TableDdl, TypeChoice, TypedColumn } from './common.ts';

export function snowflakeDdl(request: DdlRequest): TableDdl[] {
  return request.tables.map((table) => {
    const columns = typedColumns(table, request.output, chooseType);
    const create = createTable(doubleQuoted(table.name), definitions(columns, doubleQuoted));
    const notes = [
      'Names in quotes keep their case: write them in quotes in queries, too.',
      ...typeNotes(columns),
    ];
    const stage = [
      `CREATE STAGE IF NOT EXISTS ${doubleQuoted(stageOf(request, table))}`,
      `  URL = ${escapedLiteral(request.url(table.layout.folder))}`,
      '  STORAGE_INTEGRATION = INTEGRATION;',
    ].join('\n');
    return {
      table: table.name,
      create: [
        commented(notes, create),
        commented(['Put the name of your storage integration in the place of INTEGRATION.'], stage),
      ].join('\n'),
      load: loadStatement(table, columns, request),
    };
  });
}

/** All tables of a task mostly lie in one folder; where they do not, each has a stage. */
function stageOf({ task, tables }: DdlRequest, table: DdlTable): string {
  const folders = new Set(tables.map(({ layout }) => layout.folder));
  return folders.size === 1 ? `tidemark_${task}` : `tidemark_${task}_${table.name}`;
}

function chooseType({ shape, dateAsText }: DdlColumn, output: OutputOptions): TypeChoice {
  const parquet = output.format === 'parquet';
  if (dateAsText) return { type: 'VARCHAR', note: NOTES.dateAsText };
  switch (shape.is) {
    case 'integer':
      return { type: `NUMBER(${integerDigits(shape.bits, shape.unsigned)},0)` };
    case 'year':
      return { type: 'NUMBER(4,0)' };
    case 'decimal':
      return decimalType(shape, 'NUMBER', 'VARCHAR');
    case 'float':
    case 'double':
      return { type: 'FLOAT' };
    case 'date':
      return { type: 'DATE' };
    case 'datetime':
      return { type: `TIMESTAMP_NTZ(${shape.digits ?? 6})` };
    case 'timestamp': {
      const digits = shape.digits ?? 6;
      if (parquet)
        return { type: `TIMESTAMP_LTZ(${digits})`, note: 'an instant, shown in the zone of the session.' };
      const note = isInstant(output) ? NOTES.utc : NOTES.local(output.outputTimezone);
      return { type: `TIMESTAMP_NTZ(${digits})`, note };
    }
    case 'time':
      return { type: 'VARCHAR', note: NOTES.time };
    case 'text':
      return { type: 'VARCHAR' };
    case 'json':
      return { type: 'VARIANT' };
    case 'bit':
      return { type: `NUMBER(${integerDigits(shape.bits, true)},0)`, note: NOTES.bit };
    case 'binary':
      return { type: 'BINARY' };
    case 'geometry':
      return { type: 'VARCHAR', note: `${NOTES.geometry} TO_GEOMETRY reads them.` };
  }
}

/** Digits that an integer may have. */
function integerDigits(bits: number, unsigned: boolean): number {
  return String(2n ** BigInt(unsigned ? bits : bits - 1) - 1n).length;
}

function loadStatement(table: DdlTable, columns: readonly TypedColumn[], request: DdlRequest): string {
  const { output } = request;
  const names = columns.map(({ name }) => doubleQuoted(name)).join(', ');
  const stage = `@${doubleQuoted(stageOf(request, table))}`;
  const parses = columns.some(({ type }) => type === 'VARIANT');
  const fields = columns.map((column, index) => fieldOf(column, index, output));
  // A VARIANT must be told that a text is JSON; a plain load would keep it as one string.
  const transformed = parses && output.format !== 'jsonl';
  const from = transformed ? `(\n  SELECT ${fields.join(', ')}\n  FROM ${stage}\n)` : stage;
  const lines = [
    `COPY INTO ${doubleQuoted(table.name)}${isDelimited(output) || transformed ? ` (${names})` : ''}`,
    `FROM ${from}`,
    `PATTERN = ${escapedLiteral(regexOf(table.layout))}`,
    `FILE_FORMAT = (\n${formatOptions(output)
      .map((option) => `  ${option}`)
      .join('\n')}\n)`,
    ...(isDelimited(output) || transformed ? [] : ['MATCH_BY_COLUMN_NAME = CASE_SENSITIVE']),
  ];
  const notes = [
    'Loads every object that has not been loaded yet: Snowflake remembers them for 64 days. It can run after each run of the task.',
    ...(output.format === 'jsonl' &&
    columns.some(({ shape }) => shape.is === 'decimal' && (shape.precision ?? 65) > 38)
      ? ['Numbers of more than 38 digits lose digits in JSON. csv keeps them.']
      : []),
  ];
  return commented(notes, `${lines.join('\n')};`);
}

/** A field of the file, by position in csv and by name in Parquet. */
function fieldOf({ name, type }: TypedColumn, index: number, { format }: OutputOptions): string {
  const field = format === 'parquet' ? `$1:${doubleQuoted(name)}` : `$${index + 1}`;
  if (type === 'VARIANT') return `PARSE_JSON(${field}${format === 'parquet' ? '::VARCHAR' : ''})`;
  return format === 'parquet' ? `${field}::${type}` : field;
}

function formatOptions(output: OutputOptions): string[] {
  const { format, compression, csv, binary } = output;
  if (format === 'parquet') return ['TYPE = PARQUET', 'USE_LOGICAL_TYPE = TRUE', 'BINARY_AS_TEXT = FALSE'];
  const shared = [
    `COMPRESSION = ${compression.codec.toUpperCase()}`,
    `BINARY_FORMAT = ${binary.toUpperCase()}`,
  ];
  if (format === 'jsonl') return ['TYPE = JSON', ...shared];
  return [
    'TYPE = CSV',
    ...shared,
    `FIELD_DELIMITER = ${escapedLiteral(csv.delimiter)}`,
    `RECORD_DELIMITER = ${escapedLiteral(csv.lineEnding)}`,
    `FIELD_OPTIONALLY_ENCLOSED_BY = ${escapedLiteral(csv.quote)}`,
    `SKIP_HEADER = ${csv.header ? 1 : 0}`,
    // NULL is written without quotes, an empty text as two quotes.
    `EMPTY_FIELD_AS_NULL = ${csv.null === '' ? 'TRUE' : 'FALSE'}`,
    `NULL_IF = (${csv.null === '' ? '' : escapedLiteral(csv.null)})`,
    'ESCAPE_UNENCLOSED_FIELD = NONE',
    "ENCODING = 'UTF8'",
  ];
}
