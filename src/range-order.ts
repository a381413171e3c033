/**
 * Borders in order, whatever has been asked and answered before. A key may not come back from the server as the one that
 * was sent (a letter without a place in Unicode arrives as `?`), and two ranges between borders that do not ascend would
 * both have the same rows.
 */
import type { KeyQuestions } from './key-ports.ts';
import { isBelow } from './plan/ranges/between.ts';
import type { Key, KeyType } from './plan/ranges/key-type.ts';
import { belowSql } from './plan/ranges/questions.ts';
import type { PlacedBorder } from './plan/ranges/request.ts';

/** Pairs of texts that one statement compares. */
const COMPARED_AT_ONCE = 500;

/**
 * @returns borders that ascend; those that do not fit are left out.
 * @throws TidemarkError of the source, or the signal's reason.
 */
export function inOrder(
  type: KeyType,
  borders: readonly PlacedBorder[],
  keys: KeyQuestions,
  signal: AbortSignal,
): Promise<PlacedBorder[]> {
  return ascending(borders, async (pairs) => {
    const texts = pairs.map(([one, other]) => [one.key, other.key] as const);
    return type.is === 'text'
      ? belowOnServer(type, texts, keys, signal)
      : texts.map(([one, other]) => isBelow(type, one, other));
  });
}

async function belowOnServer(
  type: Extract<KeyType, { is: 'text' }>,
  pairs: readonly (readonly [Key, Key])[],
  keys: KeyQuestions,
  signal: AbortSignal,
): Promise<boolean[]> {
  const found: boolean[] = [];
  for (let from = 0; from < pairs.length; from += COMPARED_AT_ONCE) {
    signal.throwIfAborted();
    const [row] = await keys.texts(belowSql(type, pairs.slice(from, from + COMPARED_AT_ONCE)));
    found.push(...Array.from(row![0]!, (digit) => digit === '1'));
  }
  return found;
}

async function ascending<T>(
  borders: readonly T[],
  areBelow: (pairs: readonly (readonly [T, T])[]) => Promise<readonly boolean[]>,
): Promise<T[]> {
  let runs = borders.map((border) => [border]);
  while (runs.length > 1) {
    const below = await areBelow(runs.slice(1).map((run, at) => [runs[at]!.at(-1)!, run[0]!] as const));
    const joined: T[][] = [];
    for (const [at, run] of runs.entries()) {
      if (at > 0 && below[at - 1] === true) joined.at(-1)!.push(...run);
      else joined.push([...run]);
    }
    if (joined.length === 1) return joined[0]!;
    // Of two neighbours the shorter one goes: at most half of them are left, so this ends soon.
    const lengthOf = (at: number): number => joined[at]?.length ?? 0;
    runs = joined.filter((run, at) => run.length > lengthOf(at - 1) && run.length >= lengthOf(at + 1));
  }
  return runs[0] ?? [];
}
