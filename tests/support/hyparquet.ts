/** Parquet files as hyparquet reads them: what is stored, with nothing rounded on the way into JavaScript. */
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { FileMetaData, ParquetParsers, SchemaElement } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

export interface ParquetFile {
  readonly metadata: FileMetaData;
  /** The schema's columns as the file has them. */
  readonly columns: readonly SchemaElement[];
  /** Cells in the order of the columns. */
  readonly rows: readonly (readonly unknown[])[];
}

/** hyparquet's own make Date objects, which know no microseconds, and parse documents. */
const EXACT_PARSERS = {
  dateFromDays: (days: number) => days,
  timestampFromMicroseconds: (micros: bigint) => micros,
  jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString(),
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString(),
} as unknown as ParquetParsers;

export function metadataOf(file: Buffer): FileMetaData {
  return parquetMetadata(arrayBufferOf(file));
}

/** Values as they are stored: DATE as days and TIMESTAMP as microseconds since 1970, DECIMAL as digits without a point. */
export async function readParquet(file: Buffer): Promise<ParquetFile> {
  const buffer = arrayBufferOf(file);
  const metadata = parquetMetadata(buffer);
  const elements = metadata.schema.slice(1);
  const columns = elements.map((element) => ({ ...element }));
  // hyparquet makes floating-point numbers of decimals: it is not told that they are some.
  for (const element of elements) {
    if (element.converted_type !== 'DECIMAL') continue;
    delete element.converted_type;
    delete element.logical_type;
  }
  const options = { file: buffer, metadata, compressors, utf8: false, parsers: EXACT_PARSERS };
  const rows = await parquetReadObjects(options);
  return { metadata, columns, rows: rows.map((row) => columns.map(({ name }) => row[name])) };
}

/** A value as text: DECIMAL with all its decimals, bytes in hex, everything else as JavaScript writes it. */
export function textOfStored(value: unknown, element: SchemaElement): string | null {
  if (value === null || value === undefined) return null;
  if (element.converted_type === 'DECIMAL') {
    const unscaled = ArrayBuffer.isView(value)
      ? BigInt.asIntN(128, BigInt(`0x${signExtended(value as Uint8Array)}`))
      : BigInt(value as number);
    return decimalText(unscaled, element.scale ?? 0);
  }
  if (ArrayBuffer.isView(value)) return Buffer.from(value as Uint8Array).toString('hex');
  return Object.is(value, -0) ? '-0' : (value as string | number | bigint).toString();
}

function signExtended(bytes: Uint8Array): string {
  const fill = bytes[0]! >= 0x80 ? 'ff' : '00';
  return fill.repeat(16 - bytes.length) + Buffer.from(bytes).toString('hex');
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function arrayBufferOf(file: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(file.length);
  new Uint8Array(copy).set(file);
  return copy;
}
