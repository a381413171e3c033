/** Row packets as a server sends them, and the options of an export, for the tests of this folder. */
import type { CsvDialect, OutputOptions } from '../../../src/domain/spec.ts';
import type { OutputColumn, ValueKind } from '../../../src/domain/plan.ts';
import { csvEncoder } from '../../../src/extract/csv.ts';
import type { RowEncoder } from '../../../src/extract/row-encoder.ts';

/** A column's bytes in one row; null is NULL. */
export type Cell = Buffer | null;

/** The payload of a text-protocol row: each value behind its length, in the shortest form the protocol has. */
export function rowPacket(cells: readonly Cell[]): Buffer {
  return Buffer.concat(cells.flatMap((cell) => (cell === null ? [Buffer.of(0xfb)] : [lengthOf(cell), cell])));
}

function lengthOf({ length }: Buffer): Buffer {
  if (length < 0xfb) return Buffer.of(length);
  const bytes = length < 0x1_00_00 ? 2 : length < 0x1_00_00_00 ? 3 : 8;
  const encoded = Buffer.alloc(1 + bytes);
  encoded[0] = bytes === 2 ? 0xfc : bytes === 3 ? 0xfd : 0xfe;
  encoded.writeUIntLE(length, 1, Math.min(bytes, 6));
  return encoded;
}

export const DIALECT: CsvDialect = {
  delimiter: ',',
  quote: '"',
  null: '',
  header: true,
  lineEnding: '\n',
  quoteAll: false,
};

export interface Overrides extends Partial<Omit<OutputOptions, 'csv'>> {
  readonly csv?: Partial<CsvDialect>;
}

export function outputOptions({ csv, ...overrides }: Overrides = {}): OutputOptions {
  return {
    format: 'csv',
    compression: { codec: 'none', level: null },
    zeroDates: 'null',
    binary: 'base64',
    outputTimezone: 'UTC',
    ...overrides,
    csv: { ...DIALECT, ...csv },
  };
}

export function columnsOf(kinds: readonly ValueKind[]): OutputColumn[] {
  return kinds.map((kind, index) => ({ name: `c${index}`, mysqlType: kind, nullable: true, kind }));
}

/** A row's bytes, with room around packet and output so that offsets matter. */
export function encodeRow(encoder: RowEncoder, cells: readonly Cell[], start = 0, at = 0, after = 8): Buffer {
  const packet = rowPacket(cells);
  const room = encoder.maxRowBytes(packet, 0, packet.length);
  const from = Buffer.concat([Buffer.alloc(start, 0xee), packet, Buffer.alloc(after, 0xee)]);
  const out = Buffer.alloc(at + room + 16, 0xdd);
  const end = encoder.encodeRow(from, start, out, at);
  const around = [out.subarray(0, at), out.subarray(at + room)];
  if (around.some((bytes) => bytes.some((byte) => byte !== 0xdd))) throw new Error('wrote outside its room');
  return Buffer.from(out.subarray(at, end));
}

/** One value of a kind as its text in the file, without the line ending. */
export function valueText(kind: ValueKind, value: string | Buffer, overrides: Overrides = {}): string {
  const encoder = csvEncoder(columnsOf([kind]), outputOptions(overrides));
  const cell = typeof value === 'string' ? Buffer.from(value) : value;
  return encodeRow(encoder, [cell]).toString().replace(/\n$/, '');
}
