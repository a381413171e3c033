/**
 * Cuts a table into ranges of about the same number of rows: looks at its keys until ranges can be put together, puts
 * them together, and holds some of them against the server where borders were put between keys that are known.
 */
import type { KeyQuestions } from './key-ports.ts';
import { bordersOf } from './plan/ranges/borders.ts';
import { wholeTable, type Cell } from './plan/ranges/cells.ts';
import type { Key } from './plan/ranges/key-type.ts';
import type { Span } from './plan/ranges/questions.ts';
import type { CutRequest, PlacedBorder } from './plan/ranges/request.ts';
import { surveyOf } from './range-survey.ts';

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
  for (const trusting of [true, false]) {
    cells = await survey.refine(cells, trusting);
    const all = withNulls(cells, await survey.nulls(whole.first), whole.first);
    const borders = await survey.place(all, bordersOf(all, request.ranges));
    if (borders.length === 0) return null;
    const total = all.reduce((sum, { rows }) => sum + rows, 0);
    const ranges = rangesOf(request, borders, total);
    if (!trusting || (await survey.agrees(borders, total))) return ranges;
  }
  return null;
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
