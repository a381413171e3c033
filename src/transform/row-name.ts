/** How a row is called in messages: by its key, where that is known, and by its place in the result. */
import type { OutputColumn } from '../domain/plan.ts';
import type { Cell } from '../extract/row-packet.ts';

const LONGEST_VALUE = 60;

/**
 * Gives a function from a row to its name: `the row employee_id=103 (row 4)`. Of cells that are not known, `row 4`.
 *
 * @param key names of columns; without them, or where one is not among `columns`, the place alone has to do.
 */
export function rowNamer(
  columns: readonly OutputColumn[],
  key: readonly string[],
): (cells: readonly Cell[] | null, number: number) => string {
  const places = key.map((name) => columns.findIndex((column) => column.name === name));
  const known = places.length > 0 && !places.includes(-1);
  return (cells, number) => {
    if (!known || cells === null) return `row ${number}`;
    const values = places.map(
      (place) => `${columns[place]!.name}=${valueText(columns[place]!, cells[place]!)}`,
    );
    return `the row ${values.join(', ')} (row ${number})`;
  };
}

function valueText({ kind }: OutputColumn, cell: Cell): string {
  if (cell === null) return 'NULL';
  const text = cell.toString(kind === 'binary' || kind === 'bit' ? 'hex' : 'utf8');
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE)}…`;
}
