/** What the state keeps of promised freshness, as the daemon asks for it. */
import type { FreshnessBook } from '../daemon/freshness-watch.ts';
import type { StateDatabase } from '../state/database.ts';
import { freshnessPast, keepPromises, keptPromises, lastSuccesses } from '../state/freshness.ts';

export function freshnessBook(db: StateDatabase['db']): FreshnessBook {
  return {
    load: () => keptPromises(db),
    save: (changed, gone) => keepPromises(db, changed, gone),
    lastSuccess: lastSuccesses(db),
    past: (task) => freshnessPast(db, task),
  };
}
