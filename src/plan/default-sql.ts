/** The default of a column in SQL: what stands in place of NULL, without changing the type of what is there. */
import type { Literal } from '../domain/spec.ts';
import type { ColumnValue } from './column-value.ts';
import { quoteString } from './sql.ts';

/** @param literal fits the type of the value; see spec/default-value.ts. */
export function defaultSql(value: ColumnValue, literal: Literal): ColumnValue {
  const { sql, kind, mysqlType } = value;
  // A JSON value and a text have no common type but text.
  const given = kind === 'json' ? `CAST(${sql} AS CHAR)` : sql;
  return {
    sql: `COALESCE(${given}, ${inType(literal, kind, mysqlType)})`,
    kind,
    mysqlType: kind === 'text' ? textType(mysqlType, literal.text.length) : mysqlType,
    nullable: false,
  };
}

/** The type of a text beside which another of this length may stand: of an ENUM or a TIME, that is any text. */
function textType(mysqlType: string, length: number): string {
  const [, name, declared] = /^((?:var)?char)\((\d+)\)$/i.exec(mysqlType) ?? [];
  if (name !== undefined) return `${name}(${Math.max(Number(declared), length)})`;
  return /^(?:(?:tiny|medium|long)?text|(?:var)?char)$/i.test(mysqlType) ? mysqlType : 'longtext';
}

/** With another type, the values of the column would be written with other digits. */
function inType(literal: Literal, kind: ColumnValue['kind'], mysqlType: string): string {
  const text = literal.kind === 'boolean' ? literal.text.toLowerCase() : literal.text;
  const [, arguments_ = ''] = /(\([\d,\s]+\))/.exec(mysqlType) ?? [];
  switch (kind) {
    case 'number':
    case 'float32':
      if (literal.kind === 'boolean') return literal.text === 'TRUE' ? '1' : '0';
      return /^decimal\(/i.test(mysqlType) ? `CAST(${text} AS DECIMAL${arguments_})` : text;
    case 'date':
      return `CAST(${quoteString(text)} AS DATE)`;
    case 'datetime':
    case 'timestamp':
      return `CAST(${quoteString(text)} AS DATETIME${arguments_})`;
    default:
      return quoteString(text);
  }
}
