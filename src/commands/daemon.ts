/** `tidemark daemon`: what pm2, systemd and Docker start. Runs until SIGTERM or SIGINT, and ends in order. */
import { collectGarbage } from '../collect-garbage.ts';
import type { Config } from '../config/config.ts';
import { loadProcessConfig } from '../config/load.ts';
import { processSupervision } from '../config/supervision.ts';
import { startDaemon, type Daemon } from '../daemon.ts';
import { startSupervisor, type DaemonState } from '../daemon/supervisor.ts';
import { executeRun } from '../execute.ts';
import { createMetrics, type Metrics } from '../metrics/metrics.ts';
import { sweep } from '../publish/sweep.ts';
import { recoverAll } from '../recovery.ts';
import { parseSpec } from '../spec/parse.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { openInstallation, type LiveInstallation } from './installation.ts';
import { namesIn } from './load.ts';
import type { CommonOptions } from './options.ts';
import { version } from './version.ts';

export async function daemonCommand(options: CommonOptions): Promise<ExitCode> {
  const config = loadProcessConfig({ file: options.config });
  const metrics = createMetrics({
    version: version(),
    sources: Object.keys(config.sources),
    sinks: Object.keys(config.sinks),
  });
  const installation = openInstallation(config, process.stderr, metrics);
  const { log } = installation;
  if (config.smtp === null) log.warn('the config has no smtp: nobody is told of failures');
  let running: Daemon | null = null;
  const state = (): DaemonState => running?.state() ?? STARTING;
  const supervisor = startSupervisor({ ...processSupervision(), state, log });
  try {
    const onStopping = supervisor.stopping;
    const starting = startDaemon({ ...daemonOptions(config, installation, metrics), onStopping });
    const release = stopOnSignal(starting);
    const daemon = await starting.catch((error: unknown) => {
      release();
      throw error;
    });
    installation.notifier?.start();
    // Reading a thousand specs and reckoning their slots leaves 70 MB of garbage, which V8 would keep for hours: an idle
    // daemon allocates next to nothing.
    collectGarbage('last-resort');
    log.info('daemon runs', { pid: process.pid, specs_dir: config.specs_dir, http: daemon.http?.port });
    running = daemon;
    supervisor.ready();
    await daemon.done.finally(release);
    return EXIT.done;
  } finally {
    await installation.close();
    await supervisor.close();
  }
}

const STARTING: DaemonState = {
  tasks: 0,
  running: 0,
  waiting: 0,
  problem: 'the daemon is starting',
  lateMs: 0,
};

function daemonOptions(
  config: Config,
  installation: LiveInstallation,
  metrics: Metrics,
): Parameters<typeof startDaemon>[0] {
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
    recover: (signal) => recoverAll(installation, signal),
    sweep: (signal) => sweep(installation, new Date(), signal),
    runTask: async (spec, trigger, signal, observer) => {
      notifier?.runBegins(spec);
      const counted = { ...observer, retries: () => metrics.retried(spec.taskName) };
      const outcome = await executeRun(installation, spec, trigger, counted, signal);
      metrics.runEnded(outcome.report);
      return outcome;
    },
    recordSkip: (record) => {
      installation.runs.ended(record);
      metrics.runEnded(record.report);
    },
    slots: installation.slots,
    notifyRun: (spec, { report, error, logTail }, { nextFire }) =>
      notifier?.runFinished(spec, report, { nextFire, logTail, sql: error?.sql }),
    notifyInvalidSpec: (invalid) => notifier?.specInvalid(invalid),
    notifyValidSpecs: (files) => notifier?.specsValid(files),
    history: installation.history,
    pauses: installation.pauses,
    pages: installation.pages,
    metrics: { past: installation.metrics, render: metrics.text },
    log,
  };
}

/**
 * The first signal stops in order, within the grace; a second one aborts the runs at once. A signal that comes while
 * the daemon starts waits for that: runs may have begun already.
 */
function stopOnSignal(starting: Promise<Daemon>): () => void {
  // The command awaits start and `done`, and hears from them what failed.
  const onSignal = (signal: NodeJS.Signals): void =>
    void starting.then((daemon) => daemon.stop(signal)).catch(() => {});
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return () => void process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
}
