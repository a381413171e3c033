/**
 * What a test has to clear away itself and, where it fails half-way, may leave behind: child processes, folders.
 * It is cleared away when the test file ends (leftovers-after-all.ts) or, outside of Jest, when the process does.
 * Jest gives test files a copy of `process` whose `exit` event never comes: that alone would not do.
 */
const leftovers = new Set<() => void>();

process.once('exit', clearLeftovers);

/** @returns to be called when the test has done it itself */
export function clearLater(clear: () => void): () => void {
  leftovers.add(clear);
  return () => void leftovers.delete(clear);
}

export function clearLeftovers(): void {
  for (const clear of [...leftovers].toReversed()) clear();
  leftovers.clear();
}
