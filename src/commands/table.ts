/** Tables on a terminal: aligned columns, as narrow as their content, and not wider than they may be. Pure. */

export interface TableColumn {
  readonly heading: string;
  /** Numbers stand at the right edge. */
  readonly right?: boolean;
  /** The least width to which it may be cut where the table is too wide; left out: it is never cut. */
  readonly least?: number;
}

const GAP = '  ';

/**
 * The heading and a line for each row, without blanks at the end.
 *
 * @param cells as many in a row as there are columns.
 * @param width of the terminal in characters; null: as wide as need be.
 */
export function tableLines(
  columns: readonly TableColumn[],
  cells: readonly (readonly string[])[],
  width: number | null,
): string[] {
  const widths = columns.map(({ heading }, at) =>
    cells.reduce((most, row) => Math.max(most, row[at]?.length ?? 0), heading.length),
  );
  if (width !== null) shrink(columns, widths, width);
  const line = (row: readonly string[]): string =>
    columns
      .map(({ right }, at) => {
        const cell = cut(row[at] ?? '', widths[at]!);
        return right === true ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!);
      })
      .join(GAP)
      .trimEnd();
  return [columns.map(({ heading }) => heading), ...cells].map(line);
}

/** Takes from the widest of the columns that may be cut, until the table fits or none can give any more. */
function shrink(columns: readonly TableColumn[], widths: number[], width: number): void {
  const spare = (at: number): number => widths[at]! - (columns[at]!.least ?? widths[at]!);
  let excess = widths.reduce((sum, one) => sum + one + GAP.length, -GAP.length) - width;
  while (excess > 0) {
    const [widest] = widths.map((_, at) => at).toSorted((a, b) => spare(b) - spare(a));
    if (widest === undefined || spare(widest) === 0) return;
    widths[widest]! -= 1;
    excess -= 1;
  }
}

/** The text, with an ellipsis in place of what does not fit. */
export function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}
