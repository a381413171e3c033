/**
 * Masks in SQL. What is hashed is the value as the server writes it, in UTF-8; of BINARY and BLOB, the bytes.
 *
 * HMAC-SHA-256 is made of two SHA-256 over the key, padded in two ways (RFC 2104). Both padded keys stand in variables
 * of the session, so that the key is in no statement that is shown; see sources/mysql/hmac-key.ts.
 */
import type { Mask } from '../domain/spec.ts';
import type { ColumnValue } from './column-value.ts';

/** How many characters `last4` shows; also where rows are masked here, see extract/map-rows.ts. */
export const SHOWN_CHARACTERS = 4;
export const REDACTED = 'REDACTED';

/** @param value no BINARY or BLOB for `last4`. */
export function maskSql(value: ColumnValue, mask: Mask): ColumnValue {
  const { sql, nullable } = value;
  const hashed = { mysqlType: 'char(64)', kind: 'text', nullable } as const;
  switch (mask) {
    case 'null':
      return { ...value, sql: 'NULL', nullable: true };
    case 'redact':
      return {
        sql: `IF(${sql} IS NULL, NULL, '${REDACTED}')`,
        mysqlType: `varchar(${REDACTED.length})`,
        kind: 'text',
        nullable,
      };
    case 'sha256':
      return { sql: `SHA2(${bytesOf(value)}, 256)`, ...hashed };
    case 'hmac': {
      const inner = `UNHEX(SHA2(CONCAT(@tidemark_hmac_inner, ${bytesOf(value)}), 256))`;
      return { sql: `SHA2(CONCAT(@tidemark_hmac_outer, ${inner}), 256)`, ...hashed };
    }
    case 'last4': {
      const text = textOf(value);
      const stars = `REPEAT('*', CHAR_LENGTH(${text}) - ${SHOWN_CHARACTERS})`;
      const mysqlType = value.kind === 'text' ? value.mysqlType : 'longtext';
      return {
        sql: `CONCAT(${stars}, RIGHT(${text}, ${SHOWN_CHARACTERS}))`,
        mysqlType,
        kind: 'text',
        nullable,
      };
    }
  }
}

function bytesOf(value: ColumnValue): string {
  return value.kind === 'binary' ? value.sql : textOf(value);
}

function textOf({ sql, kind }: ColumnValue): string {
  return kind === 'text' ? `CONVERT(${sql} USING utf8mb4)` : `CAST(${sql} AS CHAR)`;
}
