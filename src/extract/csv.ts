/**
 * Row packets to CSV bytes (RFC 4180), without a JavaScript value in between.
 *
 * A text-protocol row is a sequence of length-encoded strings, one a column; 0xFB is NULL:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_dt_strings.html
 */
import { isUtf8 } from 'node:buffer';
import type { CsvDialect, OutputOptions } from '../domain/spec.ts';
import type { OutputColumn, ValueKind } from '../domain/plan.ts';
import { countsByName, type RowEncoder } from './row-encoder.ts';
import { lengthAt, lengthBytes, NULL_MARK } from './row-packet.ts';
import { isZeroDate, numberText, writeBinary, zeroDate } from './values.ts';
import { offsetLookup, shiftToZone } from './zone.ts';

// What has to be looked at before a column's bytes may be copied as they are.
const PLAIN = 0; // nothing
const TEXT = 1; // every byte
const DATE = 2; // month and day
const NEVER = 3; // they never may

// What a byte of a text may be besides itself.
const QUOTED = 1;
const BEYOND_ASCII = 2;

/** From this length on, searching natively for each special byte beats a loop over all bytes. */
const LONG = 256;
/** Below this length a loop copies faster than the call into native code takes. */
const SHORT_COPY = 24;
const DIGITS = '0123456789+-.eE';

/**
 * How it works: on the wire a short value is one byte of length and its bytes; in CSV it is a delimiter and the same
 * bytes. So a run of values that need no change becomes CSV by overwriting each length with the delimiter, and is
 * then copied as a whole. A value that needs quotes or another notation ends the run and is written by itself. An
 * empty unquoted NULL is one byte on the wire and a bare delimiter in CSV, and so is part of a run too.
 */
export function csvEncoder(columns: readonly OutputColumn[], output: OutputOptions): RowEncoder {
  const dialect = output.csv;
  const delimiter = dialect.delimiter.charCodeAt(0);
  const quote = dialect.quote.charCodeAt(0);
  const lineEnding = Buffer.from(dialect.lineEnding);
  const nullText = Buffer.from(dialect.null);
  const nullLength = nullText.length;

  // Bytes that make a value need quotes, and those of which valid UTF-8 has to be proved.
  const special = new Uint8Array(256).fill(BEYOND_ASCII, 0x80);
  const specialBytes = [delimiter, quote, 0x0a, 0x0d];
  for (const byte of specialBytes) special[byte] = QUOTED;

  const count = columns.length;
  const kinds = columns.map(({ kind }) => kind);
  const steps = Uint8Array.from(kinds, (kind) => stepOf(kind, output));
  const zeros = new Float64Array(count);
  const invalid = new Float64Array(count);
  const offsetOf = output.outputTimezone === 'UTC' ? null : offsetLookup(output.outputTimezone);

  const needsQuotes = (from: Buffer, start: number, end: number): boolean => {
    if (dialect.quoteAll) return true;
    const length = end - start;
    // A value that reads like NULL must be told apart from it.
    if (length === nullLength && from.compare(nullText, 0, nullLength, start, end) === 0) return true;
    if (length >= LONG) {
      const value = from.subarray(start, end);
      return specialBytes.some((byte) => value.includes(byte));
    }
    for (let index = start; index < end; index++) if (special[from[index]!] === QUOTED) return true;
    return false;
  };

  const writeValue = (from: Buffer, start: number, end: number, out: Buffer, at: number): number => {
    if (!needsQuotes(from, start, end)) return at + from.copy(out, at, start, end);
    let to = at;
    out[to++] = quote;
    for (let index = start; index < end; index++) {
      const byte = from[index]!;
      // A quote inside is doubled.
      if (byte === quote) out[to++] = quote;
      out[to++] = byte;
    }
    out[to++] = quote;
    return to;
  };

  /** Such a value is written as it is: the bytes that were stored are worth more than a replacement. */
  const countInvalid = (column: number, from: Buffer, start: number, end: number): void => {
    if (!isUtf8(from.subarray(start, end))) invalid[column]!++;
  };

  const writeDate = (
    column: number,
    from: Buffer,
    start: number,
    end: number,
    out: Buffer,
    at: number,
  ): number => {
    if (isZeroDate(from, start)) {
      zeros[column]!++;
      if (output.zeroDates === 'null') return at + nullText.copy(out, at);
      if (output.zeroDates === 'fail')
        throw zeroDate(columns[column]!.name, from.toString('latin1', start, end));
    } else if (offsetOf !== null && kinds[column] === 'timestamp') {
      shiftToZone(from, start, offsetOf);
    }
    return writeValue(from, start, end, out, at);
  };

  /** Neither base64 nor hex has anything in it that needs quotes. */
  const writeBytes = (from: Buffer, start: number, end: number, out: Buffer, at: number): number => {
    const to = writeBinary(output.binary, from, start, end, out, at + 1);
    const readsLikeNull = to - at - 1 === nullLength && nullText.compare(out, at + 1, to) === 0;
    if (!dialect.quoteAll && !readsLikeNull) {
      out.copyWithin(at, at + 1, to);
      return to - 1;
    }
    out[at] = quote;
    out[to] = quote;
    return to + 1;
  };

  /** A value on its own: quoted where it must be, in another notation where its kind has one. */
  const writeAlone = (
    column: number,
    from: Buffer,
    start: number,
    end: number,
    out: Buffer,
    at: number,
  ): number => {
    const kind = kinds[column]!;
    switch (kind) {
      case 'date':
      case 'datetime':
      case 'timestamp':
        return writeDate(column, from, start, end, out, at);
      case 'binary':
        return writeBytes(from, start, end, out, at);
      case 'float32':
      case 'bit': {
        const value = Buffer.from(numberText(kind, from, start, end), 'latin1');
        return writeValue(value, 0, value.length, out, at);
      }
      case 'number':
        return writeValue(from, start, end, out, at);
      case 'text':
      case 'json':
        countInvalid(column, from, start, end);
        return writeValue(from, start, end, out, at);
    }
  };

  const encodeRow = (packet: Buffer, start: number, out: Buffer, at: number): number => {
    let from = start;
    let to = at;
    // Where the current run begins in the packet; -1: there is none.
    let run = -1;
    for (let column = 0; column < count; column++) {
      let length = packet[from]!;
      let value = from + 1;
      let end = value;
      let asIs = false;
      if (length < NULL_MARK) {
        end += length;
        const step = steps[column]!;
        if (step === PLAIN) asIs = true;
        else if (step === TEXT) {
          asIs = length !== nullLength;
          let beyondAscii = false;
          for (let index = value; asIs && index < end; index++) {
            const found = special[packet[index]!]!;
            if (found === QUOTED) asIs = false;
            else if (found === BEYOND_ASCII) beyondAscii = true;
          }
          if (asIs && beyondAscii) countInvalid(column, packet, value, end);
        } else if (step === DATE) asIs = !isZeroDate(packet, value);
      } else if (length === NULL_MARK) {
        asIs = nullLength === 0;
      } else {
        const size = lengthBytes(length);
        length = lengthAt(packet, value, size);
        value += size;
        end = value + length;
      }

      if (asIs) {
        if (run === -1) run = column === 0 ? value : from;
        packet[from] = delimiter;
      } else {
        const isNull = packet[from] === NULL_MARK;
        if (run !== -1) to = copyRun(packet, run, from, out, to);
        run = -1;
        if (column > 0) out[to++] = delimiter;
        to = isNull ? to + nullText.copy(out, to) : writeAlone(column, packet, value, end, out, to);
      }
      from = end;
    }
    if (run !== -1) to = copyRun(packet, run, from, out, to);
    out[to++] = lineEnding[0]!;
    if (lineEnding.length > 1) out[to++] = lineEnding[1]!;
    return to;
  };

  return {
    header: dialect.header ? header(columns, dialect, writeValue) : Buffer.alloc(0),
    // A value at most doubles (quotes in quotes, hex), and 8 bytes of BIT become 20 digits; FLOAT never grows by more.
    maxRowBytes: (_packet, start, end) => (end - start) * 2 + count * (nullLength + 24) + lineEnding.length,
    encodeRow,
    zeroDates: () => countsByName(columns, zeros),
    invalidTexts: () => countsByName(columns, invalid),
    // A document is a text like any other here.
    brokenJson: () => new Map(),
  };
}

