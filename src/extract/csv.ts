/**
 * Row packets to CSV bytes (RFC 4180), without a JavaScript value in between.
 *
 * A text-protocol row is a sequence of length-encoded strings, one a column; 0xFB is NULL:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_strings.html
 */
import type { CsvDialect, OutputColumn, OutputOptions, ValueKind } from '../domain.ts';
import { TidemarkError } from '../errors.ts';
import { bitText, float32Text, isZeroDate } from './values.ts';
import { offsetLookup, shiftToZone } from './zone.ts';

export interface RowEncoder {
  /** What every object begins with. */
  readonly header: Buffer;
  /** An upper bound of a row's encoded size, in bytes, from its packet's. */
  maxRowBytes(packetBytes: number): number;
  /**
   * Writes one row, its line ending included.
   *
   * @param packet holds the row's payload from `start` on; trusted to be well-formed, as the parser saw its length.
   * @param out has room for `maxRowBytes` from `at` on.
   * @returns the index after the last byte written.
   */
  encodeRow(packet: Buffer, start: number, out: Buffer, at: number): number;
  /** Per column name, how many zero or partial dates have been read so far. */
  zeroDates(): ReadonlyMap<string, number>;
}

// What the loop does with a column. PLAIN bytes cannot need quoting.
const PLAIN = 0;
const TEXT = 1;
const DATE = 2;
const TIMESTAMP = 3;
const CONVERTED = 4;

const NULL_MARK = 0xfb;
/** Longer values are copied by the runtime instead of by the loop. */
const LONG = 96;
const DIGITS = '0123456789+-.eE';

export function csvEncoder(columns: readonly OutputColumn[], output: OutputOptions): RowEncoder {
  const dialect = output.csv;
  const delimiter = dialect.delimiter.charCodeAt(0);
  const quote = dialect.quote.charCodeAt(0);
  const lineEnding = Buffer.from(dialect.lineEnding);
  const nullText = Buffer.from(dialect.null);
  const { quoteAll } = dialect;

  // Bytes that make a value need quotes.
  const special = new Uint8Array(256);
  for (const byte of [delimiter, quote, 0x0a, 0x0d]) special[byte] = 1;

  const count = columns.length;
  const steps = Uint8Array.from(columns, ({ kind }) => stepOf(kind, dialect));
  const kinds = columns.map(({ kind }) => kind);
  const zeros = new Float64Array(count);
  const offsetOf = output.outputTimezone === 'UTC' ? null : offsetLookup(output.outputTimezone);

  /** Quotes a value: quote characters inside are doubled. */
  const writeQuoted = (from: Buffer, start: number, end: number, out: Buffer, at: number): number => {
    let to = at;
    out[to++] = quote;
    for (let index = start; index < end; index++) {
      const byte = from[index]!;
      if (byte === quote) out[to++] = quote;
      out[to++] = byte;
    }
    out[to++] = quote;
    return to;
  };

  const writeText = (from: Buffer, start: number, end: number, out: Buffer, at: number): number => {
    if (quoteAll || isNullText(from, start, end)) return writeQuoted(from, start, end, out, at);
    let to = at;
    for (let index = start; index < end; index++) {
      const byte = from[index]!;
      if (special[byte] === 1) return writeQuoted(from, start, end, out, at);
      out[to++] = byte;
    }
    return to;
  };

  /** A value that reads like NULL must be told apart from it. */
  const isNullText = (from: Buffer, start: number, end: number): boolean => {
    const { length } = nullText;
    return end - start === length && (length === 0 || from.compare(nullText, 0, length, start, end) === 0);
  };

  const writeNull = (out: Buffer, at: number): number => {
    out.set(nullText, at);
    return at + nullText.length;
  };

  const writeDate = (column: number, from: Buffer, start: number, end: number, out: Buffer, at: number): number => {
    if (isZeroDate(from, start)) {
      zeros[column]!++;
      if (output.zeroDates === 'null') return writeNull(out, at);
      if (output.zeroDates === 'fail') throw zeroDate(columns[column]!.name, from.toString('latin1', start, end));
      return writeText(from, start, end, out, at);
    }
    if (offsetOf === null || steps[column] !== TIMESTAMP) return writeText(from, start, end, out, at);
    const shifted = Buffer.from(from.subarray(start, end));
    shiftToZone(shifted, 0, offsetOf);
    return writeText(shifted, 0, shifted.length, out, at);
  };

  const writeConverted = (kind: ValueKind, from: Buffer, start: number, end: number, out: Buffer, at: number): number => {
    const text =
      kind === 'float32'
        ? float32Text(from.toString('latin1', start, end))
        : kind === 'bit'
          ? bitText(from, start, end)
          : from.toString(output.binary, start, end);
    const value = Buffer.from(text, 'latin1');
    return writeText(value, 0, value.length, out, at);
  };

  const encodeRow = (packet: Buffer, start: number, out: Buffer, at: number): number => {
    let from = start;
    let to = at;
    for (let column = 0; column < count; column++) {
      if (column > 0) out[to++] = delimiter;

      let length = packet[from++]!;
      if (length >= NULL_MARK) {
        if (length === NULL_MARK) {
          to = writeNull(out, to);
          continue;
        }
        const bytes = length === 0xfc ? 2 : length === 0xfd ? 3 : 8;
        // No value reaches 2^48 bytes, so the two high bytes of an eight-byte length are zero.
        length = packet.readUIntLE(from, Math.min(bytes, 6));
        from += bytes;
      }
      const end = from + length;

      const step = steps[column]!;
      if (step <= TEXT) {
        if (length > LONG) {
          to = step === PLAIN || !needsQuotes(packet, from, end) ? copy(packet, from, end, out, to) : writeQuoted(packet, from, end, out, to);
          from = end;
          continue;
        }
        if (step === PLAIN) {
          while (from < end) out[to++] = packet[from++]!;
          continue;
        }
        // The usual value is short and needs no quotes: it is copied while it is looked through.
        to = writeText(packet, from, end, out, to);
      } else if (step === CONVERTED) {
        to = writeConverted(kinds[column]!, packet, from, end, out, to);
      } else {
        to = writeDate(column, packet, from, end, out, to);
      }
      from = end;
    }
    out[to++] = lineEnding[0]!;
    if (lineEnding.length > 1) out[to++] = lineEnding[1]!;
    return to;
  };

  const needsQuotes = (from: Buffer, start: number, end: number): boolean => {
    if (quoteAll) return true;
    for (let index = start; index < end; index++) if (special[from[index]!] === 1) return true;
    return isNullText(from, start, end);
  };

  const maxRowBytes = (packetBytes: number): number =>
    // A value at most doubles (quotes in quotes, hex), and 8 bytes of BIT become 20 digits; FLOAT never grows by more.
    packetBytes * 2 + count * (nullText.length + 24) + lineEnding.length;

  return {
    header: dialect.header ? header(columns, dialect, writeText) : Buffer.alloc(0),
    maxRowBytes,
    encodeRow,
    zeroDates: () => new Map(columns.flatMap(({ name }, index) => (zeros[index]! > 0 ? [[name, zeros[index]!]] : []))),
  };
}

