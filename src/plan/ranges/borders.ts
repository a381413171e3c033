/**
 * Cells into ranges of about the same number of rows: where a table is cut, or between which keys a border has to be
 * found. A single value that is larger than a range has a range of its own.
 */
import type { Cell } from './cells.ts';

/** A border of two ranges. */
export interface Border {
  /** It lies in this cell. */
  readonly cell: number;
  /** At this part of the cell's rows; 0: where the cell begins. */
  readonly at: number;
}

/** Rows of a range: a cell that cannot be cut and has more stands alone. */
const LARGE_ALONE = 0.75;
/** A range smaller than this becomes part of its neighbour. */
const LEAST_ALONE = 0.7;
/** A border so near to the end of a cell is moved there. */
const NEAR = 0.04;

/** Cells from `from` on, `to` left out. */
interface Run {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Into how many ranges it is cut. */
  readonly parts: number;
}

/**
 * @param cells in order; of the first, `from` is null. That of NULL may stand before it, as one that cannot be cut.
 * @param ranges how many are wanted.
 * @returns in order, each once.
 */
export function bordersOf(cells: readonly Pick<Cell, 'rows' | 'kind'>[], ranges: number): Border[] {
  const total = cells.reduce((sum, { rows }) => sum + rows, 0);
  if (total === 0 || ranges < 2) return [];
  const rangeRows = total / ranges;
  const runs = withoutSmall(runsOf(cells, rangeRows), rangeRows);
  return runs.flatMap((run, at) => [...(at === 0 ? [] : [{ cell: run.from, at: 0 }]), ...within(cells, run)]);
}

/** Large cells alone, and what lies between them. */
function runsOf(cells: readonly Pick<Cell, 'rows' | 'kind'>[], rangeRows: number): Run[] {
  const runs: Run[] = [];
  let begin = 0;
  let sum = 0;
  const close = (end: number): void => {
    if (end > begin) runs.push({ from: begin, to: end, rows: sum, parts: Math.round(sum / rangeRows) });
  };
  for (const [at, { rows, kind }] of cells.entries()) {
    if (kind !== 'even' && rows > LARGE_ALONE * rangeRows) {
      close(at);
      runs.push({ from: at, to: at + 1, rows, parts: 1 });
      begin = at + 1;
      sum = 0;
    } else sum += rows;
  }
  close(cells.length);
  return runs;
}

/** What lies between two large cells and is small joins the smaller of them. */
function withoutSmall(runs: readonly Run[], rangeRows: number): Run[] {
  const kept = [...runs];
  for (;;) {
    const at = kept.findIndex(({ rows }) => rows < LEAST_ALONE * rangeRows);
    if (at === -1 || kept.length === 1) return kept;
    const before = kept[at - 1];
    const after = kept[at + 1];
    const withAfter = before === undefined || (after !== undefined && after.rows < before.rows);
    const first = withAfter ? at : at - 1;
    const [one, other] = [kept[first]!, kept[first + 1]!];
    kept.splice(first, 2, { from: one.from, to: other.to, rows: one.rows + other.rows, parts: 1 });
  }
}

/** Borders that cut a run into its parts, all equal, as near as its cells let them. */
function within(cells: readonly Pick<Cell, 'rows' | 'kind'>[], run: Run): Border[] {
  const { parts } = run;
  const borders: Border[] = [];
  let at = run.from;
  let before = 0;
  let last: Border = { cell: run.from, at: 0 };
  for (let part = 1; part < parts; part++) {
    const wanted = (run.rows * part) / parts;
    while (at < run.to - 1 && before + cells[at]!.rows <= wanted) before += cells[at++]!.rows;
    const { rows, kind } = cells[at]!;
    const share = rows === 0 ? 0 : (wanted - before) / rows;
    const exact = kind === 'even' ? (share < NEAR ? 0 : share > 1 - NEAR ? 1 : share) : Math.round(share);
    const border = exact === 1 ? { cell: at + 1, at: 0 } : { cell: at, at: exact };
    const isNew = border.cell > last.cell || (border.cell === last.cell && border.at > last.at);
    if (!isNew || border.cell >= run.to) continue;
    borders.push(border);
    last = border;
  }
  return borders;
}
