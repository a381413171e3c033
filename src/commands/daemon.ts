/** `tidemark daemon`: what pm2, systemd and Docker start. Runs until SIGTERM or SIGINT, and ends in order. */
import type { Config } from '../config/config.ts';
import { loadProcessConfig } from '../config/load.ts';
import { startDaemon, type Daemon } from '../daemon.ts';
import { executeRun, recoverAll } from '../execute.ts';
import type { RunObserver } from '../ports.ts';
import { parseSpec } from '../spec/parse.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { openInstallation, type LiveInstallation } from './installation.ts';
import { namesIn } from './load.ts';
import type { CommonOptions } from './options.ts';

const SILENT: RunObserver = { planned: () => {}, progress: () => {} };

export async function daemonCommand(options: CommonOptions): Promise<ExitCode> {
  const config = loadProcessConfig({ file: options.config });
  const installation = openInstallation(config);
  const { log } = installation;
  if (config.smtp === null) log.warn('the config has no smtp: nobody is told of failures');
  try {
    const daemon = await startDaemon(daemonOptions(config, installation));
    const release = stopOnSignal(daemon);
    log.info('daemon runs', { pid: process.pid, specs_dir: config.specs_dir, http: daemon.http?.port });
    await daemon.done.finally(release);
    return EXIT.done;
  } finally {
    await installation.close();
  }
}

function daemonOptions(config: Config, installation: LiveInstallation): Parameters<typeof startDaemon>[0] {
  const { log, notifier } = installation;
  const known = namesIn(config);
  return {
    settings: {
      specsDir: config.specs_dir,
      stateDir: config.state_dir,
      timezone: config.timezone,
      maxConcurrentTasks: config.max_concurrent_tasks,
      shutdownGraceMs: config.shutdown_grace_ms,
      http: config.http,
      watch: { polling: config.watch.polling, intervalMs: config.watch.interval_ms },
    },
    parseSpec: (text, file) => parseSpec(text, file, known),
    recover: () => recoverAll(installation),
    runTask: (spec, scheduledFor, signal) => executeRun(installation, spec, scheduledFor, SILENT, signal),
    notifyRun: async (spec, { report, error, logTail }, { nextFire }) =>
      notifier?.runFinished(spec, report, { nextFire, logTail, sql: error?.sql }),
    notifyInvalidSpec: async (invalid) => notifier?.specInvalid(invalid),
    log,
  };
}

/** The first signal stops in order, within the grace; a second one aborts the runs at once. */
function stopOnSignal(daemon: Daemon): () => void {
  // The command awaits `done`, which settles as `stop` does.
  const onSignal = (signal: NodeJS.Signals): void => void daemon.stop(signal).catch(() => {});
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return () => void process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
}
