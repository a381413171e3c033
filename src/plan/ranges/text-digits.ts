/**
 * Texts between two texts. Behind what both begin with, letters are taken as digits: at each place those that have been
 * seen there count, in the order that the server gives to single letters. What comes out need not be in order, as a
 * collation may look at more than one letter at a time; the server has the last word.
 */
import { countsBetween } from './counts.ts';
import type { Key } from './key-type.ts';

/** The letters of a column, and where they stand in its values. */
export interface Letters {
  /** One of each kind, ascending: kinds are what the collation does not tell apart. */
  readonly ascending: readonly string[];
  /** Kind of each letter that is known, as its place in `ascending`. */
  readonly kinds: ReadonlyMap<string, number>;
  /** At each place of values that begin so, the kinds that were seen there; a place without them may have any. */
  seenAfter(beginning: readonly number[]): readonly (ReadonlySet<number> | undefined)[];
}

/** So many values have to be known before letters that were not seen at a place are taken to be seldom there. */
const ENOUGH_VALUES = 64;
/** The same, of values with the same beginning, and how long that may be. */
const ENOUGH_ALIKE = 100;
const LONGEST_BEGINNING = 10;
/** Letters and digits, which every character set has. */
const COMMON = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const BLOCKS = ['0123456789', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'];
/** What takes the place of what is no letter at all. */
const REPLACEMENT = '\uFFFD';
/** Places behind the common beginning, and what their letters together may count up to. */
const PLACES = 12;
const ENOUGH_NUMBERS = 2n ** 40n;

/** The letters that have to be put into order: those of the values, and the common ones. */
export function lettersOf(values: readonly string[]): string[] {
  const letters = new Set([COMMON, ...values].flatMap((value) => Array.from(value)));
  letters.delete(REPLACEMENT);
  return [...letters].filter(isWhole);
}

/** Not half of a surrogate pair. */
function isWhole(letter: string): boolean {
  const code = letter.codePointAt(0)!;
  return code < 0xd800 || code > 0xdfff;
}

/**
 * @param weights what the server compares letters by, in hexadecimal; empty: it ignores the letter.
 * @param values that were found in the column.
 */
export function orderedLetters(
  weights: readonly { readonly letter: string; readonly weight: string }[],
  values: readonly string[],
): Letters {
  const ascending: string[] = [];
  const kinds = new Map<string, number>();
  const counted = weights.filter(({ weight }) => weight !== '');
  const sorted = counted.toSorted((a, b) => (a.weight < b.weight ? -1 : a.weight > b.weight ? 1 : 0));
  let last: string | null = null;
  for (const { letter, weight } of sorted) {
    if (weight !== last) ascending.push(letter);
    kinds.set(letter, ascending.length - 1);
    last = weight;
  }
  return { ascending, kinds, seenAfter: kindsSeen(kinds, values) };
}

function kindsSeen(kinds: ReadonlyMap<string, number>, values: readonly string[]): Letters['seenAfter'] {
  const alike = new Map<string, number[][]>();
  const nameOf = (beginning: readonly number[], length: number): string =>
    beginning.slice(0, length).join(' ');
  for (const value of values) {
    const found = Array.from(value).flatMap((letter) => kinds.get(letter) ?? []);
    for (let length = 0; length <= Math.min(found.length, LONGEST_BEGINNING); length++) {
      const name = nameOf(found, length);
      const known = alike.get(name);
      if (known === undefined) alike.set(name, [found]);
      else known.push(found);
    }
  }
  const blocks = BLOCKS.map((letters) => Array.from(letters).flatMap((letter) => kinds.get(letter) ?? []));
  const seen = new Map<string, Set<number>[]>();
  const seenOf = (name: string): Set<number>[] => {
    const places: Set<number>[] = seen.get(name) ?? [];
    if (!seen.has(name)) {
      for (const value of alike.get(name)!)
        for (const [place, kind] of value.entries()) (places[place] ??= new Set()).add(kind);
      for (const place of places) if (place !== undefined) fillBlocks(place, blocks);
      seen.set(name, places);
    }
    return places;
  };
  return (beginning) => {
    for (let length = Math.min(beginning.length, LONGEST_BEGINNING); length >= 0; length--) {
      const name = nameOf(beginning, length);
      const enough = length === 0 ? ENOUGH_VALUES : ENOUGH_ALIKE;
      if ((alike.get(name)?.length ?? 0) >= enough) return seenOf(name);
    }
    return [];
  };
}

/**
 * Adds what lies between digits, and between letters, that were seen: the values that are known are the first and the
 * last of cells, where `0` and `f` are likelier than what is between them.
 */
function fillBlocks(seen: Set<number>, blocks: readonly (readonly number[])[]): void {
  const found = blocks.map((block) => block.filter((kind) => seen.has(kind)));
  const least = Math.min(...found.flat());
  const most = Math.max(...found.flat());
  for (const [at, block] of blocks.entries()) {
    if (found[at]!.length === 0) continue;
    for (const kind of block) if (kind > least && kind < most) seen.add(kind);
  }
}

/**
 * @returns proposals for texts between the two, as many as there are different ones.
 */
export function textsBetween(
  low: Key,
  high: Key,
  fractions: readonly number[],
  { ascending, kinds, seenAfter }: Letters,
): Key[] {
  // A letter that the server ignores has no place.
  const numbered = (text: string): { readonly letter: string; readonly kind: number }[] =>
    Array.from(text).flatMap((letter) => {
      const kind = kinds.get(letter);
      return kind === undefined ? [] : [{ letter, kind }];
    });
  const [from, to] = [numbered(low), numbered(high)];
  let common = 0;
  while (common < from.length && common < to.length && from[common]!.kind === to[common]!.kind) common++;
  const seen = seenAfter(to.slice(0, common).map(({ kind }) => kind));
  const places: number[][] = [];
  let numbers = 1n;
  while (places.length < PLACES && numbers < ENOUGH_NUMBERS) {
    const at = common + places.length;
    const known = seen[at] ?? new Set();
    const possible = new Set(known.size > 0 ? known : ascending.keys());
    for (const one of [from[at], to[at]]) if (one !== undefined) possible.add(one.kind);
    // Where the two part, nothing may have been seen of what lies between.
    if (places.length === 0 && from[at] !== undefined && to[at] !== undefined)
      for (let kind = from[at].kind; kind < to[at].kind; kind++) possible.add(kind);
    const place = [...possible].toSorted((a, b) => a - b);
    places.push(place);
    numbers *= BigInt(place.length + 1);
  }
  // How many texts there are from a place on: the one that ends there, and those of each letter.
  const texts = [1n];
  for (const place of places.toReversed()) texts.unshift(1n + BigInt(place.length) * texts[0]!);
  const number = (text: typeof from): bigint => {
    let count = 0n;
    for (const [index, place] of places.entries()) {
      const kind = text[common + index]?.kind;
      if (kind === undefined) break;
      count += 1n + BigInt(place.indexOf(kind)) * texts[index + 1]!;
    }
    return count;
  };
  const beginning = to
    .slice(0, common)
    .map(({ letter }) => letter)
    .join('');
  const text = (count: bigint): string => {
    let shown = beginning;
    let rest = count;
    for (const [index, place] of places.entries()) {
      if (rest === 0n) break;
      const size = texts[index + 1]!;
      shown += ascending[place[Number((rest - 1n) / size)]!]!;
      rest = (rest - 1n) % size;
    }
    return shown;
  };
  const [first, last] = [number(from), number(to)];
  if (first >= last) return [];
  return [...new Set(countsBetween(first, last, fractions).map(text))].filter((key) => key !== low);
}

/** Places of a text that are varied, and letters that are tried at each. */
const VARIED_PLACES = 24;
const VARIED_LETTERS = 64;

/**
 * Texts that begin as one of the two does and go on with another letter: proposals for a collation that does not go
 * letter by letter, as where `ü` counts as `ue`.
 */
export function textsNear(low: Key, high: Key, { ascending, seenAfter }: Letters): Key[] {
  const seen = seenAfter([]);
  const proposals = new Set<Key>();
  for (const text of [low, high]) {
    const letters = Array.from(text).slice(0, VARIED_PLACES);
    for (const place of letters.keys()) {
      const beginning = letters.slice(0, place).join('');
      const known = seen[place] ?? new Set();
      const kinds = known.size > 0 ? [...known] : [...ascending.keys()];
      for (const kind of kinds.slice(0, VARIED_LETTERS)) proposals.add(beginning + ascending[kind]!);
    }
  }
  return [...proposals];
}
