/**
 * SQL text from names and values. Nothing from a spec reaches a statement except through here.
 *
 * The session's `sql_mode` is empty and its charset utf8mb4 (see sources/mysql/connect.ts), so a backslash escapes
 * and double quotes delimit strings; both are escaped.
 * https://dev.mysql.com/doc/refman/8.4/en/string-literals.html
 */
import type { Filter, Literal } from '../domain/spec.ts';

/** A quoted identifier: backticks inside are doubled. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** `sql AS name`; a bare column needs no second name. */
export function aliased(sql: string, name: string): string {
  return sql === quoteName(name) ? sql : `${sql} AS ${quoteName(name)}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\x1a': '\\Z',
  '"': '\\"',
  "'": "\\'",
  '\\': '\\\\',
};

export function quoteString(text: string): string {
  // oxlint-disable-next-line no-control-regex -- NUL, backspace and Ctrl-Z are what must be escaped
  return `'${text.replaceAll(/[\0\b\t\n\r\x1a"'\\]/g, (char) => ESCAPES[char]!)}'`;
}

/** A literal's SQL: numbers as their exact source text, strings escaped. */
export function literalSql(literal: Literal): string {
  return literal.kind === 'string' ? quoteString(literal.text) : literal.text;
}

/** One condition of a WHERE clause. */
export function filterSql(filter: Filter): string {
  const column = quoteName(filter.column);
  switch (filter.condition) {
    case 'is null':
    case 'is not null':
      return `${column} ${filter.condition.toUpperCase()}`;
    case 'in':
    case 'not in':
      return `${column} ${filter.condition.toUpperCase()} (${filter.values.map(literalSql).join(', ')})`;
    case 'between':
      return `${column} BETWEEN ${literalSql(filter.low)} AND ${literalSql(filter.high)}`;
    default:
      return `${column} ${filter.condition.toUpperCase()} ${literalSql(filter.value)}`;
  }
}

/** What a SELECT of one table is made of. */
export interface SelectParts {
  readonly expressions: readonly string[];
  readonly table: string;
  readonly conditions: readonly string[];
  readonly orderBy: readonly string[];
  /** Whether an expression may have the name of a column: ORDER BY would then mean the expression. */
  readonly renamed?: boolean;
  /** The index that it has to be read by; left out: as the server sees fit. */
  readonly index?: string;
}

/** `SELECT … FROM … WHERE … ORDER BY …`, one clause a line. */
export function selectSql(parts: SelectParts): string {
  const index = parts.index === undefined ? '' : ` FORCE INDEX (${quoteName(parts.index)})`;
  const lines = [`SELECT ${parts.expressions.join(', ')}`, `FROM ${quoteName(parts.table)}${index}`];
  if (parts.conditions.length > 0) lines.push(`WHERE ${parts.conditions.join('\n  AND ')}`);
  const ordering = parts.renamed === true ? `${quoteName(parts.table)}.` : '';
  const orderBy = parts.orderBy.map((name) => `${ordering}${quoteName(name)}`);
  if (orderBy.length > 0) lines.push(`ORDER BY ${orderBy.join(', ')}`);
  return lines.join('\n');
}

/** The largest value of a column; NULL where the table has no row. */
export function maximumSql(table: string, column: string): string {
  return `SELECT MAX(${quoteName(column)}) AS last FROM ${quoteName(table)}`;
}

/**
 * A number that is another one when a column of the tables is: its name, place, type, nullability or collation.
 *
 * @param tables at least one.
 */
export function columnsSql(database: string, tables: readonly string[]): string {
  // By `=` alone, older servers look no other table up.
  const each = tables.map(
    (table) =>
      "SELECT CRC32(CONCAT_WS('|', TABLE_NAME, ORDINAL_POSITION, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLLATION_NAME)) AS c " +
      `FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ${quoteString(database)} AND TABLE_NAME = ${quoteString(table)}`,
  );
  return `SELECT CONCAT(COUNT(*), ':', SUM(c)) AS found FROM (\n${each.join('\nUNION ALL\n')}\n) AS each_column`;
}

/** Counts the rows that a SELECT with these conditions returns. */
export function countSql(table: string, conditions: readonly string[]): string {
  return selectSql({ expressions: ['COUNT(*) AS n'], table, conditions, orderBy: [] });
}

/** Counts the rows that a query returns. */
export function countQuerySql(query: string): string {
  return `SELECT COUNT(*) AS n\nFROM (\n${query}\n) AS q`;
}
