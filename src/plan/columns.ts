/**
 * Table columns to output columns: which kind of value each is, and the SQL expression that reads it exactly.
 */
import type { OutputColumn, ValueKind } from '../domain/plan.ts';
import type { TableColumn } from '../ports.ts';
import type { ColumnValue } from './column-value.ts';
import { aliased, quoteName } from './sql.ts';

const KINDS: Readonly<Record<string, ValueKind>> = {
  tinyint: 'number',
  smallint: 'number',
  mediumint: 'number',
  int: 'number',
  bigint: 'number',
  decimal: 'number',
  double: 'number',
  year: 'number',
  float: 'float32',
  date: 'date',
  datetime: 'datetime',
  timestamp: 'timestamp',
  bit: 'bit',
  json: 'json',
  binary: 'binary',
  varbinary: 'binary',
  tinyblob: 'binary',
  blob: 'binary',
  mediumblob: 'binary',
  longblob: 'binary',
  vector: 'binary',
};

/** The types of geometries. */
export const GEOMETRY =
  /^(geometry|point|linestring|polygon|multi(point|linestring|polygon)|geom(etry)?collection)$/;

export function outputColumn(column: TableColumn): OutputColumn {
  return {
    name: column.name,
    mysqlType: column.columnType,
    nullable: column.nullable,
    kind: KINDS[column.dataType] ?? 'text',
    ...(column.charset === undefined ? {} : { charset: column.charset }),
  };
}

/** The item of the SELECT list that reads a column. */
export function selectExpression(column: TableColumn): string {
  return aliased(readExpression(column), column.name);
}

function readExpression(column: TableColumn): string {
  const name = quoteName(column.name);
  if (GEOMETRY.test(column.dataType)) return `ST_AsText(${name})`;
  return needsExactDouble(column) ? exactDouble(name) : name;
}

/** A column of a table or query, for what is made of it. */
export interface SourceColumn {
  /** Reads it as it is exported. */
  readonly sql: string;
  readonly column: OutputColumn;
  /** Reads it as expressions can go on with it. */
  readonly value: ColumnValue;
}

export function tableSource(column: TableColumn): SourceColumn {
  const output = outputColumn(column);
  const sql = readExpression(column);
  return { sql, column: output, value: output.kind === 'bit' ? exactValue(sql, output) : { ...output, sql } };
}

/** @param column of the result of a custom query. */
export function resultSource(column: OutputColumn): SourceColumn {
  return { sql: exactResult(column), column, value: exactValue(quoteName(column.name), column) };
}

/**
 * An expression as a value that is exact and can be worked on.
 *
 * @param column what the server says that the expression gives.
 */
export function exactValue(sql: string, column: OutputColumn): ColumnValue {
  const { mysqlType, nullable, kind } = column;
  // Its bytes are a number.
  if (kind === 'bit') return { sql: `(${sql} + 0)`, mysqlType: 'bigint unsigned', nullable, kind: 'number' };
  if (mysqlType === 'geometry') return { sql: `ST_AsText(${sql})`, mysqlType, nullable, kind };
  return { sql: kind === 'float32' ? exactDouble(sql) : sql, mysqlType, nullable, kind };
}

/**
 * The server prints FLOAT with six digits and DOUBLE(M,D) with D decimals; as an unscaled DOUBLE either is printed
 * with all the digits it needs. Multiplying keeps the sign of a negative zero, where adding would not.
 */
export function exactDouble(expression: string): string {
  return `${expression} * 1e0`;
}

function needsExactDouble(column: TableColumn): boolean {
  return column.dataType === 'float' || (column.dataType === 'double' && column.columnType.includes('('));
}

/** Result columns that a custom query must be wrapped for, to read them exactly. */
export function wrappedExpression(column: OutputColumn): string {
  return aliased(exactResult(column), column.name);
}

function exactResult(column: OutputColumn): string {
  const name = quoteName(column.name);
  return column.kind === 'bit' ? name : exactValue(name, column).sql;
}
