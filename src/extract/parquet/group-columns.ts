/**
 * The columns of one row group, into which rows are sorted. They grow with the first file that needs them, and serve the
 * next one of the same columns: made anew for each, they would be garbage of several times a row group's size, and V8
 * lets that lie for long, as its own heap hardly grows by it.
 */
import type { OutputColumn } from '../../domain/plan.ts';
import type { OutputOptions } from '../../domain/spec.ts';
import { bytesColumn } from './bytes-column.ts';
import type { ColumnBuilder, ColumnCounts } from './column.ts';
import { int32Column } from './int32-column.ts';
import { int64Column } from './int64-column.ts';
import { rowBlock } from './row-block.ts';
import type { RowBlock } from './row-block.ts';
import { parquetColumn } from './schema.ts';
import type { ParquetColumn } from './schema.ts';

/** What a Parquet file depends on besides its columns. */
export type ParquetOptions = Pick<OutputOptions, 'compression' | 'zeroDates' | 'outputTimezone'>;

export interface GroupColumns {
  readonly columns: readonly ParquetColumn[];
  readonly builders: readonly ColumnBuilder[];
  /** Of the whole file. */
  readonly counts: readonly ColumnCounts[];
  readonly block: RowBlock;
}

export function groupColumns(
  output: readonly OutputColumn[],
  options: Omit<ParquetOptions, 'compression'>,
): GroupColumns {
  const columns = output.map((column) => parquetColumn(column, options.zeroDates));
  const counts = columns.map(() => ({ zeroDates: 0, invalidTexts: 0 }));
  const builders = columns.map((column, index) => builderOf(column, index, options, counts[index]!));
  return { columns, builders, counts, block: rowBlock(columns.length) };
}

/** Of several tables, those of the last ones. */
const KEPT = 2;

export interface SpareColumns {
  /** Empty ones: those of a file that is whole, or new ones. */
  take(): GroupColumns;
  /** @param columns taken here, of a file that is whole. */
  keep(columns: GroupColumns): void;
}

/** @returns what files of these columns share, from one to the next. */
export function spareColumns(): (
  output: readonly OutputColumn[],
  options: Omit<ParquetOptions, 'compression'>,
) => SpareColumns {
  const spares: { readonly kind: string; readonly columns: GroupColumns }[] = [];
  return (output, { zeroDates, outputTimezone }) => {
    const options = { zeroDates, outputTimezone };
    const kind = JSON.stringify([output, options]);
    return {
      take() {
        const at = spares.findLastIndex((spare) => spare.kind === kind);
        return at === -1 ? groupColumns(output, options) : spares.splice(at, 1)[0]!.columns;
      },
      keep(columns) {
        for (const builder of columns.builders) builder.clear();
        for (const counts of columns.counts) Object.assign(counts, { zeroDates: 0, invalidTexts: 0 });
        spares.push({ kind, columns });
        if (spares.length > KEPT) spares.shift();
      },
    };
  };
}

function builderOf(
  column: ParquetColumn,
  position: number,
  options: Omit<ParquetOptions, 'compression'>,
  counts: ColumnCounts,
): ColumnBuilder {
  switch (column.physical) {
    case 'INT32':
    case 'FLOAT':
      return int32Column(column, position, options.zeroDates, counts);
    case 'INT64':
    case 'DOUBLE':
      return int64Column(column, position, options.zeroDates, counts);
    case 'BYTE_ARRAY':
    case 'FIXED_LEN_BYTE_ARRAY':
      return bytesColumn(column, position, options, counts);
  }
}
