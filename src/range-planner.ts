/**
 * Cuts a table into ranges of about the same number of rows: looks at its keys until ranges can be put together, puts
 * them together, and holds some of them against the server where borders were put between keys that are known.
 */
import type { KeyQuestions } from './key-ports.ts';
import { bordersOf } from './plan/ranges/borders.ts';
import { distrusted, wholeTable, type Cell } from './plan/ranges/cells.ts';
import type { Key } from './plan/ranges/key-type.ts';
import type { Span } from './plan/ranges/questions.ts';
import type { CutRequest, PlacedBorder } from './plan/ranges/request.ts';
import { inOrder } from './range-order.ts';
import { surveyOf, type Odd } from './range-survey.ts';

/** How often ranges are put together and looked at. */
const ATTEMPTS = 4;
/** Of the ranges that are looked at, so many may be of another size before nothing is taken for even any more. */
const MOST_ODD = 0.1;

/** Ranges in key order; NULL is in the first. */
export type CutTable = readonly (Span & { readonly rows: number | null })[];

/**
 * @returns null: the column has too few different values.
 * @throws TidemarkError of the source, or the signal's reason.
 */
export async function cutTable(
  request: CutRequest,
  keys: KeyQuestions,
  signal: AbortSignal,
): Promise<CutTable | null> {
  const survey = surveyOf(request, keys, signal);
  const [whole] = await survey.ends([{ from: null, to: null }]);
  if (whole === null || whole === undefined || whole.first === whole.last) return null;
  let cells: readonly Cell[] = [wholeTable(whole.first, whole.last)];
  let trusting = true;
  for (let attempt = 1; ; attempt++) {
    cells = await survey.refine(cells, trusting);
    const nulls = await survey.nulls(whole.first);
    const all = withNulls(cells, nulls, whole.first);
    const borders = await survey.place(all, bordersOf(all, request.ranges));
    if (borders.length === 0) return null;
    const total = all.reduce((sum, { rows }) => sum + rows, 0);
    const odd: Odd = trusting && attempt < ATTEMPTS ? await survey.odd(borders) : { share: 0, stretches: [] };
    if (odd.stretches.length === 0)
      return rangesOf(request, await inOrder(request.key.type, borders, keys, signal), total);
    trusting = odd.share <= MOST_ODD;
    cells = distrusted(cells, nulls, odd.stretches);
  }
}

/** NULL as a cell of its own, before all others. */
function withNulls(cells: readonly Cell[], nulls: number, first: Key): readonly Cell[] {
  if (nulls === 0) return cells;
  const none: Cell = { from: null, to: first, rows: nulls, low: null, high: null, kind: 'one' };
  return [none, { ...cells[0]!, from: first }, ...cells.slice(1)];
}

/** @param total of all rows as they were estimated here; the ranges tell theirs in the table's own measure. */
function rangesOf({ estimate }: CutRequest, borders: readonly PlacedBorder[], total: number): CutTable {
  const measure = (rows: number): number | null =>
    estimate.rows === null ? null : Math.round((rows / total) * estimate.rows);
  return Array.from({ length: borders.length + 1 }, (_, at) => ({
    from: borders[at - 1]?.key ?? null,
    to: borders[at]?.key ?? null,
    rows: measure((borders[at]?.rowsBefore ?? total) - (borders[at - 1]?.rowsBefore ?? 0)),
  }));
}
