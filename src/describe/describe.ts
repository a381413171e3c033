/** What stands in the files of a run, column by column: the manifest's `describe`, for whoever loads them. Pure. */
import type { OutputOptions } from '../domain/spec.ts';
import type { OutputColumn } from '../domain/plan.ts';
import { parquetColumn } from '../extract/parquet/schema.ts';
import { outputType } from './output-type.ts';
import { shapeOf } from './shape.ts';

/** Field names are those of the manifest. */
export interface DescribedColumn {
  readonly name: string;
  readonly mysql_type: string;
  /** What a value is in the file, such as `text: digits`, `number` or `INT64 TIMESTAMP(MICROS, UTC)`. */
  readonly output_type: string;
  /** In MySQL. */
  readonly nullable: boolean;
  /** In the file, where a zero date may have become NULL. */
  readonly file_nullable: boolean;
  /** In MySQL; in the file all text is UTF-8. Null: the type has none, or the server does not say. */
  readonly charset: string | null;
  /** How NULL is written. */
  readonly null: string;
  /** What zero and partial dates become; null: the column holds no dates. */
  readonly zero_dates: OutputOptions['zeroDates'] | null;
  /** Zone in which the values are written; null: the type has none, a DATETIME is written as it is stored. */
  readonly timezone: string | null;
}

export function describeColumns(columns: readonly OutputColumn[], output: OutputOptions): DescribedColumn[] {
  return columns.map((column) => {
    const { kind } = column;
    const isDate = kind === 'date' || kind === 'datetime' || kind === 'timestamp';
    return {
      name: column.name,
      mysql_type: column.mysqlType,
      output_type: outputType(shapeOf(column), column, output),
      nullable: column.nullable,
      file_nullable: parquetColumn(column, output.zeroDates).optional,
      charset: column.charset ?? null,
      null: nullWords(output),
      zero_dates: isDate ? output.zeroDates : null,
      timezone: kind === 'timestamp' ? zoneOf(output) : null,
    };
  });
}

/** Parquet holds instants, whatever the output zone, unless dates are written as text. */
function zoneOf({ format, zeroDates, outputTimezone }: OutputOptions): string {
  return format === 'parquet' && zeroDates !== 'string' ? 'UTC' : outputTimezone;
}

function nullWords({ format, csv }: OutputOptions): string {
  if (format === 'parquet') return 'NULL';
  if (format === 'jsonl') return 'null';
  return csv.null === '' ? 'nothing; an empty text is two quotes' : `${csv.null}, without quotes`;
}