function copyRun(packet: Buffer, run: number, end: number, out: Buffer, at: number): number {
  if (end - run >= SHORT_COPY) return at + packet.copy(out, at, run, end);
  let to = at;
  for (let index = run; index < end; index++) out[to++] = packet[index]!;
  return to;
}

function stepOf(kind: ValueKind, { csv, outputTimezone }: OutputOptions): number {
  if (csv.quoteAll) return NEVER;
  switch (kind) {
    case 'number': {
      const clashes = [csv.delimiter, csv.quote].some((char) => DIGITS.includes(char));
      // Where NULL is written as a number, a number may have to be told apart from it.
      return clashes || /^[\d+\-.eE]+$/.test(csv.null) ? TEXT : PLAIN;
    }
    case 'text':
    case 'json':
      return TEXT;
    case 'date':
    case 'datetime':
    case 'timestamp':
      if (kind === 'timestamp' && outputTimezone !== 'UTC') return NEVER;
      // Only the usual dialects leave a date as it is without a look at its bytes.
      return /^[,;|\t]$/.test(csv.delimiter) && /^["']$/.test(csv.quote) && csv.null.length < 10
        ? DATE
        : NEVER;
    default:
      return NEVER;
  }
}

type ValueWriter = (from: Buffer, start: number, end: number, out: Buffer, at: number) => number;

function header(columns: readonly OutputColumn[], dialect: CsvDialect, writeValue: ValueWriter): Buffer {
  const names = columns.map(({ name }) => Buffer.from(name));
  const out = Buffer.alloc(names.reduce((sum, name) => sum + name.length * 2 + 3, 2));
  let at = 0;
  for (const [index, name] of names.entries()) {
    if (index > 0) at += out.write(dialect.delimiter, at);
    at = writeValue(name, 0, name.length, out, at);
  }
  at += out.write(dialect.lineEnding, at);
  return out.subarray(0, at);
}
