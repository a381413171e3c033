/**
 * The footer of a Parquet file: schema, where everything lies, and between which values.
 * https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
import type { ColumnChunk } from './column-chunk.ts';
import { PLAIN, RLE, RLE_DICTIONARY } from './column-chunk.ts';
import type { LogicalType, ParquetColumn, PhysicalType } from './schema.ts';
import { binary, bool, i16, i32, i64, i8, list, struct, text } from './thrift.ts';
import type { ThriftValue } from './thrift.ts';

/** The version in package.json: a test holds the two together. */
const VERSION = '0.1.0';
/** Readers look at name and version for the bugs of known writers; the older ones ask for a build, too. */
export const CREATED_BY = `tidemark version ${VERSION} (build ${VERSION})`;
/** Holds the columns' MySQL types: a JSON object by column names. */
export const TYPES_KEY = 'tidemark.mysql_types';

export const MAGIC = Buffer.from('PAR1');

const PHYSICAL: Readonly<Record<PhysicalType, number>> = {
  INT32: 1,
  INT64: 2,
  FLOAT: 4,
  DOUBLE: 5,
  BYTE_ARRAY: 6,
  FIXED_LEN_BYTE_ARRAY: 7,
};

const REQUIRED = 0;
const OPTIONAL = 1;
/** Ordinals of row groups have 16 bits; they may be left out. */
const MAX_ORDINAL = 0x7fff;

export interface RowGroup {
  readonly rows: number;
  readonly offset: number;
  readonly chunks: readonly ColumnChunk[];
}

/** A row group as it stands in the footer: encoded at once, as there may be many. */
export function rowGroupOf(
  { rows, offset, chunks }: RowGroup,
  columns: readonly ParquetColumn[],
  codec: number,
  ordinal: number,
): ThriftValue {
  const total = (of: (chunk: ColumnChunk) => number): number =>
    chunks.reduce((sum, chunk) => sum + of(chunk), 0);
  return struct([
    [1, list(chunks.map((chunk, index) => columnChunk(chunk, columns[index]!, codec)))],
    [2, i64(total((chunk) => chunk.uncompressedBytes))],
    [3, i64(rows)],
    [5, i64(offset)],
    [6, i64(total((chunk) => chunk.compressedBytes))],
    [7, ordinal > MAX_ORDINAL ? null : i16(ordinal)],
  ]);
}

/** Everything after the last row group. */
export function footer(
  columns: readonly ParquetColumn[],
  rows: number,
  rowGroups: readonly ThriftValue[],
): Buffer {
  const root = struct([
    [4, text('schema')],
    [5, i32(columns.length)],
  ]);
  const types = Object.fromEntries(columns.map(({ name, mysqlType }) => [name, mysqlType]));
  const typesEntry = struct([
    [1, text(TYPES_KEY)],
    [2, text(JSON.stringify(types))],
  ]);
  // Bounds are compared as the type orders them.
  const typeOrder = struct([[1, struct([])]]);
  const { bytes } = struct([
    [1, i32(1)],
    [2, list([root, ...columns.map(schemaElement)])],
    [3, i64(rows)],
    [4, list(rowGroups)],
    [5, list([typesEntry])],
    [6, text(CREATED_BY)],
    [7, list(columns.map(() => typeOrder))],
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([bytes, length, MAGIC]);
}

function schemaElement({ name, physical, width, optional, logical }: ParquetColumn): ThriftValue {
  const decimal = logical?.is === 'DECIMAL' ? logical : null;
  return struct([
    [1, i32(PHYSICAL[physical])],
    [2, width === null ? null : i32(width)],
    [3, i32(optional ? OPTIONAL : REQUIRED)],
    [4, text(name)],
    [6, logical === null ? null : convertedType(logical)],
    [7, decimal && i32(decimal.scale)],
    [8, decimal && i32(decimal.precision)],
    [10, logical === null ? null : logicalType(logical)],
  ]);
}

/** The older name of a logical type, for readers that know no other; null where it has none. */
function convertedType(logical: LogicalType): ThriftValue | null {
  switch (logical.is) {
    case 'STRING':
      return i32(0);
    case 'DECIMAL':
      return i32(5);
    case 'DATE':
      return i32(6);
    case 'TIMESTAMP':
      // The older type is always in UTC.
      return logical.utc ? i32(10) : null;
    case 'INTEGER':
      return i32((logical.signed ? 15 : 11) + Math.log2(logical.bits / 8));
    case 'JSON':
      return i32(19);
  }
}

function logicalType(logical: LogicalType): ThriftValue {
  const empty = struct([]);
  switch (logical.is) {
    case 'STRING':
      return struct([[1, empty]]);
    case 'DECIMAL':
      return struct([
        [
          5,
          struct([
            [1, i32(logical.scale)],
            [2, i32(logical.precision)],
          ]),
        ],
      ]);
    case 'DATE':
      return struct([[6, empty]]);
    case 'TIMESTAMP': {
      const micros = struct([[2, empty]]);
      return struct([
        [
          8,
          struct([
            [1, bool(logical.utc)],
            [2, micros],
          ]),
        ],
      ]);
    }
    case 'INTEGER':
      return struct([
        [
          10,
          struct([
            [1, i8(logical.bits)],
            [2, bool(logical.signed)],
          ]),
        ],
      ]);
    case 'JSON':
      return struct([[12, empty]]);
  }
}

function columnChunk(chunk: ColumnChunk, column: ParquetColumn, codec: number): ThriftValue {
  const { range, dictionaryOffset } = chunk;
  const encoding = dictionaryOffset === null ? PLAIN : RLE_DICTIONARY;
  // PLAIN is the encoding of the dictionary page, too.
  const encodings = dictionaryOffset === null ? [PLAIN, RLE] : [PLAIN, RLE, RLE_DICTIONARY];
  const pages = [pageCount(0, encoding, chunk.dataPages)];
  if (dictionaryOffset !== null) pages.unshift(pageCount(2, PLAIN, 1));
  const statistics = struct([
    [3, i64(chunk.nulls)],
    [5, range && binary(range.max)],
    [6, range && binary(range.min)],
    [7, range && bool(true)],
    [8, range && bool(true)],
  ]);
  const meta = struct([
    [1, i32(PHYSICAL[column.physical])],
    [2, list(encodings.map(i32))],
    [3, list([text(column.name)])],
    [4, i32(codec)],
    [5, i64(chunk.rows)],
    [6, i64(chunk.uncompressedBytes)],
    [7, i64(chunk.compressedBytes)],
    [9, i64(chunk.dataOffset)],
    [11, dictionaryOffset === null ? null : i64(dictionaryOffset)],
    [12, statistics],
    [13, list(pages)],
  ]);
  return struct([
    [2, i64(0)],
    [3, meta],
  ]);
}

function pageCount(type: number, encoding: number, count: number): ThriftValue {
  return struct([
    [1, i32(type)],
    [2, i32(encoding)],
    [3, i32(count)],
  ]);
}
