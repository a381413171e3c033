/** "Did you mean": the nearest of the allowed words to one that is not allowed. */
import { distance } from 'fastest-levenshtein';

// The distance costs time in proportion to both lengths; nobody mistypes a word of this length.
const LONGEST = 64;

/**
 * The candidate nearest to a word, ignoring case; null where none is so near that it was probably meant
 * (about a third of the letters may differ).
 */
export function nearest(word: string, candidates: readonly string[]): string | null {
  if (word.length > LONGEST) return null;
  const plain = word.trim().toLowerCase();
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const allowed = Math.max(1, Math.round(Math.max(plain.length, candidate.length) / 3));
    const other = candidate.toLowerCase();
    const found = isSwapped(plain, other) ? 1 : distance(plain, other);
    if (found <= allowed && found < bestDistance && found < candidate.length) {
      best = candidate;
      bestDistance = found;
    }
  }
  return best;
}

/** ` Did you mean "x"?` behind a message, or nothing. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const near = nearest(word, candidates);
  return near === null ? '' : ` Did you mean "${near}"?`;
}

/** The word with ` (did you mean x?)` behind it, or alone; `shown` stands in place of the word. */
export function withNearest(word: string, candidates: readonly string[], shown = word): string {
  const near = nearest(word, candidates);
  return near === null ? shown : `${shown} (did you mean ${near}?)`;
}

/** Whether two words differ only in that two neighbouring letters changed places, the commonest slip of all. */
function isSwapped(word: string, other: string): boolean {
  if (word.length !== other.length) return false;
  const at = Array.from(word).findIndex((letter, index) => letter !== other[index]);
  return (
    at >= 0 &&
    word[at] === other[at + 1] &&
    word[at + 1] === other[at] &&
    word.slice(at + 2) === other.slice(at + 2)
  );
}
