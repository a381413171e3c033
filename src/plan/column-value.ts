/** A column's value on its way through the operations of a transformation. */
import type { OutputColumn } from '../domain/plan.ts';

/** The SQL that gives the value, and what it is by then. */
export interface ColumnValue extends Pick<OutputColumn, 'mysqlType' | 'kind' | 'nullable'> {
  readonly sql: string;
}
