/**
 * Values inside JSON documents, read by the server: what a field becomes in SQL, and which server can be asked for it.
 *
 * MariaDB keeps a document as its text; MySQL keeps one of type JSON in a form of its own, numbers as they were read
 * when it was stored. JSON in a text column MySQL would read anew for every row, with fractions and large numbers as
 * DOUBLE: such a document, like all of a server without JSON functions, is read by extract/map-rows.ts.
 */
import type { JsonField } from '../domain/spec.ts';
import type { ServerIdentity } from '../domain/plan.ts';
import { jsonPathText } from '../spec/json-path.ts';
import { fieldTypeText } from '../spec/value-types.ts';
import type { ColumnValue } from './column-value.ts';
import { quoteString } from './sql.ts';

/** Whether the server reads exactly what stands at this path of this document. */
export function serverReadsJson(
  server: ServerIdentity,
  document: ColumnValue,
  path: JsonField['path'],
): boolean {
  if (server.flavor === 'mysql') return document.kind === 'json';
  // MariaDB compares keys as they are written: to it, "caf\u00e9" and "café" are two.
  return isSince(server.version, [10, 2, 3]) && path.every((leg) => typeof leg === 'number' || isPlain(leg));
}

function isPlain(key: string): boolean {
  return /^[ -~]*$/.test(key) && !/["\\/]/.test(key);
}

function isSince(version: string, least: readonly number[]): boolean {
  const found = version.split(/[.-]/, least.length).map(Number);
  const differs = least.findIndex((part, index) => found[index] !== part);
  return differs === -1 || found[differs]! > least[differs]!;
}

/** A field of a document as a column. Missing, JSON null, of another type, or in no JSON document at all: NULL. */
export function jsonFieldSql(document: ColumnValue, { path, type }: JsonField): ColumnValue {
  // A column of type JSON holds nothing else.
  const valid =
    document.kind === 'json' ? document.sql : `IF(JSON_VALID(${document.sql}), ${document.sql}, NULL)`;
  // As a text, JSON null can be told from the string "null", which stands in quotes.
  const value = `NULLIF(CONCAT(JSON_EXTRACT(${valid}, ${quoteString(jsonPathText(path))})), 'null')`;
  const mysqlType = fieldTypeText(type);
  const text = `JSON_UNQUOTE(${value})`;
  switch (type.is) {
    case 'text':
      return { sql: text, mysqlType, kind: 'text', nullable: true };
    case 'json':
      return { sql: value, mysqlType, kind: 'json', nullable: true };
    case 'integer':
      return { sql: integerSql(text), mysqlType, kind: 'number', nullable: true };
    case 'decimal':
      return { sql: decimalSql(text, type.precision, type.scale), mysqlType, kind: 'number', nullable: true };
    case 'double':
      return { sql: doubleSql(text), mysqlType, kind: 'number', nullable: true };
    case 'boolean':
      return { sql: booleanSql(text), mysqlType, kind: 'number', nullable: true };
    case 'date':
      return { sql: dateSql(text), mysqlType, kind: 'date', nullable: true };
    case 'datetime':
      return { sql: datetimeSql(text), mysqlType, kind: 'datetime', nullable: true };
  }
}

/**
 * Whether all of a text fits a pattern. The x keeps `$` from matching before a last line break.
 *
 * @param pattern without anchors, in the syntax that all servers share.
 */
function fits(text: string, pattern: string): string {
  return `CONCAT(${text}, 'x') REGEXP '^${pattern}x$'`;
}

const NUMBER = '-?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?';

function integerSql(text: string): string {
  const exact = `CAST(${text} AS DECIMAL(65,30))`;
  const inRange = `${exact} BETWEEN -9223372036854775808 AND 9223372036854775807`;
  return (
    `CASE WHEN ${fits(text, NUMBER)} AND ${inRange} AND ${exact} = TRUNCATE(${exact}, 0) ` +
    `THEN CAST(${exact} AS SIGNED) END`
  );
}

function decimalSql(text: string, precision: number, scale: number): string {
  // A DECIMAL that is too large for its type would become the largest that it holds.
  const wide = `CAST(${text} AS DECIMAL(65,${scale}))`;
  const limit = `1${'0'.repeat(precision - scale)}`;
  return (
    `CASE WHEN ${fits(text, NUMBER)} AND ABS(${wide}) < ${limit} ` +
    `THEN CAST(${text} AS DECIMAL(${precision},${scale})) END`
  );
}

function doubleSql(text: string): string {
  // The sum has no negative zero, which servers write differently. What overflows becomes the largest double.
  return (
    `CASE WHEN ${fits(text, NUMBER)} AND ABS(${text} * 1e0) < 1.7976931348623157e308 ` +
    `THEN ${text} * 1e0 + 0e0 END`
  );
}

function booleanSql(text: string): string {
  // Bytes, because texts would be compared in any case and without the spaces at their ends.
  return `CASE CAST(${text} AS BINARY) WHEN 'true' THEN 1 WHEN '1' THEN 1 WHEN 'false' THEN 0 WHEN '0' THEN 0 END`;
}

const DAY = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
const OFFSET = '[-+][0-9]{2}:[0-9]{2}';

function dateSql(text: string): string {
  return `CASE WHEN ${fits(text, `${DAY}([T ][-+0-9:.Z]+)?`)} THEN CAST(LEFT(${text}, 10) AS DATE) END`;
}

function datetimeSql(text: string): string {
  const pattern = `${DAY}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|${OFFSET})?)?`;
  // Six digits of the fraction: some servers would round the seventh, others cut it off.
  const time = (local: string): string => `CAST(REPLACE(LEFT(${local}, 26), 'T', ' ') AS DATETIME(6))`;
  const withOffset = time(`LEFT(${text}, CHAR_LENGTH(${text}) - 6)`);
  const minutes = `MID(${text}, -6, 3) * 60 + CONCAT(MID(${text}, -6, 1), RIGHT(${text}, 2))`;
  return (
    `CASE WHEN NOT ${fits(text, pattern)} THEN NULL ` +
    `WHEN ${text} REGEXP '${OFFSET}$' THEN ${withOffset} - INTERVAL (${minutes}) MINUTE ` +
    `ELSE ${time(`TRIM(TRAILING 'Z' FROM ${text})`)} END`
  );
}
