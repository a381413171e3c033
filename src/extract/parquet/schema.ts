/**
 * Output columns to Parquet columns: how a value is stored, what it means, and how it is read from its text.
 * https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
 */
import type { ZeroDates } from '../../domain/spec.ts';
import type { OutputColumn } from '../../domain/plan.ts';

export type PhysicalType = 'INT32' | 'INT64' | 'FLOAT' | 'DOUBLE' | 'BYTE_ARRAY' | 'FIXED_LEN_BYTE_ARRAY';

export type LogicalType =
  | { readonly is: 'INTEGER'; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  | { readonly is: 'DECIMAL'; readonly precision: number; readonly scale: number }
  | { readonly is: 'DATE' }
  | { readonly is: 'TIMESTAMP'; readonly utc: boolean }
  | { readonly is: 'STRING' }
  | { readonly is: 'JSON' };

/** How a value's text becomes what is stored. */
export type Reading =
  | { readonly as: 'int32'; readonly min: number; readonly max: number }
  | { readonly as: 'int64'; readonly unsigned: boolean }
  | {
      readonly as: 'decimal32' | 'decimal64' | 'decimal128';
      readonly precision: number;
      readonly scale: number;
    }
  | { readonly as: 'float' | 'double' | 'date' | 'timestamp' | 'bit' | 'text' | 'bytes' }
  /** Dates as text; instants among them are written in the output zone. */
  | { readonly as: 'dateText'; readonly instant: boolean };

export interface ParquetColumn {
  readonly name: string;
  readonly mysqlType: string;
  /** Whether a NULL may be among the values. */
  readonly optional: boolean;
  readonly physical: PhysicalType;
  /** Bytes of a FIXED_LEN_BYTE_ARRAY; null for all others. */
  readonly width: number | null;
  readonly logical: LogicalType | null;
  readonly reading: Reading;
}

type Stored = Pick<ParquetColumn, 'physical' | 'width' | 'logical' | 'reading'>;

/** The largest precision that Parquet's readers take for a DECIMAL. */
const MAX_PRECISION = 38;

/** Bytes of each integer type, and where unsigned values of it fit. */
const INTEGER_BITS: Readonly<Record<string, 8 | 16 | 24 | 32>> = {
  tinyint: 8,
  smallint: 16,
  mediumint: 24,
  int: 32,
  integer: 32,
};

const STRING: Stored = stored('BYTE_ARRAY', { is: 'STRING' }, { as: 'text' });

export function parquetColumn(column: OutputColumn, zeroDates: ZeroDates): ParquetColumn {
  const { name, mysqlType, kind } = column;
  const isDate = kind === 'date' || kind === 'datetime' || kind === 'timestamp';
  return {
    name,
    mysqlType,
    optional: column.nullable || (isDate && zeroDates === 'null'),
    ...storedAs(column, zeroDates),
  };
}

function storedAs({ kind, mysqlType }: OutputColumn, zeroDates: ZeroDates): Stored {
  switch (kind) {
    case 'number':
      return storedNumber(mysqlType.toLowerCase());
    case 'float32':
      return stored('FLOAT', null, { as: 'float' });
    case 'date':
    case 'datetime':
    case 'timestamp':
      if (zeroDates === 'string')
        return { ...STRING, reading: { as: 'dateText', instant: kind === 'timestamp' } };
      if (kind === 'date') return stored('INT32', { is: 'DATE' }, { as: 'date' });
      return stored('INT64', { is: 'TIMESTAMP', utc: kind === 'timestamp' }, { as: 'timestamp' });
    case 'text':
      return STRING;
    case 'json':
      return stored('BYTE_ARRAY', { is: 'JSON' }, { as: 'text' });
    case 'bit':
      return stored('INT64', { is: 'INTEGER', bits: 64, signed: false }, { as: 'bit' });
    case 'binary':
      return stored('BYTE_ARRAY', null, { as: 'bytes' });
  }
}

/** @param type such as `int(10) unsigned zerofill`, `decimal(10,2)`, `double`; what is not known becomes a STRING. */
function storedNumber(type: string): Stored {
  const base = /^[a-z]+/.exec(type)?.[0] ?? '';
  // ZEROFILL makes a column unsigned, even where the word is not there.
  const signed = !/unsigned|zerofill/.test(type);
  if (base === 'double') return stored('DOUBLE', null, { as: 'double' });
  if (base === 'float') return stored('FLOAT', null, { as: 'float' });
  if (base === 'year')
    return stored('INT32', { is: 'INTEGER', bits: 16, signed: false }, { as: 'int32', min: 0, max: 0xffff });
  if (base === 'bigint')
    return stored('INT64', { is: 'INTEGER', bits: 64, signed }, { as: 'int64', unsigned: !signed });
  const bits = INTEGER_BITS[base];
  if (bits !== undefined) {
    const [min, max] = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
    // Parquet has no 24 bits.
    return stored(
      'INT32',
      { is: 'INTEGER', bits: bits === 24 ? 32 : bits, signed },
      { as: 'int32', min, max },
    );
  }
  const declared = /^(?:decimal|numeric)\((\d+)(?:,\s*(\d+))?\)/.exec(type);
  return declared === null ? STRING : storedDecimal(Number(declared[1]), Number(declared[2] ?? 0));
}

function storedDecimal(precision: number, scale: number): Stored {
  if (precision > MAX_PRECISION || precision < 1) return STRING;
  const logical: LogicalType = { is: 'DECIMAL', precision, scale };
  if (precision <= 9) return stored('INT32', logical, { as: 'decimal32', precision, scale });
  if (precision <= 18) return stored('INT64', logical, { as: 'decimal64', precision, scale });
  return {
    physical: 'FIXED_LEN_BYTE_ARRAY',
    // As many bytes as the largest value and its sign need.
    width: Math.ceil((precision * Math.log2(10) + 1) / 8),
    logical,
    reading: { as: 'decimal128', precision, scale },
  };
}

function stored(physical: PhysicalType, logical: LogicalType | null, reading: Reading): Stored {
  return { physical, width: null, logical, reading };
}
