/**
 * Row packets to JSON Lines: one object a row, one row a line (https://jsonlines.org), RFC 8259. Numbers keep all their
 * digits, JSON columns are nested as they are; nothing is parsed. For the packets, see csv.ts.
 */
import { isUtf8 } from 'node:buffer';
import type { OutputColumn, OutputOptions, ValueKind } from '../domain.ts';
import { countsByName, type RowEncoder } from './row-encoder.ts';
import { bitText, float32Text, isZeroDate, zeroDate } from './values.ts';
import { offsetLookup, shiftToZone } from './zone.ts';

const NULL_MARK = 0xfb;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const CLOSE = 0x7d;
/** From this length on, native copies and searches beat a loop over all bytes. */
const LONG = 64;
const LARGE_ROW = 65_536;

// What a byte of a text is in JSON: itself, in need of an escape, or part of a longer UTF-8 sequence.
const ESCAPED = 1;
const BEYOND_ASCII = 2;
const classes = new Uint8Array(256).fill(BEYOND_ASCII, 0x80).fill(ESCAPED, 0, 0x20);
classes[QUOTE] = ESCAPED;
classes[BACKSLASH] = ESCAPED;

const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  [QUOTE]: '\\"',
  [BACKSLASH]: '\\\\',
  0x08: '\\b',
  0x09: '\\t',
  0x0a: '\\n',
  0x0c: '\\f',
  0x0d: '\\r',
};
/** The escape of each byte that needs one. */
const escapes = Array.from({ length: 128 }, (_, byte) =>
  classes[byte] === ESCAPED
    ? Buffer.from(SHORT_ESCAPES[byte] ?? `\\u${byte.toString(16).padStart(4, '0')}`)
    : Buffer.alloc(0),
);

/** What stands before a column's value, by what the value is. */
interface Prefix {
  readonly bare: Buffer;
  readonly quoted: Buffer;
  /** With the value. */
  readonly null: Buffer;
}

export function jsonlEncoder(columns: readonly OutputColumn[], output: OutputOptions): RowEncoder {
  const count = columns.length;
  const kinds = columns.map(({ kind }) => kind);
  const prefixes = columns.map(({ name }, index) => prefixOf(name, index === 0));
  const prefixBytes = prefixes.reduce((sum, { null: longest }) => sum + longest.length + 4, 8);
  const offsetOf = output.outputTimezone === 'UTC' ? null : offsetLookup(output.outputTimezone);
  const zeroDates = new Float64Array(count);
  const invalidTexts = new Float64Array(count);

  const writeText = (column: number, from: Buffer, start: number, end: number, out: Buffer, at: number) => {
    const broken = brokenAt(from, start, end);
    if (broken === -1) return at + copy(from, start, end, out, at);
    if (isUtf8(from.subarray(broken, end))) return escapeText(from, start, end, out, at);
    invalidTexts[column]!++;
    // Decoding puts U+FFFD in the place of what is no character.
    const text = Buffer.from(from.toString('utf8', start, end));
    return escapeText(text, 0, text.length, out, at);
  };

  const writeDate = (column: number, from: Buffer, start: number, end: number, out: Buffer, at: number) => {
    const { quoted, null: none } = prefixes[column]!;
    if (isZeroDate(from, start)) {
      zeroDates[column]!++;
      if (output.zeroDates === 'null') return at + copy(none, 0, none.length, out, at);
      if (output.zeroDates === 'fail')
        throw zeroDate(columns[column]!.name, from.toString('latin1', start, end));
    } else if (offsetOf !== null && kinds[column] === 'timestamp') shiftToZone(from, start, offsetOf);
    let to = at + copy(quoted, 0, quoted.length, out, at);
    to += copy(from, start, end, out, to);
    out[to++] = QUOTE;
    return to;
  };

  const writeValue = (column: number, from: Buffer, start: number, end: number, out: Buffer, at: number) => {
    const { bare, quoted } = prefixes[column]!;
    const kind = kinds[column]!;
    let to = at;
    switch (kind) {
      case 'number':
        to += copy(bare, 0, bare.length, out, to);
        return to + copy(from, firstDigit(from, start, end), end, out, to);
      case 'date':
      case 'datetime':
      case 'timestamp':
        return writeDate(column, from, start, end, out, at);
      case 'text':
        to += copy(quoted, 0, quoted.length, out, to);
        to = writeText(column, from, start, end, out, to);
        break;
      case 'json':
        to += copy(bare, 0, bare.length, out, to);
        return to + copyJson(from, start, end, out, to);
      case 'binary':
        to += copy(quoted, 0, quoted.length, out, to);
        to += out.write(from.toString(output.binary, start, end), to, 'latin1');
        break;
      case 'float32':
      case 'bit':
        to += copy(bare, 0, bare.length, out, to);
        return to + out.write(numberText(kind, from, start, end), to, 'latin1');
    }
    out[to++] = QUOTE;
    return to;
  };

  return {
    header: Buffer.alloc(0),
    maxRowBytes: (packet, start, end) => grown(packet, start, end) + prefixBytes + count * 24,
    encodeRow(packet, start, out, at) {
      let from = start;
      let to = at;
      for (let column = 0; column < count; column++) {
        let length = packet[from++]!;
        if (length === NULL_MARK) {
          const none = prefixes[column]!.null;
          to += copy(none, 0, none.length, out, to);
          continue;
        }
        if (length > NULL_MARK) {
          const bytes = length === 0xfc ? 2 : length === 0xfd ? 3 : 8;
          // No value reaches 2^48 bytes, so the two high bytes of an eight-byte length are zero.
          length = packet.readUIntLE(from, Math.min(bytes, 6));
          from += bytes;
        }
        to = writeValue(column, packet, from, from + length, out, to);
        from += length;
      }
      out[to++] = CLOSE;
      out[to++] = NEWLINE;
      return to;
    },
    zeroDates: () => countsByName(columns, zeroDates),
    invalidTexts: () => countsByName(columns, invalidTexts),
  };
}

