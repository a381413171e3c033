/**
 * One column of a row group as bytes: a dictionary page where one pays, then data pages of version 1, which every
 * reader knows. https://github.com/apache/parquet-format/blob/master/README.md#data-pages
 */
import type { PageCodec } from './codec.ts';
import type { ColumnValues, Dictionary, PlainValues, Range } from './column.ts';
import { PAGE_BYTES } from './column.ts';
import { grown } from './grown.ts';
import { bitWidth, maxHybridBytes, writeHybrid } from './hybrid.ts';
import type { Levels } from './levels.ts';
import { i32, struct } from './thrift.ts';

/** Encodings by their number in the format. */
export const PLAIN = 0;
export const RLE = 3;
export const RLE_DICTIONARY = 8;

const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;

/** Takes the file's bytes in order; they may be overwritten once it returns. */
export interface ByteSink {
  readonly position: number;
  write(bytes: Uint8Array): void;
}

/** What the footer says of a column chunk. */
export interface ColumnChunk {
  readonly rows: number;
  readonly nulls: number;
  readonly range: Range | null;
  readonly dictionaryOffset: number | null;
  readonly dataOffset: number;
  readonly dataPages: number;
  /** Headers included. */
  readonly uncompressedBytes: number;
  readonly compressedBytes: number;
}

export interface ChunkWriter {
  write(levels: Levels, values: ColumnValues): ColumnChunk;
}

export function chunkWriter(sink: ByteSink, codec: PageCodec): ChunkWriter {
  let body: Buffer = Buffer.alloc(0);

  const compressed = (bytes: Uint8Array): Uint8Array => codec.compress?.(bytes) ?? bytes;

  /** @returns the uncompressed size, header included. */
  const writePage = (type: number, header: ReturnType<typeof struct>, bytes: Uint8Array): number => {
    const stored = compressed(bytes);
    const head = struct([
      [1, i32(type)],
      [2, i32(bytes.length)],
      [3, i32(stored.length)],
      [type === DATA_PAGE ? 5 : 7, header],
    ]).bytes;
    sink.write(head);
    sink.write(stored);
    return head.length + bytes.length;
  };

  const dataPage = (rows: number, encoding: number, bytes: Uint8Array): number =>
    writePage(
      DATA_PAGE,
      struct([
        [1, i32(rows)],
        [2, i32(encoding)],
        [3, i32(RLE)],
        [4, i32(RLE)],
      ]),
      bytes,
    );

  /** Makes room for so many more bytes behind those already there. */
  const reserve = (used: number, more: number): void => {
    if (used + more > body.length) body = grown(body, used + more);
  };

  const writeLevels = (levels: Levels, from: number, to: number): number => {
    reserve(0, levels.maxBytes(to - from));
    return levels.write(from, to, body, 0);
  };

  const writePlain = (
    levels: Levels,
    plain: PlainValues,
    count: number,
  ): { pages: number; bytes: number } => {
    let pages = 0;
    let bytes = 0;
    for (let row = 0, from = 0; row < levels.rows; pages++) {
      const to = plain.pageEnd(from);
      const end = to === count ? levels.rows : levels.rowAfter(row, to - from);
      const used = writeLevels(levels, row, end);
      const values = to > from ? plain.bytes(from, to) : Buffer.alloc(0);
      if (used === 0) bytes += dataPage(end - row, PLAIN, values);
      else {
        reserve(used, values.length);
        body.set(values, used);
        bytes += dataPage(end - row, PLAIN, body.subarray(0, used + values.length));
      }
      row = end;
      from = to;
    }
    return { pages, bytes };
  };

  const writeIndices = (
    levels: Levels,
    { indices, entries }: Dictionary,
    count: number,
  ): { pages: number; bytes: number } => {
    const width = bitWidth(entries);
    const perPage = Math.floor((PAGE_BYTES * 8) / width);
    let pages = 0;
    let bytes = 0;
    for (let row = 0, from = 0; row < levels.rows; pages++) {
      const to = Math.min(count, from + perPage);
      const end = to === count ? levels.rows : levels.rowAfter(row, to - from);
      let used = writeLevels(levels, row, end);
      reserve(used, 1 + maxHybridBytes(to - from, width));
      body[used++] = width;
      used = writeHybrid(indices, from, to, width, body, used);
      bytes += dataPage(end - row, RLE_DICTIONARY, body.subarray(0, used));
      row = end;
      from = to;
    }
    return { pages, bytes };
  };

  return {
    write(levels, values) {
      const { rows, nulls } = levels;
      const { count, plain, range } = values;
      const dictionary = paying(values, compressed);
      const begin = sink.position;
      let uncompressedBytes = 0;
      if (dictionary !== null) {
        const header = struct([
          [1, i32(dictionary.entries)],
          [2, i32(PLAIN)],
        ]);
        uncompressedBytes += writePage(DICTIONARY_PAGE, header, dictionary.bytes);
      }
      const dataOffset = sink.position;
      const data =
        dictionary === null ? writePlain(levels, plain, count) : writeIndices(levels, dictionary, count);
      return {
        rows,
        nulls,
        range,
        dictionaryOffset: dictionary === null ? null : begin,
        dataOffset,
        dataPages: data.pages,
        uncompressedBytes: uncompressedBytes + data.bytes,
        compressedBytes: sink.position - begin,
      };
    },
  };
}

/** Below this share of the plain size a dictionary is taken as it is; above the other it never is. */
const SURE = 0.4;
const HOPELESS = 1;
/** How many bytes of each are compressed to see which becomes smaller. */
const SAMPLE_BYTES = 32 * 1024;

/** The dictionary, where it makes the chunk smaller. */
function paying(
  { count, plain, dictionary }: ColumnValues,
  compressed: (bytes: Uint8Array) => Uint8Array,
): Dictionary | null {
  if (dictionary === null) return null;
  const width = bitWidth(dictionary.entries);
  const indexBytes = (count * width) / 8;
  const share = (dictionary.bytes.length + indexBytes) / plain.size;
  if (share < SURE) return dictionary;
  if (share >= HOPELESS) return null;

  const ratioOf = (sample: Uint8Array): number => compressed(sample).length / sample.length;
  const sampled = Math.max(1, Math.min(count, Math.floor((SAMPLE_BYTES * count) / plain.size)));
  const plainRatio = ratioOf(plain.bytes(0, sampled));
  const packed = new Uint8Array(maxHybridBytes(sampled, width));
  const packedBytes = writeHybrid(dictionary.indices, 0, sampled, width, packed, 0);
  const indexRatio = (ratioOf(packed.subarray(0, packedBytes)) * packedBytes) / ((sampled * width) / 8);
  const entryRatio = ratioOf(dictionary.bytes.subarray(0, SAMPLE_BYTES));
  const withDictionary = dictionary.bytes.length * entryRatio + indexBytes * indexRatio;
  return withDictionary < plain.size * plainRatio ? dictionary : null;
}
