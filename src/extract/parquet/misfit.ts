/** Values that a column cannot hold: what is said of them, and what a zero or partial date becomes. */
import type { ZeroDates } from '../../domain/spec.ts';
import { TidemarkError } from '../../errors.ts';
import type { ParquetColumn } from './schema.ts';

/** How much of a value a message shows. */
const SHOWN_BYTES = 80;

export function misfit(column: ParquetColumn, bytes: Buffer, start: number, end: number): TidemarkError {
  return new TidemarkError(
    'VALUE_UNFIT',
    `Column ${column.name} is ${column.mysqlType}, and the server sent "${shown(bytes, start, end)}".`,
  );
}

export function unexpectedNull(column: ParquetColumn): TidemarkError {
  return new TidemarkError(
    'VALUE_UNFIT',
    `Column ${column.name} is NOT NULL (${column.mysqlType}), and the server sent NULL.`,
  );
}

/** @throws TidemarkError ZERO_DATE where no such day is allowed. */
export function refuseZeroDate(
  column: ParquetColumn,
  zeroDates: ZeroDates,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (zeroDates !== 'fail') return;
  throw new TidemarkError(
    'ZERO_DATE',
    `Column ${column.name} holds ${shown(bytes, start, end)}, and zero_dates is "fail".`,
  );
}

function shown(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('utf8', start, Math.min(end, start + SHOWN_BYTES));
}