/** A byte becomes at most six (\u0000), or three where it is no UTF-8. Of a large row it is worth a look at its bytes. */
function grown(packet: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length < LARGE_ROW) return length * 6;
  let bytes = length;
  for (let index = start; index < end; index++) {
    const kind = classes[packet[index]!]!;
    if (kind !== 0) bytes += kind === ESCAPED ? 5 : 2;
  }
  return bytes;
}

function prefixOf(name: string, first: boolean): Prefix {
  const key = `${first ? '{' : ','}${JSON.stringify(name)}:`;
  return { bare: Buffer.from(key), quoted: Buffer.from(`${key}"`), null: Buffer.from(`${key}null`) };
}

/** @returns how many bytes were copied. */
function copy(from: Buffer, start: number, end: number, out: Buffer, at: number): number {
  if (end - start >= LONG) return from.copy(out, at, start, end);
  for (let index = start, to = at; index < end; index++) out[to++] = from[index]!;
  return end - start;
}

/** Where the first byte stands that is not simply copied; -1: nowhere. */
function brokenAt(from: Buffer, start: number, end: number): number {
  for (let index = start; index < end; index++) if (classes[from[index]!] !== 0) return index;
  return -1;
}

function escapeText(from: Buffer, start: number, end: number, out: Buffer, at: number): number {
  let to = at;
  for (let index = start; index < end; index++) {
    const byte = from[index]!;
    if (classes[byte] !== ESCAPED) out[to++] = byte;
    else {
      const escape = escapes[byte]!;
      to += copy(escape, 0, escape.length, out, to);
    }
  }
  return to;
}

/** JSON has no leading zeros: those of ZEROFILL columns and of the year 0000 go. */
function firstDigit(from: Buffer, start: number, end: number): number {
  let first = start;
  while (first + 1 < end && from[first] === ZERO && from[first + 1]! >= ZERO && from[first + 1]! <= ZERO + 9)
    first++;
  return first;
}

/** A document on one line: line breaks can only stand between its tokens. */
function copyJson(from: Buffer, start: number, end: number, out: Buffer, at: number): number {
  for (let index = start, to = at; index < end; index++) {
    const byte = from[index]!;
    out[to++] = byte === NEWLINE || byte === RETURN ? SPACE : byte;
  }
  return end - start;
}

function numberText(
  kind: Extract<ValueKind, 'float32' | 'bit'>,
  from: Buffer,
  start: number,
  end: number,
): string {
  return kind === 'bit' ? bitText(from, start, end) : float32Text(from.toString('latin1', start, end));
}
