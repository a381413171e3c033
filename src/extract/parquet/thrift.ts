/**
 * Thrift's compact protocol, as far as Parquet's headers and footer need it: values are encoded from the inside out.
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */

export interface ThriftValue {
  /** The protocol's number of the type. */
  readonly type: number;
  readonly bytes: Buffer;
}

/** A field and its id; null and absent are the same. */
export type ThriftField = readonly [id: number, value: ThriftValue | null];

const TRUE = 1;
const FALSE = 2;
const I8 = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;
/** Sizes and differences of ids up to this one share a byte with the type. */
const SHORT = 15;
const STOP = Buffer.of(0);

export function bool(value: boolean): ThriftValue {
  return { type: value ? TRUE : FALSE, bytes: Buffer.alloc(0) };
}

export function i8(value: number): ThriftValue {
  return { type: I8, bytes: Buffer.of(value) };
}

export function i16(value: number): ThriftValue {
  return { type: I16, bytes: varint(zigzag(value)) };
}

export function i32(value: number): ThriftValue {
  return { type: I32, bytes: varint(zigzag(value)) };
}

/** @param value an integer whose double is exact. */
export function i64(value: number): ThriftValue {
  return { type: I64, bytes: varint(zigzag(value)) };
}

export function binary(value: Uint8Array): ThriftValue {
  return { type: BINARY, bytes: Buffer.concat([varint(value.length), value]) };
}

export function text(value: string): ThriftValue {
  return binary(Buffer.from(value));
}

/** @param values all of the first one's type; not empty, or of structs. */
export function list(values: readonly ThriftValue[]): ThriftValue {
  const type = values[0]?.type ?? STRUCT;
  const head =
    values.length < SHORT
      ? Buffer.of((values.length << 4) | type)
      : Buffer.concat([Buffer.of((SHORT << 4) | type), varint(values.length)]);
  return { type: LIST, bytes: Buffer.concat([head, ...values.map(({ bytes }) => bytes)]) };
}

/** @param fields in ascending order of ids. */
export function struct(fields: readonly ThriftField[]): ThriftValue {
  const parts: Buffer[] = [];
  let last = 0;
  for (const [id, value] of fields) {
    if (value === null) continue;
    const step = id - last;
    if (step <= SHORT) parts.push(Buffer.of((step << 4) | value.type));
    else parts.push(Buffer.of(value.type), varint(zigzag(id)));
    parts.push(value.bytes);
    last = id;
  }
  parts.push(STOP);
  return { type: STRUCT, bytes: Buffer.concat(parts) };
}

function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** Seven bits a byte, the lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
