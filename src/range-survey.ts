/**
 * How the keys of a table are distributed: asks the server, a few index entries and estimates at a time. The questions
 * and what is made of the answers are in plan/ranges/.
 */
import type { KeyQuestions } from './key-ports.ts';
import { equalParts, keysBetween } from './plan/ranges/between.ts';
import type { Border } from './plan/ranges/borders.ts';
import {
  cutCell,
  largestFirst,
  partsOf,
  scalesOf,
  spansOf,
  weigh,
  type Cell,
  type Scales,
  type Stretch,
} from './plan/ranges/cells.ts';
import type { Key, KeyType } from './plan/ranges/key-type.ts';
import {
  endsSql,
  nullsSql,
  secondsSql,
  sortedProposals,
  sortSql,
  spanSql,
  weightsSql,
  type Proposals,
  type Span,
} from './plan/ranges/questions.ts';
import type { CutRequest, PlacedBorder } from './plan/ranges/request.ts';
import { lettersOf, orderedLetters, textsNear, type Letters } from './plan/ranges/text-digits.ts';

/** Index entries that one statement looks up, and texts that one puts into order. */
const SEEKS_AT_ONCE = 100;
const SORTED_AT_ONCE = 1000;
/** Cells are cut again at most so often: each time they are at least four times as many. */
const ROUNDS = 40;
/** Beyond so many estimates, ranges may be as uneven as they are. */
const MOST_ESTIMATES = 40_000;
/** Ranges that are looked at again, and from where on they are of another size than they were meant to have. */
const SAMPLES = 1000;
const ODD_BELOW = 0.6;
const ODD_ABOVE = 1.6;
/** Values of which the letters of a column are known well enough. */
const MOST_VALUES = 4000;

interface Ends {
  readonly first: Key;
  readonly last: Key;
}

export interface Survey {
  /** First and last key of each span; null: there is none. */
  ends(spans: readonly Span[]): Promise<(Ends | null)[]>;
  /** Rows with NULL. @param first the least key. */
  nulls(first: Key): Promise<number>;
  /** Cuts cells until all are as large as they may be. */
  refine(cells: readonly Cell[], trusting: boolean): Promise<readonly Cell[]>;
  /** Finds a key for each border; without those that there is none for. */
  place(cells: readonly Cell[], borders: readonly Border[]): Promise<PlacedBorder[]>;
  /** Which of the ranges between borders, as far as they are looked at, have not the size that they were meant to have. */
  odd(borders: readonly PlacedBorder[]): Promise<Odd>;
}

/** Ranges of another size: their share, and where they are. */
export interface Odd {
  readonly share: number;
  readonly stretches: readonly Stretch[];
}

