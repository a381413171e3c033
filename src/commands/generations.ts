/**
 * The installations of a daemon whose config is read again: each run works to its end with the one that it began with,
 * and one that is no longer the newest is let go of when its last run has ended.
 */
import type { Config } from '../config/config.ts';
import type { Meter } from '../metrics/counters.ts';
import { openInstallation, openShared, type LiveInstallation } from './installation.ts';

export interface Generations {
  readonly config: () => Config;
  /** Kept open for what is done at once; use `during` for what takes time. */
  readonly newest: () => LiveInstallation;
  /** Does something with the newest one, which stays open until that has ended. */
  during<T>(act: (installation: LiveInstallation) => Promise<T>): Promise<T>;
  /** From now on, what is begun is begun with another config. Where it throws, everything is as before. */
  replace(config: Config): void;
  close(): Promise<void>;
}

interface Generation {
  readonly config: Config;
  readonly installation: LiveInstallation;
  users: number;
  readonly idle: PromiseWithResolvers<void>;
}

/**
 * @param meter counts what the sources and sinks of all of them do.
 * @param shared what all of them have in common; by default, the first one opens it. Closed with them.
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function openGenerations(first: Config, meter: Meter, shared = openShared(first)): Generations {
  let newest = begin(first, openInstallation(first, { meter, shared, sparesOne: false }));
  const retiring = new Set<Promise<void>>();

  return {
    config: () => newest.config,
    newest: () => newest.installation,
    async during(act) {
      const one = newest;
      one.users++;
      try {
        return await act(one.installation);
      } finally {
        one.users--;
        if (one.users === 0 && one !== newest) one.idle.resolve();
      }
    },
    replace(config) {
      const old = newest;
      newest = begin(
        config,
        openInstallation(config, { meter, shared: old.installation.shared, sparesOne: false }),
      );
      newest.installation.notifier?.start();
      if (old.users === 0) old.idle.resolve();
      const retired: Promise<void> = old.installation
        .retire(old.idle.promise)
        .catch((error: unknown) =>
          newest.installation.log.error('what the old config had open could not be closed', { error }),
        )
        .finally(() => retiring.delete(retired));
      retiring.add(retired);
    },
    async close() {
      await Promise.all(retiring);
      await newest.installation.close();
    },
  };
}

function begin(config: Config, installation: LiveInstallation): Generation {
  return { config, installation, users: 0, idle: Promise.withResolvers<void>() };
}
