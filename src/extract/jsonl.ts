/**
 * Row packets to JSON Lines: one object a row, one row a line (https://jsonlines.org), RFC 8259. Numbers keep all their
 * digits, JSON columns are nested as they are. For the packets, see csv.ts; for texts, json-text.ts.
 */
import type { OutputOptions } from '../domain/spec.ts';
import type { OutputColumn, ValueKind } from '../domain/plan.ts';
import { copyBytes, isJson, writeDocument, writeText } from './json-text.ts';
import { copyPlain, copyWords, viewOf } from './words.ts';
import { countsByName, type RowEncoder } from './row-encoder.ts';
import { lengthAt, lengthBytes, NULL_MARK } from './row-packet.ts';
import { isZeroDate, numberText, writeBinary, zeroDate } from './values.ts';
import { offsetLookup, shiftToZone } from './zone.ts';

const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
const NEWLINE = 0x0a;
const CLOSE = 0x7d;
/** Rows from this size on are looked at before room is made for them. */
const LARGE_ROW = 65_536;

/** Longer values are copied by native code. */
const SHORT = 64;

// What may be done with a column's value as soon as it is seen.
const NUMBER = 0; // copied, unless it begins with a zero
const TEXT = 1; // copied between quotes, up to a byte that needs more
const DATE = 2; // copied between quotes, unless it is partial
const OTHER = 3; // nothing

/** What stands before a column's value, by what the value is. Filled up to whole words. */
interface Prefix {
  readonly bare: Words;
  readonly quoted: Words;
  /** With the value. */
  readonly null: Words;
}

interface Words {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly length: number;
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
  const steps = Uint8Array.from(kinds, (kind) => stepOf(kind, offsetOf !== null));
  // One buffer is read from, and one written to, for many rows.
  let lastPacket: Buffer = Buffer.alloc(0);
  let lastOut = lastPacket;
  let fromView = viewOf(lastPacket);
  let outView = fromView;
  const zeroDates = new Float64Array(count);
  const invalidTexts = new Float64Array(count);
  const brokenJson = new Float64Array(count);

  const writeQuoted = (column: number, from: Buffer, start: number, end: number, out: Buffer, at: number) => {
    const { quoted } = prefixes[column]!;
    const text = at + copyBytes(quoted.bytes, 0, quoted.length, out, at);
    return writeRest(column, from, start, end, out, text);
  };

  /** What is left of a text, and the quote behind it. */
  const writeRest = (column: number, from: Buffer, start: number, end: number, out: Buffer, at: number) => {
    const to = writeText(from, start, end, out, at);
    if (to < 0) invalidTexts[column]!++;
    const after = Math.abs(to);
    out[after] = QUOTE;
    return after + 1;
  };

  const writeDate = (column: number, from: Buffer, start: number, end: number, out: Buffer, at: number) => {
    const { quoted, null: none } = prefixes[column]!;
    if (isZeroDate(from, start)) {
      zeroDates[column]!++;
      if (output.zeroDates === 'null') return at + copyBytes(none.bytes, 0, none.length, out, at);
      if (output.zeroDates === 'fail')
        throw zeroDate(columns[column]!.name, from.toString('latin1', start, end));
    } else if (offsetOf !== null && kinds[column] === 'timestamp') shiftToZone(from, start, offsetOf);
    let to = at + copyBytes(quoted.bytes, 0, quoted.length, out, at);
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
    const to = at + copyBytes(bare.bytes, 0, bare.length, out, at);
    return to + writeDocument(from, start, end, out, to);
  };

  const writeValue = (column: number, from: Buffer, start: number, end: number, out: Buffer, at: number) => {
    const { bare, quoted } = prefixes[column]!;
    const kind = kinds[column]!;
    switch (kind) {
      case 'number': {
        const to = at + copyBytes(bare.bytes, 0, bare.length, out, at);
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
        const text = at + copyBytes(quoted.bytes, 0, quoted.length, out, at);
        const to = writeBinary(output.binary, from, start, end, out, text);
        out[to] = QUOTE;
        return to + 1;
      }
      case 'float32':
      case 'bit': {
        const to = at + copyBytes(bare.bytes, 0, bare.length, out, at);
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
      if (packet !== lastPacket) [lastPacket, fromView] = [packet, viewOf(packet)];
      if (out !== lastOut) [lastOut, outView] = [out, viewOf(out)];
      let from = start;
      let to = at;
      for (let column = 0; column < count; column++) {
        let length = packet[from++]!;
        const prefix = prefixes[column]!;
        if (length === NULL_MARK) {
          const none = prefix.null;
          copyWords(none.view, 0, none.length, outView, to);
          to += none.length;
          continue;
        }
        // Words are read beyond the end of a value.
        if (length < SHORT && from + length + 4 <= packet.length) {
          const step = steps[column]!;
          if (step === NUMBER && packet[from] !== ZERO) {
            const { bare } = prefix;
            copyWords(bare.view, 0, bare.length, outView, to);
            to += bare.length;
            copyWords(fromView, from, length, outView, to);
            to += length;
            from += length;
            continue;
          }
          if (step === TEXT || (step === DATE && !isZeroDate(packet, from))) {
            const { quoted } = prefix;
            copyWords(quoted.view, 0, quoted.length, outView, to);
            to += quoted.length;
            const plain = step === DATE ? length : copyPlain(fromView, from, length, outView, to);
            if (step === DATE) copyWords(fromView, from, length, outView, to);
            to += plain;
            if (plain === length) out[to++] = QUOTE;
            else to = writeRest(column, packet, from + plain, from + length, out, to);
            from += length;
            continue;
          }
        }
        if (length > NULL_MARK) {
          const size = lengthBytes(length);
          length = lengthAt(packet, from, size);
          from += size;
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
  return { bare: wordsOf(key), quoted: wordsOf(`${key}"`), null: wordsOf(`${key}null`) };
}

function wordsOf(text: string): Words {
  const bytes = Buffer.from(text);
  const padded = Buffer.concat([bytes, Buffer.alloc(3)]);
  return { bytes, view: viewOf(padded), length: bytes.length };
}

function stepOf(kind: ValueKind, isShifted: boolean): number {
  switch (kind) {
    case 'number':
      return NUMBER;
    case 'text':
      return TEXT;
    case 'date':
    case 'datetime':
      return DATE;
    case 'timestamp':
      return isShifted ? OTHER : DATE;
    default:
      return OTHER;
  }
}

/** JSON has no leading zeros: those of ZEROFILL columns and of the year 0000 go. */
function firstDigit(from: Buffer, start: number, end: number): number {
  let first = start;
  while (first + 1 < end && from[first] === ZERO && from[first + 1]! >= ZERO && from[first + 1]! <= NINE)
    first++;
  return first;
}
