/**
 * Row packets to the bytes of one Parquet file. Rows collect by columns until a row group is full, which is then
 * encoded and written at once: memory holds one row group, however many rows there are.
 */
import { pageCodec } from './codec.ts';
import { chunkWriter } from './column-chunk.ts';
import type { ByteSink } from './column-chunk.ts';
import type { ColumnCounts } from './column.ts';
import { footer, MAGIC, rowGroupOf } from './footer.ts';
import type { GroupColumns, ParquetOptions } from './group-columns.ts';
import { scanRows } from './row-block.ts';
import type { ThriftValue } from './thrift.ts';

/** A row group is full with either. */
export interface GroupLimits {
  readonly rows: number;
  /** Of values in PLAIN encoding. */
  readonly bytes: number;
}

/** Measured in docs/decisions/0010-parquet.md. */
export const GROUP_LIMITS: GroupLimits = { rows: 131_072, bytes: 64 * 1024 * 1024 };

export interface FileEncoder {
  /**
   * @param bytes payloads of text-protocol rows without anything in between; they may be overwritten.
   * @throws TidemarkError ZERO_DATE; VALUE_UNFIT
   */
  addRows(bytes: Buffer, length: number): void;
  /** Writes what is left and the footer. */
  finish(): void;
  /** By position of the column. */
  readonly counts: readonly Readonly<ColumnCounts>[];
}

/** @param group of the columns of the file; empty, and the file's alone until it is whole. */
export function fileEncoder(
  { columns, builders, counts, block }: GroupColumns,
  { compression }: Pick<ParquetOptions, 'compression'>,
  sink: ByteSink,
  limits: GroupLimits = GROUP_LIMITS,
): FileEncoder {
  const codec = pageCodec(compression);
  const chunks = chunkWriter(sink, codec);
  const groups: ThriftValue[] = [];
  let rows = 0;
  let groupRows = 0;
  sink.write(MAGIC);

  const writeGroup = (): void => {
    const offset = sink.position;
    const written = builders.map((builder) => {
      const chunk = chunks.write(builder.levels, builder.values());
      builder.clear();
      return chunk;
    });
    groups.push(rowGroupOf({ rows: groupRows, offset, chunks: written }, columns, codec.id, groups.length));
    groupRows = 0;
  };

  const isFull = (): boolean =>
    groupRows >= limits.rows || builders.reduce((sum, builder) => sum + builder.size(), 0) >= limits.bytes;

  return {
    addRows(bytes, length) {
      for (let at = 0; at < length;) {
        at = scanRows(block, columns.length, bytes, at, length);
        for (const builder of builders) builder.append(block);
        rows += block.rows;
        groupRows += block.rows;
        if (isFull()) writeGroup();
      }
    },
    finish() {
      if (groupRows > 0) writeGroup();
      sink.write(footer(columns, rows, groups));
    },
    counts,
  };
}
