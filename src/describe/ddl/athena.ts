/**
 * External tables for Athena: https://docs.aws.amazon.com/athena/latest/ug/create-table.html, types:
 * https://docs.aws.amazon.com/athena/latest/ug/data-types.html, csv: …/csv-serde.html, JSON: …/openx-json-serde.html
 *
 * The SerDe that reads quoted csv reads text only, and takes no NULL: a view makes types of it.
 */
import type { OutputOptions } from '../../domain/spec.ts';
import { isDelimited } from '../../plan/formats.ts';
import {
  commented,
  decimalType,
  doubleQuoted,
  escapedLiteral,
  isInstant,
  listed,
  NOTES,
  notesOf,
  plainLiteral,
  typedColumns,
  typeNotes,
} from './common.ts';
import type { DdlColumn, DdlRequest, DdlTable, TableDdl, TypeChoice, TypedColumn } from './common.ts';

interface AthenaColumn extends TypedColumn {
  /** What it is called here. */
  readonly id: string;
}

export function athenaDdl(request: DdlRequest): TableDdl[] {
  return request.tables.map((table) => {
    const { output } = request;
    const columns = named(typedColumns(table, output, chooseType));
    const asText = isDelimited(output);
    const name = identifier(table.name);
    const raw = asText ? `${name}_text` : name;
    const definitions = columns.map(({ id, type }) => `\`${id}\` ${asText ? 'string' : type}`);
    const { partitions } = table.layout;
    const create = [
      `CREATE EXTERNAL TABLE \`${raw}\` (\n${listed(definitions)}\n)`,
      ...(partitions.length === 0
        ? []
        : [`PARTITIONED BY (${partitions.map((one) => `\`${identifier(one)}\` string`).join(', ')})`]),
      ...storage(output, columns),
      `LOCATION ${escapedLiteral(request.url(table.layout.folder))}`,
      ...(asText && output.csv.header ? ["TBLPROPERTIES ('skip.header.line.count' = '1')"] : []),
    ].join('\n');
    const notes = [
      ...notesOf(
        columns.map(({ name: given, id }) => [
          given,
          id === given.toLowerCase() ? undefined : `${id} here: Athena takes letters, digits and _.`,
        ]),
      ),
      ...typeNotes(columns),
      ...tableNotes(table, output),
    ];
    return {
      table: table.name,
      create: commented(notes, `${create};`),
      load: [...addPartition(raw, table, request), ...reading(name, raw, columns, output)].join('\n'),
    };
  });
}

/** Lower case, with nothing but letters, digits and underscores. */
function identifier(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9_]/g, '_');
}

/** Each by a name of its own. */
function named(columns: readonly TypedColumn[]): AthenaColumn[] {
  const taken = new Set<string>();
  return columns.map((column) => {
    const name = identifier(column.name);
    let id = name;
    for (let number = 2; taken.has(id); number++) id = `${name}_${number}`;
    taken.add(id);
    return { ...column, id };
  });
}

const INTEGERS = { 8: 'tinyint', 16: 'smallint', 24: 'int', 32: 'int', 64: 'bigint' } as const;
const WIDER = { 8: 'smallint', 16: 'int', 24: 'int', 32: 'bigint', 64: 'decimal(20,0)' } as const;

function chooseType({ shape, dateAsText }: DdlColumn, output: OutputOptions): TypeChoice {
  if (dateAsText) return { type: 'string', note: NOTES.dateAsText };
  switch (shape.is) {
    case 'integer':
      if (!shape.unsigned) return { type: INTEGERS[shape.bits] };
      return { type: WIDER[shape.bits], note: shape.bits === 64 ? NOTES.unsigned64 : undefined };
    case 'year':
      return { type: output.format === 'parquet' ? 'int' : 'smallint' };
    case 'decimal':
      return decimalType(shape, 'decimal', 'string');
    case 'float':
    case 'double':
      return { type: shape.is };
    case 'date':
      return { type: 'date' };
    case 'datetime':
    case 'timestamp': {
      const local =
        shape.is === 'timestamp' && !isInstant(output) ? `${NOTES.local(output.outputTimezone)} ` : '';
      const utc = shape.is === 'timestamp' && local === '' ? `${NOTES.utc} ` : '';
      const cut = (shape.digits ?? 6) > 3 ? 'Athena keeps milliseconds of a timestamp.' : '';
      const note = `${local}${utc}${cut}`.trim();
      return { type: 'timestamp', note: note === '' ? undefined : note };
    }
    case 'time':
      return { type: 'string', note: NOTES.time };
    case 'text':
      return { type: 'string' };
    case 'json':
      return { type: 'string', note: 'JSON as text: json_extract reads it.' };
    case 'bit':
      return { type: shape.bits < 64 ? 'bigint' : 'decimal(20,0)', note: NOTES.bit };
    case 'binary':
      return output.format === 'parquet'
        ? { type: 'binary' }
        : { type: 'string', note: `${output.binary} as text: from_${output.binary} makes varbinary of it.` };
    case 'geometry':
      return { type: 'string', note: `${NOTES.geometry} ST_GeometryFromText reads them.` };
  }
}

function storage(output: OutputOptions, columns: readonly AthenaColumn[]): string[] {
  if (output.format === 'parquet') return ['STORED AS PARQUET'];
  if (output.format === 'jsonl') {
    const renamed = columns.flatMap(({ name, id }) =>
      id === name ? [] : [`  ${escapedLiteral(`mapping.${id}`)} = ${escapedLiteral(name)}`],
    );
    const properties = ["  'case.insensitive' = 'false'", ...renamed];
    return [
      "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'",
      `WITH SERDEPROPERTIES (\n${properties.join(',\n')}\n)`,
    ];
  }
  const { csv } = output;
  const properties = [
    `  'separatorChar' = ${escapedLiteral(csv.delimiter)}`,
    // Hive has two kinds of quotes for texts.
    `  'quoteChar' = ${csv.quote === "'" ? `"'"` : escapedLiteral(csv.quote)}`,
    // The default is a backslash, which is a character like any other in the files.
    String.raw`  'escapeChar' = '\u0001'`,
  ];
  return [
    "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'",
    `WITH SERDEPROPERTIES (\n${properties.join(',\n')}\n)`,
  ];
}

function tableNotes({ layout, columns }: DdlTable, output: OutputOptions): string[] {
  const notes = [
    'Athena reads all objects under LOCATION, those of every run; "$path" tells them apart. It leaves out the manifests, as their names begin with _.',
  ];
  if (layout.shared)
    notes.push(
      'Other tables of the task are in the same folder, and Athena cannot tell them apart: give each a folder with "key_template": "{task}/{table}/{stamp}.{ext}".',
    );
  if (isDelimited(output))
    notes.push(
      'The csv SerDe reads text, one line a row: a line break inside a value breaks the row. Parquet has none of this.',
    );
  if (
    output.format === 'parquet' &&
    columns.some(({ mysqlType }) => /unsigned|zerofill|^bit/i.test(mysqlType))
  )
    notes.push('Unsigned columns are unsigned in Parquet; the types here hold all their values.');
  return notes;
}

/** The folder of the run that was planned. */
function addPartition(raw: string, { layout, key }: DdlTable, { url }: DdlRequest): string[] {
  if (layout.partitions.length === 0) return [];
  const folder = key.slice(0, key.lastIndexOf('/') + 1);
  const values = layout.partitions.map((name) => {
    const segment = folder.split('/').find((one) => one.startsWith(`${name}=`)) ?? '';
    return `\`${identifier(name)}\` = ${escapedLiteral(segment.slice(name.length + 1))}`;
  });
  return [
    commented(
      ['For each new folder.'],
      `ALTER TABLE \`${raw}\` ADD IF NOT EXISTS\n  PARTITION (${values.join(', ')}) LOCATION ${escapedLiteral(url(folder))};`,
    ),
  ];
}