export function surveyOf(
  { key, ranges, tableRows, entryBytes }: CutRequest,
  keys: KeyQuestions,
  signal: AbortSignal,
): Survey {
  const { type } = key;
  let scales: Scales | null = null;
  const asked = { estimates: 0 };
  const values = new Set<string>();
  let letters: { readonly of: number; readonly known: Letters } | null = null;

  const estimates = async (selects: readonly string[]): Promise<number[]> => {
    signal.throwIfAborted();
    asked.estimates += selects.length;
    // Of one SELECT by itself, MySQL 8 does not look how many rows there are where the index is forced.
    const found = await keys.estimates(selects.length === 1 ? [...selects, ...selects] : selects);
    return found.slice(0, selects.length).map(({ access, rows }) => (access === null ? 0 : (rows ?? 0)));
  };
  const weighed = (rows: number): number => (scales === null ? rows : weigh(rows, scales));

  const seek = async (count: number, sqlOf: (from: number, to: number) => string): Promise<Found[]> => {
    const found: Found[] = [];
    for (let from = 0; from < count; from += SEEKS_AT_ONCE) {
      signal.throwIfAborted();
      const rows = await keys.texts(sqlOf(from, Math.min(count, from + SEEKS_AT_ONCE)));
      for (const [place, which, value] of rows) {
        if (value === null) continue;
        found.push({ place: from + Number(place), which: Number(which), value: value! });
        if (type.is === 'text' && values.size < MOST_VALUES) values.add(value!);
      }
    }
    return found;
  };

  const ends = async (spans: readonly Span[]): Promise<(Ends | null)[]> => {
    const found = await seek(spans.length, (from, to) => endsSql(key, spans.slice(from, to)));
    const first = new Map(found.filter(({ which }) => which === 0).map(({ place, value }) => [place, value]));
    const last = new Map(found.filter(({ which }) => which === 1).map(({ place, value }) => [place, value]));
    return spans.map((_, at) => {
      const [low, high] = [first.get(at), last.get(at)];
      return low === undefined || high === undefined ? null : { first: low, last: high };
    });
  };

  const lettersKnown = async (): Promise<Letters | null> => {
    if (type.is !== 'text') return null;
    // Asked again when much more is known.
    if (letters === null || values.size > 2 * letters.of) {
      const rows = await keys.texts(weightsSql(type, lettersOf([...values])));
      const weights = rows.map(([letter, weight]) => ({ letter: letter!, weight: weight ?? '' }));
      letters = { of: values.size, known: orderedLetters(weights, [...values]) };
    }
    return letters.known;
  };

  /** Keys between each pair, in order. */
  const between = async (
    pairs: readonly { readonly low: Key; readonly high: Key; readonly fractions: readonly number[] }[],
  ): Promise<Key[][]> => {
    const known = await lettersKnown();
    const groups = pairs.map(({ low, high, fractions }): Proposals => ({
      low,
      high,
      keys: keysBetween(type, low, high, fractions, known),
    }));
    return type.is === 'text' ? sorted(type, groups) : groups.map((group) => [...group.keys]);
  };
  const sorted = async (
    text: Extract<KeyType, { is: 'text' }>,
    groups: readonly Proposals[],
  ): Promise<Key[][]> => {
    const found: Key[][] = [];
    for (let from = 0; from < groups.length;) {
      signal.throwIfAborted();
      let to = from;
      for (let texts = 0; to < groups.length && texts < SORTED_AT_ONCE; to++)
        texts += groups[to]!.keys.length + 2;
      const part = groups.slice(from, to);
      found.push(...sortedProposals(await keys.sortedTexts(sortSql(text, part)), part));
      from = to;
    }
    return found;
  };

  /** Where there is no key to be found between two, the next one that is there, and the last. */
  const nextKeys = async (cells: readonly (Span & Ends)[]): Promise<Key[][]> => {
    const found = await seek(cells.length, (from, to) => secondsSql(key, cells.slice(from, to)));
    const second = new Map(found.map(({ place, value }) => [place, value]));
    return cells.map(({ last }, at) => {
      const next = second.get(at);
      return next === undefined ? [] : next === last ? [next] : [next, last];
    });
  };

  /** Tries more texts where those that were thought to lie between two do not. */
  const setNear = async (
    borders: Key[][],
    wanted: readonly { readonly parts: number }[],
    found: readonly (Ends | null)[],
  ): Promise<void> => {
    const known = await lettersKnown();
    if (type.is !== 'text' || known === null) return;
    const missed = borders.flatMap((keysFound, at) => {
      const span = found[at];
      if (keysFound.length > 0 || !span || span.first === span.last) return [];
      return [{ at, low: span.first, high: span.last, keys: textsNear(span.first, span.last, known) }];
    });
    for (const [index, near] of (await sorted(type, missed)).entries()) {
      const { at } = missed[index]!;
      borders[at] = spread(near, wanted[at]!.parts - 1);
    }
  };

  /** Cuts each of these cells; one that cannot be cut comes back as it is, and says so. */
  const cutAll = async (
    wanted: readonly { readonly cell: Cell; readonly parts: number }[],
  ): Promise<Cell[][]> => {
    const found = await ends(wanted.map(({ cell }) => cell));
    const borders = await between(
      wanted.map(({ parts }, at) => ({
        low: found[at]?.first ?? '',
        high: found[at]?.last ?? '',
        fractions: found[at] === null || found[at]!.first === found[at]!.last ? [] : equalParts(parts),
      })),
    );
    await setNear(borders, wanted, found);
    const stuck = borders.flatMap((keysFound, at) =>
      keysFound.length === 0 && found[at] ? [{ at, ...wanted[at]!.cell, ...found[at] }] : [],
    );
    for (const [index, next] of (await nextKeys(stuck)).entries()) borders[stuck[index]!.at] = next;
    const spans = wanted.map(({ cell }, at) =>
      borders[at]!.length === 0 ? [] : spansOf(cell, borders[at]!),
    );
    const rows = await estimates(spans.flat().map((span) => spanSql(key, span)));
    if (scales === null) {
      const sum = rows.reduce((all, one) => all + one, 0);
      scales = scalesOf(sum, tableRows ?? sum, entryBytes);
    }
    let taken = 0;
    return wanted.map(({ cell, parts }, at) => {
      const counts = rows.slice(taken, (taken += spans[at]!.length)).map(weighed);
      if (counts.length === 0) return [{ ...cell, kind: 'one' }];
      const { first, last } = found[at]!;
      return cutCell({ ...cell, low: first, high: last }, borders[at]!, counts, parts);
    });
  };

  let withNull: number | null = null;
  const nulls = async (first: Key): Promise<number> => {
    if (!key.nullable) return 0;
    withNull ??= (await estimates([nullsSql(key, first)]))[0]!;
    return weighed(withNull);
  };

  return {
    ends,
    nulls,
    async refine(cells, trusting) {
      let known = cells;
      for (let round = 0; round < ROUNDS && asked.estimates < MOST_ESTIMATES; round++) {
        const total = known.reduce((sum, { rows }) => sum + rows, await nulls(cells[0]!.low!));
        const wanted = largestFirst(
          known.map((cell) => ({ cell, parts: partsOf(cell, total / ranges, trusting) })),
          MOST_ESTIMATES - asked.estimates,
        );
        if (wanted.length === 0) break;
        const cut = await cutAll(wanted);
        const cutOf = new Map(wanted.map(({ cell }, at) => [cell, cut[at]!]));
        known = known.flatMap((cell) => cutOf.get(cell) ?? [cell]);
      }
      return known;
    },
    async place(cells, borders) {
      let sum = 0;
      const before = cells.map(({ rows }) => (sum += rows) - rows);
      const byCell = [...Map.groupBy(borders, ({ cell }) => cell)];
      const found = await between(
        byCell.map(([cell, within]) => ({
          low: cells[cell]!.low ?? '',
          high: cells[cell]!.high ?? '',
          fractions: within.flatMap(({ at }) => (at > 0 ? [at] : [])),
        })),
      );
      const placed = byCell.flatMap(([cell, within], index) => {
        const rowsAt = (at: number): number => before[cell]! + at * cells[cell]!.rows;
        const inside = within.filter(({ at }) => at > 0);
        const keysFound = found[index]!;
        // Where there are fewer keys than borders, each stands for the border in the middle of its share.
        const borderOf = (nth: number): Border =>
          inside[Math.floor(((nth + 0.5) * inside.length) / keysFound.length)]!;
        const nearest = keysFound.length > 0 ? [] : inside.map(({ at }) => cell + Math.round(at));
        const starts = [...(within.length > inside.length ? [cell] : []), ...nearest];
        return [
          ...starts.flatMap((start) => {
            const from = cells[start]?.from ?? null;
            return from === null ? [] : [{ key: from, rowsBefore: before[start]! }];
          }),
          ...keysFound.map((at, nth) => ({ key: at, rowsBefore: rowsAt(borderOf(nth).at) })),
        ];
      });
      return placed.filter(({ key: one }, at) => placed[at - 1]?.key !== one);
    },
    async odd(borders) {
      const step = Math.ceil(borders.length / SAMPLES);
      const spans = borders.slice(1).map((border, at) => ({ from: borders[at]!, to: border }));
      const sampled = spans.filter((_, at) => at % step === 0);
      const rows = await estimates(
        sampled.map(({ from, to }) => spanSql(key, { from: from.key, to: to.key })),
      );
      const stretches = sampled.flatMap(({ from, to }, at): Stretch[] => {
        const part = weighed(rows[at]!) / (to.rowsBefore - from.rowsBefore);
        return part < ODD_BELOW || part > ODD_ABOVE ? [{ from: from.rowsBefore, to: to.rowsBefore }] : [];
      });
      return { share: stretches.length / Math.max(1, sampled.length), stretches };
    },
  };
}

/** So many of a list at most, evenly chosen. */
function spread(list: readonly Key[], most: number): Key[] {
  if (list.length <= most) return [...list];
  return Array.from({ length: most }, (_, at) => list[Math.floor(((at + 0.5) * list.length) / most)]!);
}

interface Found {
  readonly place: number;
  readonly which: number;
  readonly value: string;
}
