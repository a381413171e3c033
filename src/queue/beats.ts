/**
 * Who is still there. Both sides of a crew give signs of life through Redis, and miss those of the other. Time in which
 * Redis could not be asked, or in which this process itself stood still, is not held against anybody. Pure.
 */

export interface Beats {
  /** What has been read of all who are watched. `now` counts milliseconds from anywhere. */
  read(counts: ReadonlyMap<string, number>, now: number): void;
  watch(name: string): void;
  forget(name: string): void;
  /** Those of whom nothing has been heard for too long. */
  silent(): string[];
}

/** @param everyMs how often is read. */
export function watchBeats(lostAfterMs: number, everyMs: number): Beats {
  const watched = new Map<string, { count: number; silentMs: number }>();
  let last: number | null = null;
  return {
    read(counts, now) {
      const passed = last === null ? 0 : Math.min(now - last, 2 * everyMs);
      last = now;
      for (const [name, one] of watched) {
        const count = counts.get(name) ?? -1;
        one.silentMs = count === one.count ? one.silentMs + passed : 0;
        one.count = count;
      }
    },
    watch(name) {
      if (!watched.has(name)) watched.set(name, { count: -1, silentMs: 0 });
    },
    forget: (name) => void watched.delete(name),
    silent: () => [...watched].filter(([, { silentMs }]) => silentMs >= lostAfterMs).map(([name]) => name),
  };
}
