/**
 * How a table's keys are distributed, as far as it is known: cells that follow each other without a gap, each with an
 * estimate of its rows. Those that are too large are cut again, until ranges can be put together of whole cells, or be
 * cut out of cells in which the rows are spread evenly.
 */
import type { Key } from './key-type.ts';

export interface Cell {
  /** Inclusive; null: from the beginning, NULL left out. */
  readonly from: Key | null;
  /** Exclusive; null: to the end. */
  readonly to: Key | null;
  /** As the server estimates, see `weigh`. */
  readonly rows: number;
  /** Between these two the cell's rows lie; null: not known yet. */
  readonly low: Key | null;
  readonly high: Key | null;
  /**
   * `even`: its rows are taken to lie evenly between `low` and `high`, as those of its neighbours do. `one`: it cannot
   * be cut, as there is but one value in it.
   */
  readonly kind: 'open' | 'even' | 'one';
}

/** Of a range's rows: cells that ranges are put together of are at most so large. */
const LARGEST_SHARE = 1 / 3;
/** The same, of cells that ranges are cut out of. */
const LARGEST_EVEN = 8;
/** What an even cell is aimed to have, so that few come out above the largest. */
const AIMED_EVEN = 5;
/** By how much the parts of an even cell may differ from their mean. */
const EVEN_WITHIN = 0.25;
const LEAST_PARTS = 4;
const MOST_PARTS = 64;

/** The whole table, NULL left out. */
export function wholeTable(low: Key, high: Key): Cell {
  return { from: null, to: null, rows: Number.POSITIVE_INFINITY, low, high, kind: 'open' };
}

/**
 * @param rangeRows rows that a range should have.
 * @param trusting whether ranges may be cut out of even cells.
 * @returns into how many parts a cell has to be cut; 1: it is as it should be.
 */
export function partsOf(cell: Cell, rangeRows: number, trusting: boolean): number {
  const { kind, rows } = cell;
  if (kind === 'one') return 1;
  // Of a whole table nothing is known but that it is large.
  if (rows === Number.POSITIVE_INFINITY) return MOST_PARTS;
  const ranges = rows / rangeRows;
  if (ranges <= (kind === 'even' && trusting ? LARGEST_EVEN : LARGEST_SHARE)) return 1;
  const aimed = ranges > LARGEST_EVEN && trusting ? AIMED_EVEN : LARGEST_SHARE;
  return Math.min(MOST_PARTS, Math.max(LEAST_PARTS, Math.ceil(ranges / aimed)));
}

/** Those that have to be cut, as many as there may be parts; of all, the largest. */
export function largestFirst<T extends { readonly cell: Cell; readonly parts: number }>(
  all: readonly T[],
  most: number,
): T[] {
  let left = most;
  const wanted = all.filter(({ parts }) => parts > 1).toSorted((a, b) => b.cell.rows - a.cell.rows);
  return wanted.filter(({ parts }) => (left -= parts) >= 0);
}

/** The ranges between the borders within a cell, to be estimated. */
export function spansOf(
  { from, to }: Pick<Cell, 'from' | 'to'>,
  borders: readonly Key[],
): { readonly from: Key | null; readonly to: Key | null }[] {
  const all = [from, ...borders, to];
  return all.slice(1).map((end, at) => ({ from: all[at]!, to: end }));
}

/**
 * A cell cut at borders.
 *
 * @param cell with `low` and `high` known.
 * @param borders in order, greater than `low` and not greater than `high`; at least one.
 * @param rows of what lies between them, one more than there are borders.
 * @param parts how many equal parts were meant.
 */
export function cutCell(cell: Cell, borders: readonly Key[], rows: readonly number[], parts: number): Cell[] {
  const mean = rows.reduce((sum, one) => sum + one, 0) / rows.length;
  const even =
    rows.length === parts &&
    parts >= LEAST_PARTS &&
    rows.every((one) => Math.abs(one - mean) <= mean * EVEN_WITHIN);
  return spansOf(cell, borders).map(({ from, to }, at) => ({
    from,
    to,
    rows: rows[at]!,
    low: at === 0 ? cell.low : from,
    high: at === borders.length ? cell.high : to,
    kind: even ? 'even' : 'open',
  }));
}

/** A part of the table, by the rows before it. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * Cells that were taken for even, and are not: those on stretches where ranges have come out otherwise than meant.
 *
 * @param nulls rows with NULL, before the first cell.
 */
export function distrusted(cells: readonly Cell[], nulls: number, stretches: readonly Stretch[]): Cell[] {
  let after = nulls;
  let next = 0;
  return cells.map((cell) => {
    const before = after;
    after += cell.rows;
    while (next < stretches.length && stretches[next]!.to <= before) next++;
    const isOdd = next < stretches.length && stretches[next]!.from < after;
    return isOdd && cell.kind === 'even' ? { ...cell, kind: 'open' } : cell;
  });
}

/** What the server's estimates have to be divided by, and from which on. */
export interface Scales {
  readonly bias: number;
  readonly exactUpTo: number;
}

/** InnoDB reads so many pages of a range before it begins to guess. */
const PAGES_READ = 10;
/** Between what it has counted on so many pages and twice that, which is the least that it guesses. */
const SURELY_READ = 1.4;
const PAGE_BYTES = 16_384;
const PAGE_FILLED = 0.75;

/**
 * InnoDB counts what lies within ten pages, and doubles what it guesses of anything larger, as its guesses used to be
 * low: https://github.com/mysql/mysql-server/blob/trunk/storage/innobase/btr/btr0cur.cc (btr_estimate_n_rows_in_range).
 * Where small cells are put together with large ones, that has to be known.
 *
 * @param estimated of cells that are together the whole table.
 * @param tableRows what the server takes the table's rows for.
 * @param entryBytes of a row in the index, roughly.
 */
export function scalesOf(estimated: number, tableRows: number, entryBytes: number): Scales {
  const bias = estimated > 1.5 * tableRows ? 2 : 1;
  return { bias, exactUpTo: (SURELY_READ * PAGES_READ * PAGE_BYTES * PAGE_FILLED) / entryBytes };
}

export function weigh(estimated: number, { bias, exactUpTo }: Scales): number {
  return estimated > exactUpTo ? estimated / bias : estimated;
}
