/** Rows that a module returns, checked against the declared columns and made into packets. */
import type { OutputColumn } from '../domain/plan.ts';
import { writeRow, type Cell } from '../extract/row-packet.ts';
import { nearest } from '../nearest.ts';
import { Misfit } from './misfit.ts';
import { cellWriter, shown } from './returned-values.ts';

/** What is wrong with what a module returned, in words. */
export class WrongRow extends Error {}

/**
 * Gives a function from a row to its packet.
 *
 * @throws WrongRow: no row, a column too few or too many, a value that does not fit.
 */
export function rowWriter(columns: readonly OutputColumn[]): (row: unknown) => Buffer {
  const names = columns.map(({ name }) => name);
  const known = new Set(names);
  const writers = columns.map(cellWriter);

  return (row) => {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw new WrongRow(`returned ${shown(row)} as a row. Allowed: an object such as {${names[0]}: …}`);
    const values = row as Record<string, unknown>;
    const cells = columns.map((column, index): Cell => {
      const { name } = column;
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === undefined) throw new WrongRow(missing(name, values, known));
      if (value === null) {
        if (column.nullable) return null;
        throw new WrongRow(`returned null for ${name}, which is declared as not nullable`);
      }
      try {
        return writers[index]!(value);
      } catch (error) {
        if (!(error instanceof Misfit)) throw error;
        throw new WrongRow(
          `returned ${shown(value)} for ${name} (${column.mysqlType}). Allowed: ${error.message}`,
        );
      }
    });
    const extra = Object.keys(values).find((name) => !known.has(name));
    if (extra !== undefined)
      throw new WrongRow(
        `returned the column ${extra}, which is not declared. Declared: ${names.join(', ')}`,
      );
    return writeRow(cells);
  };
}

function missing(
  name: string,
  values: Readonly<Record<string, unknown>>,
  known: ReadonlySet<string>,
): string {
  if (Object.hasOwn(values, name)) return `returned undefined for ${name}. Allowed: a value or null`;
  const others = Object.keys(values).filter((key) => !known.has(key));
  const near = nearest(name, others);
  return `returned no ${name}${near === null ? '' : `, but ${near}`}. Each declared column needs a value or null`;
}
