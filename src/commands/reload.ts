/** SIGHUP: the config is read again. One that cannot be used is refused with all its faults, and the old one stays. */
import { changeConfig, type ConfigChange } from '../config/changes.ts';
import type { Config } from '../config/config.ts';
import type { DaemonSettings, LiveSettings } from '../daemon/options.ts';
import { asTidemarkError, FaultsError, formatFault } from '../errors.ts';
import type { Log } from '../ports.ts';

export interface ReloadOptions {
  /** Reads the config. Throws FaultsError CONFIG_INVALID. */
  readonly load: () => Config;
  /** The one in force. */
  readonly config: () => Config;
  /** Begins with another. Throws where everything is as before. */
  readonly replace: (config: Config) => void;
  /** Puts settings in force, and reads the specs again. */
  readonly configure: (settings: LiveSettings) => Promise<void>;
  readonly log: Log;
}

/**
 * Settles when the new config is in force or has been refused; the log says which.
 *
 * @returns whether it is in force.
 */
export async function reloadConfig(options: ReloadOptions): Promise<boolean> {
  const { load, config, replace, configure, log } = options;
  let change: ConfigChange;
  try {
    change = changeConfig(config(), load());
    replace(change.config);
  } catch (thrown) {
    const error = asTidemarkError(thrown);
    const faults = error instanceof FaultsError ? error.faults.map(formatFault) : [error.message];
    log.error('the config was read again and cannot be used; the old one stays in force', {
      code: error.code,
      faults: faults.length,
    });
    for (const fault of faults) log.error(fault);
    return false;
  }
  const { changed, needRestart } = change;
  try {
    await configure(liveSettings(change.config));
    log.info('config and specs have been read again', { changed: changed.join(', ') || 'nothing' });
  } catch (error) {
    log.error('the config has been read again, but not all of it is in force', {
      error: asTidemarkError(error),
      hint: 'Send the signal again once this is mended, or restart.',
    });
  }
  if (needRestart.length > 0)
    log.warn('settings have changed that need a restart; they stay as they were', {
      settings: needRestart.join(', '),
    });
  return true;
}

/** What the daemon takes from the config. */
export function daemonSettings(config: Config): DaemonSettings {
  return {
    ...liveSettings(config),
    specsDir: config.specs_dir,
    stateDir: config.state_dir,
    http: config.http,
    watch: { polling: config.watch.polling, intervalMs: config.watch.interval_ms },
  };
}

/** What the daemon takes from the config and can change while it runs. */
export function liveSettings(config: Config): LiveSettings {
  return {
    timezone: config.timezone,
    maxConcurrentTasks: config.max_concurrent_tasks,
    shutdownGraceMs: config.shutdown_grace_ms,
  };
}

/**
 * Calls `act` at each SIGHUP, one time after the other: what comes meanwhile is one more time.
 *
 * @returns releases the signal.
 */
export function onHangUp(act: () => Promise<void>): () => void {
  let working = false;
  let wanted = false;
  const work = async (): Promise<void> => {
    working = true;
    while (wanted) {
      wanted = false;
      await act();
    }
    working = false;
  };
  const onSignal = (): void => {
    wanted = true;
    if (!working) void work();
  };
  process.on('SIGHUP', onSignal);
  return () => void process.off('SIGHUP', onSignal);
}

/** SIGHUP where it is another one's turn to act from time to time. */
export interface HangUps {
  /** From now on, `act` is called, as by `onHangUp`. @returns ends the turn: what comes then waits for the next one. */
  readonly heed: typeof onHangUp;
  release(): void;
}

/** Without a listener, the signal would end the process: there is one, also between two turns. */
export function heedHangUps(): HangUps {
  let turn = Promise.withResolvers<() => Promise<void>>();
  const release = onHangUp(async () => (await turn.promise)());
  return {
    heed(act) {
      turn.resolve(act);
      return () => void (turn = Promise.withResolvers());
    },
    release,
  };
}
