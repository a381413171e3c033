/** How a value of each type is written in each format, in words. Pure. */
import type { OutputOptions } from '../domain/spec.ts';
import type { OutputColumn } from '../domain/plan.ts';
import { parquetColumn, type ParquetColumn } from '../extract/parquet/schema.ts';
import type { Shape } from './shape.ts';

/** `text: digits` in csv and tsv, `number` or `string: …` in jsonl, physical and logical type in Parquet. */
export function outputType(shape: Shape, column: OutputColumn, output: OutputOptions): string {
  switch (output.format) {
    case 'csv':
    case 'tsv':
      return `text: ${notation(shape, output)}`;
    case 'jsonl':
      if (shape.is === 'json') return 'any JSON value';
      return isNumber(shape) ? 'number' : `string: ${notation(shape, output)}`;
    case 'parquet':
      return parquetType(parquetColumn(column, output.zeroDates));
  }
}

function isNumber({ is }: Shape): boolean {
  return (
    is === 'integer' || is === 'year' || is === 'decimal' || is === 'float' || is === 'double' || is === 'bit'
  );
}

function notation(shape: Shape, { binary }: OutputOptions): string {
  switch (shape.is) {
    case 'integer':
    case 'year':
    case 'bit':
      return 'digits';
    case 'decimal':
      return shape.scale === 0 ? 'digits' : `digits, ${shape.scale} of them behind the point`;
    case 'float':
    case 'double':
      return `shortest digits that read back as the same ${shape.is.toUpperCase()}`;
    case 'date':
      return 'YYYY-MM-DD';
    case 'datetime':
    case 'timestamp':
      return `YYYY-MM-DD HH:MM:SS${fraction(shape.digits)}`;
    case 'time':
      return `[-]HH:MM:SS${fraction(shape.digits)}, up to 838 hours`;
    case 'text':
      return 'UTF-8';
    case 'json':
      return 'JSON';
    case 'binary':
      return binary;
    case 'geometry':
      return 'WKT';
  }
}

function fraction(digits: number | null): string {
  if (digits === null) return '[.ffffff]';
  return digits === 0 ? '' : `.${'f'.repeat(digits)}`;
}

function parquetType({ physical, width, logical }: ParquetColumn): string {
  const stored = width === null ? physical : `${physical}(${width})`;
  if (logical === null) return stored;
  switch (logical.is) {
    case 'INTEGER':
      return `${stored} INTEGER(${logical.bits}, ${logical.signed ? 'signed' : 'unsigned'})`;
    case 'DECIMAL':
      return `${stored} DECIMAL(${logical.precision},${logical.scale})`;
    case 'TIMESTAMP':
      return `${stored} TIMESTAMP(MICROS, ${logical.utc ? 'UTC' : 'not adjusted to UTC'})`;
    case 'DATE':
    case 'STRING':
    case 'JSON':
      return `${stored} ${logical.is}`;
  }
}