function stepOf(kind: ValueKind, dialect: CsvDialect): number {
  switch (kind) {
    case 'number': {
      const clashes = dialect.quoteAll || [dialect.delimiter, dialect.quote].some((char) => DIGITS.includes(char));
      // Where NULL is written as a number, a number may have to be told apart from it.
      return clashes || /^[\d+\-.eE]+$/.test(dialect.null) ? TEXT : PLAIN;
    }
    case 'text':
      return TEXT;
    case 'date':
    case 'datetime':
      return DATE;
    case 'timestamp':
      return TIMESTAMP;
    case 'float32':
    case 'bit':
    case 'binary':
      return CONVERTED;
  }
}

function copy(from: Buffer, start: number, end: number, out: Buffer, at: number): number {
  return at + from.copy(out, at, start, end);
}

type TextWriter = (from: Buffer, start: number, end: number, out: Buffer, at: number) => number;

function header(columns: readonly OutputColumn[], dialect: CsvDialect, writeText: TextWriter): Buffer {
  const names = columns.map(({ name }) => Buffer.from(name));
  const out = Buffer.alloc(names.reduce((sum, name) => sum + name.length * 2 + 3, 2));
  let at = 0;
  for (const [index, name] of names.entries()) {
    if (index > 0) at += out.write(dialect.delimiter, at);
    at = writeText(name, 0, name.length, out, at);
  }
  at += out.write(dialect.lineEnding, at);
  return out.subarray(0, at);
}

function zeroDate(column: string, value: string): TidemarkError {
  return new TidemarkError('ZERO_DATE', `Column ${column} holds ${value}, and zero_dates is "fail".`);
}
