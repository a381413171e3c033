/**
 * Row packets to JSON Lines: one object a row, one row a line (https://jsonlines.org), RFC 8259. Numbers keep all their
 * digits, JSON columns are nested as they are. For the packets, see csv.ts; for texts, json-text.ts.
 */
import type { OutputColumn, OutputOptions } from '../domain.ts';
import { copyBytes, isJson, writeDocument, writeText } from './json-text.ts';
import { countsByName, type RowEncoder } from './row-encoder.ts';
import { isZeroDate, numberText, writeBinary, zeroDate } from './values.ts';
import { offsetLookup, shiftToZone } from './zone.ts';

const NULL_MARK = 0xfb;
const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
const NEWLINE = 0x0a;
const CLOSE = 0x7d;
/** Rows from this size on are looked at before room is made for them. */
const LARGE_ROW = 65_536;

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
  // MySQL stores documents it has parsed; MariaDB stores texts that were checked, unless somebody turned that off.
  const areParsed = columns.map(({ mysqlType }) => mysqlType === 'json');
  const prefixes = columns.map(({ name }, index) => prefixOf(name, index === 0));
  const prefixBytes = prefixes.reduce((sum, { null: longest }) => sum + longest.length, 0);
  const hasBytes = kinds.includes('binary');
  const offsetOf = output.outputTimezone === 'UTC' ? null : offsetLookup(output.outputTimezone);
  const zeroDates = new Float64Array(count);
  const invalidTexts = new Float64Array(count);
  const brokenJson = new Float64Array(count);

  const writeQuoted = (column: number, from: Buffer, start: number, end: number, out: Buffer, at: number) => {
    const { quoted } = prefixes[column]!;
    const text = at + copyBytes(quoted, 0, quoted.length, out, at);
    const to = writeText(from, start, end, out, text);
    if (to < 0) invalidTexts[column]!++;
    const after = Math.abs(to);
    out[after] = QUOTE;
    return after + 1;
  };

  const writeDate = (column: number, from: Buffer, start: number, end: number, out: Buffer, at: number) => {
    const { quoted, null: none } = prefixes[column]!;
    if (isZeroDate(from, start)) {
      zeroDates[column]!++;
      if (output.zeroDates === 'null') return at + copyBytes(none, 0, none.length, out, at);
      if (output.zeroDates === 'fail')
        throw zeroDate(columns[column]!.name, from.toString('latin1', start, end));
    } else if (offsetOf !== null && kinds[column] === 'timestamp') shiftToZone(from, start, offsetOf);
    let to = at + copyBytes(quoted, 0, quoted.length, out, at);
    to += copyBytes(from, start, end, out, to);
    out[to] = QUOTE;
    return to + 1;
  };

  const writeJson = (column: number, from: Buffer, start: number, end: number, out: Buffer, at: number) => {
    if (!areParsed[column] && !isJson(from, start, end)) {
      brokenJson[column]!++;
      return writeQuoted(column, from, start, end, out, at);
    }
    const { bare } = prefixes[column]!;
    const to = at + copyBytes(bare, 0, bare.length, out, at);
    return to + writeDocument(from, start, end, out, to);
  };

  const writeValue = (column: number, from: Buffer, start: number, end: number, out: Buffer, at: number) => {
    const { bare, quoted } = prefixes[column]!;
    const kind = kinds[column]!;
    switch (kind) {
      case 'number': {
        const to = at + copyBytes(bare, 0, bare.length, out, at);
        return to + copyBytes(from, firstDigit(from, start, end), end, out, to);
      }
      case 'date':
      case 'datetime':
      case 'timestamp':
        return writeDate(column, from, start, end, out, at);
      case 'text':
        return writeQuoted(column, from, start, end, out, at);
      case 'json':
        return writeJson(column, from, start, end, out, at);
      case 'binary': {
        const text = at + copyBytes(quoted, 0, quoted.length, out, at);
        const to = writeBinary(output.binary, from, start, end, out, text);
        out[to] = QUOTE;
        return to + 1;
      }
      case 'float32':
      case 'bit': {
        const to = at + copyBytes(bare, 0, bare.length, out, at);
        return to + out.write(numberText(kind, from, start, end), to, 'latin1');
      }
    }
  };

  /** A byte becomes six at most (\u0000). Of a large row it is worth a look at how many do. */
  const grown = (packet: Buffer, start: number, end: number): number => {
    const length = end - start;
    if (length < LARGE_ROW) return length * 6;
    let bytes = length;
    for (let index = start; index < end; index++) {
      const byte = packet[index]!;
      if (byte < 0x20) bytes += 5;
      // One byte more for what is escaped or is hex, two for U+FFFD in the place of a byte.
      else if (byte >= 0x80) bytes += 2;
      else if (hasBytes || byte === QUOTE || byte === 0x5c) bytes++;
    }
    return bytes;
  };

  return {
    header: Buffer.alloc(0),
    maxRowBytes: (packet, start, end) => grown(packet, start, end) + prefixBytes + count * 24 + 8,
    encodeRow(packet, start, out, at) {
      let from = start;
      let to = at;
      for (let column = 0; column < count; column++) {
        let length = packet[from++]!;
        if (length === NULL_MARK) {
          const none = prefixes[column]!.null;
          to += copyBytes(none, 0, none.length, out, to);
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
    brokenJson: () => countsByName(columns, brokenJson),
  };
}

function prefixOf(name: string, first: boolean): Prefix {
  const key = `${first ? '{' : ','}${JSON.stringify(name)}:`;
  return { bare: Buffer.from(key), quoted: Buffer.from(`${key}"`), null: Buffer.from(`${key}null`) };
}

/** JSON has no leading zeros: those of ZEROFILL columns and of the year 0000 go. */
function firstDigit(from: Buffer, start: number, end: number): number {
  let first = start;
  while (first + 1 < end && from[first] === ZERO && from[first + 1]! >= ZERO && from[first + 1]! <= NINE)
    first++;
  return first;
}