function reading(
  name: string,
  raw: string,
  columns: readonly AthenaColumn[],
  output: OutputOptions,
): string[] {
  if (!isDelimited(output))
    return [
      commented(
        ['Nothing has to be loaded: the table reads the objects where they are.'],
        `SELECT * FROM ${doubleQuoted(raw)} LIMIT 10;`,
      ),
    ];
  const marker = plainLiteral(output.csv.null);
  const items = columns.map(({ id, type, nullable }) => {
    const column = doubleQuoted(id);
    // An empty text and NULL are the same to the SerDe.
    if (type === 'string')
      return output.csv.null === '' || !nullable ? column : `NULLIF(${column}, ${marker}) AS ${column}`;
    return `CAST(NULLIF(${column}, ${marker}) AS ${type === 'float' ? 'real' : type === 'int' ? 'integer' : type}) AS ${column}`;
  });
  const notes = ['Types and NULL are made of the text here.'];
  if (output.csv.null === '')
    notes.push(
      String.raw`A text that is NULL reads as an empty one. With "csv": {"null": "\\N"} they differ.`,
    );
  return [
    commented(
      notes,
      `CREATE OR REPLACE VIEW ${doubleQuoted(name)} AS\nSELECT\n${listed(items)}\nFROM ${doubleQuoted(raw)};`,
    ),
  ];
}
