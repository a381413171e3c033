/** What the statements for all warehouses are made of. Pure. */
import type { OutputOptions } from '../../domain/spec.ts';
import type { OutputColumn } from '../../domain/plan.ts';
import { parquetColumn } from '../../extract/parquet/schema.ts';
import { shapeOf, type Shape } from '../shape.ts';
import type { KeyLayout } from '../key-layout.ts';

/** One table of a task, as its files are. */
export interface DdlTable {
  readonly name: string;
  readonly columns: readonly OutputColumn[];
  readonly layout: KeyLayout;
  /** Key of the object of the run that was planned; `{batch}` stands in it where it has several. */
  readonly key: string;
}

/** All that the statements depend on. */
export interface DdlRequest {
  readonly task: string;
  readonly output: OutputOptions;
  readonly tables: readonly DdlTable[];
  readonly manifestKey: string;
  /** How the sink names a key: `s3://bucket/key`. */
  readonly url: (key: string) => string;
  /** Null: the sink names none. */
  readonly region: string | null;
}

/** SQL text with its comments, each statement ended by a semicolon. */
export interface TableDdl {
  readonly table: string;
  readonly create: string;
  readonly load: string;
}

/** A column with all that decides over its type. */
export interface DdlColumn {
  readonly name: string;
  readonly shape: Shape;
  /** In the file. */
  readonly nullable: boolean;
  /** Whether a date is written as text, zero dates included. */
  readonly dateAsText: boolean;
}

/** What becomes of a column: its type, and why, where that is not obvious. */
export interface TypeChoice {
  readonly type: string;
  readonly note?: string | undefined;
}

/** A column of a warehouse's table. */
export interface TypedColumn extends DdlColumn, TypeChoice {}

/** @param choose the type that the warehouse has for a column. */
export function typedColumns(
  table: DdlTable,
  output: OutputOptions,
  choose: (column: DdlColumn, output: OutputOptions) => TypeChoice,
): TypedColumn[] {
  return table.columns.map((one) => {
    const column: DdlColumn = {
      name: one.name,
      shape: shapeOf(one),
      nullable: parquetColumn(one, output.zeroDates).optional,
      dateAsText: output.zeroDates === 'string' && ['date', 'datetime', 'timestamp'].includes(one.kind),
    };
    return { ...column, ...choose(column, output) };
  });
}

/** `name type NOT NULL`, column by column. */
export function definitions(columns: readonly TypedColumn[], quoted: (name: string) => string): string[] {
  return columns.map(({ name, type, nullable }) => `${quoted(name)} ${type}${nullable ? '' : ' NOT NULL'}`);
}

/** @param name quoted. */
export function createTable(name: string, items: readonly string[]): string {
  return `CREATE TABLE ${name} (\n${listed(items)}\n);`;
}

/** Whether a TIMESTAMP in the file is an instant that its reader can know without being told a zone. */
export function isInstant({ format, outputTimezone }: OutputOptions): boolean {
  return format === 'parquet' || /^(Etc\/)?(UTC|UCT|Zulu|Universal)$/i.test(outputTimezone);
}

/** The types of a TIMESTAMP: as an instant, and as what a clock shows. */
export function timestampType(output: OutputOptions, instant: string, local: string): TypeChoice {
  return isInstant(output) ? { type: instant } : { type: local, note: NOTES.local(output.outputTimezone) };
}

/** Where 38 digits are the most; `text`: the type of what has more, or nobody knows how many. */
export function decimalType(
  { precision, scale }: Extract<Shape, { is: 'decimal' }>,
  decimal: string,
  text: string,
): TypeChoice {
  if (precision === null) return { type: text, note: NOTES.noPrecision };
  if (precision > 38) return { type: text, note: NOTES.tooPrecise(38) };
  return { type: `${decimal}(${precision},${scale})` };
}

/** Comments for a statement, one line for each thing to say, with the columns that it is about. */
export function notesOf(columns: readonly (readonly [name: string, note: string | undefined])[]): string[] {
  const about = new Map<string, string[]>();
  for (const [name, note] of columns)
    if (note !== undefined) about.set(note, [...(about.get(note) ?? []), name]);
  return [...about].map(([note, names]) => `${names.join(', ')}: ${note}`);
}

/** Why columns have the types that they have. */
export function typeNotes(columns: readonly TypedColumn[]): string[] {
  return notesOf(columns.map(({ name, note }) => [name, note]));
}

/** The comments and the statement. A line break in a name must not end a comment. */
export function commented(notes: readonly string[], sql: string): string {
  return [...notes.map((note) => `-- ${note.replaceAll(/\s+/g, ' ')}`), sql].join('\n');
}

/**
 * A caution where a pattern of keys takes the objects of other tables of the task, too.
 *
 * @param pattern with `*` and `[0-9]`.
 */
export function strangersNote(table: DdlTable, tables: readonly DdlTable[], pattern: string): string[] {
  const source = pattern.replaceAll(/\[[^\]]+\]|[^\w\s]/g, (part) =>
    part === '*' ? '.*' : part.length > 1 ? part : `\\${part}`,
  );
  const takes = new RegExp(`^${source}$`);
  const names = tables
    .filter((one) => one.name !== table.name && takes.test(one.key.replaceAll('{batch}', '0')))
    .map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    `This takes the objects of ${names.join(', ')} too: give each table a folder, before all that changes from run to run, with "key_template": "{task}/{table}/{stamp}.{ext}".`,
  ];
}

/** `"name"` */
export function doubleQuoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `'text'` where a backslash is a character like any other. */
export function plainLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** `'text'` where a backslash begins an escape. */
export function escapedLiteral(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return `'${escaped.replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}'`;
}

/** Lines of a list, indented, with commas. */
export function listed(items: readonly string[]): string {
  return items.map((item) => `  ${item}`).join(',\n');
}

/** What is said of the same thing in every warehouse. */
export const NOTES = {
  dateAsText: 'zero_dates is "string": dates are text, as no date type takes 0000-00-00.',
  time: 'TIME in MySQL reaches 838:59:59 and may be negative: text.',
  noPrecision:
    'the server does not say how many digits a DECIMAL of a query has: text. CAST it in the query.',
  geometry: 'geometries are written as WKT.',
  bit: 'BIT is written as an unsigned integer.',
  unsigned64: 'BIGINT UNSIGNED goes beyond a signed 64-bit integer.',
  utc: 'the values are in UTC.',
  local: (zone: string): string =>
    `TIMESTAMP values are written in ${zone} without an offset: local times. With "output_timezone": "UTC" they are instants.`,
  tooPrecise: (limit: number): string => `more than ${limit} digits: text.`,
} as const;
