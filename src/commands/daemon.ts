/**
 * `tidemark daemon`: what pm2, systemd and Docker start. Runs until SIGTERM or SIGINT, and ends in order; at SIGHUP it
 * reads its config again.
 */
import type { Config } from '../config/config.ts';
import { loadProcessConfig } from '../config/load.ts';
import { processSupervision } from '../config/supervision.ts';
import { startSupervisor, type DaemonState } from '../daemon/supervisor.ts';
import { TidemarkError } from '../errors.ts';
import { createMetrics } from '../metrics/metrics.ts';
import type { Log } from '../ports.ts';
import { positionOf } from '../state/changes.ts';
import { openState } from '../state/database.ts';
import { daemonLockPath, requireLock } from '../state/lock.ts';
import { leaveLineage } from '../state/replica.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { following } from './following.ts';
import { openGenerations } from './generations.ts';
import { daemonOfTwo } from './daemon-of-two.ts';
import type { CommonOptions } from './options.ts';
import { serve, STARTING } from './serve.ts';
import { version } from './version.ts';

export interface DaemonCommandOptions extends CommonOptions {
  readonly seed?: boolean;
}

export async function daemonCommand(options: DaemonCommandOptions): Promise<ExitCode> {
  const load = (): Config => loadProcessConfig({ file: options.config });
  const config = load();
  const metrics = createMetrics({ version: version() });
  if (config.ha) return daemonOfTwo({ config, load, metrics, seed: options.seed === true });
  if (options.seed === true)
    throw new TidemarkError('USAGE', '--seed is for a daemon that shares its state: the config has no `ha`.');
  const wasOfTwo = beAlone(config);
  const generations = openGenerations(config, metrics);
  const log = following<Log>(() => generations.newest().log);
  if (wasOfTwo)
    log.warn('the config has no `ha` any more: this daemon is alone, and what it records goes to no other');
  let state = (): DaemonState => STARTING;
  const supervisor = startSupervisor({ ...processSupervision(), state: () => state(), log });
  try {
    await serve({ generations, metrics, log, supervisor, load, onState: (next) => (state = next) });
    return EXIT.done;
  } finally {
    await generations.close();
    await supervisor.close();
  }
}

/** What is recorded from now on, no other daemon hears of: one that shares it must not take it for the same later. */
function beAlone({ state_dir }: Config): boolean {
  const { db, close } = openState(state_dir);
  try {
    if (positionOf(db) === null) return false;
    const lock = requireLock(daemonLockPath(state_dir), 'the daemon');
    leaveLineage(db);
    lock.release();
    return true;
  } finally {
    close();
  }
}
