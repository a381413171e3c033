/**
 * `tidemark daemon`: what pm2, systemd and Docker start. Runs until SIGTERM or SIGINT, and ends in order; at SIGHUP it
 * reads its config again.
 */
import { collectGarbage } from '../collect-garbage.ts';
import type { Config } from '../config/config.ts';
import { loadProcessConfig } from '../config/load.ts';
import { processSupervision } from '../config/supervision.ts';
import { startDaemon, type Daemon } from '../daemon.ts';
import { startSupervisor, type DaemonState } from '../daemon/supervisor.ts';
import { executeRun } from '../execute.ts';
import { createMetrics, type Metrics } from '../metrics/metrics.ts';
import type { Log } from '../ports.ts';
import { sweep } from '../publish/sweep.ts';
import { recoverAll } from '../recovery.ts';
import { parseSpec } from '../spec/parse.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { following } from './following.ts';
import { openGenerations, type Generations } from './generations.ts';
import { namesIn } from './load.ts';
import type { CommonOptions } from './options.ts';
import { liveSettings, onHangUp, reloadConfig } from './reload.ts';
import { version } from './version.ts';

export async function daemonCommand(options: CommonOptions): Promise<ExitCode> {
  const config = loadProcessConfig({ file: options.config });
  const metrics = createMetrics({ version: version() });
  const generations = openGenerations(config, metrics);
  const log = following<Log>(() => generations.newest().log);
  if (generations.newest().notifier === null)
    log.warn('the config has neither smtp nor notify.webhook: nobody is told of failures');
  let running: Daemon | null = null;
  let refused = false;
  const state = (): DaemonState => {
    const now = running?.state() ?? STARTING;
    return { ...now, problem: now.problem ?? (refused ? REFUSED : null) };
  };
  const supervisor = startSupervisor({ ...processSupervision(), state, log });
  try {
    const onStopping = supervisor.stopping;
    const starting = startDaemon({ ...daemonOptions(generations, metrics, log), onStopping });
    const reload = async (): Promise<void> => {
      // A signal that comes while the daemon starts waits for that.
      const daemon = await starting.catch(() => null);
      if (daemon === null) return;
      supervisor.reloading();
      const load = (): Config => loadProcessConfig({ file: options.config });
      refused = !(await reloadConfig({ ...generations, load, configure: daemon.configure, log }));
      supervisor.ready();
    };
    const releases = [stopOnSignal(starting), onHangUp(reload)];
    const release = (): void => releases.forEach((one) => one());
    const daemon = await starting.catch((error: unknown) => {
      release();
      throw error;
    });
    generations.newest().notifier?.start();
    // Reading a thousand specs and reckoning their slots leaves 70 MB of garbage, which V8 would keep for hours: an idle
    // daemon allocates next to nothing.
    collectGarbage('last-resort');
    log.info('daemon runs', { pid: process.pid, specs_dir: config.specs_dir, http: daemon.http?.port });
    running = daemon;
    supervisor.ready();
    await daemon.done.finally(release);
    return EXIT.done;
  } finally {
    await generations.close();
    await supervisor.close();
  }
}

const REFUSED = 'the config has changed and cannot be used, see the log';

const STARTING: DaemonState = {
  tasks: 0,
  running: 0,
  waiting: 0,
  problem: 'the daemon is starting',
  lateMs: 0,
};

function daemonOptions(
  generations: Generations,
  metrics: Metrics,
  log: Log,
): Parameters<typeof startDaemon>[0] {
  const config = generations.config();
  const installation = following(generations.newest);
  return {
    settings: {
      ...liveSettings(config),
      specsDir: config.specs_dir,
      stateDir: config.state_dir,
      http: config.http,
      watch: { polling: config.watch.polling, intervalMs: config.watch.interval_ms },
    },
    parseSpec: (text, file) => parseSpec(text, file, namesIn(generations.config())),
    recover: (signal) => generations.during((one) => recoverAll(one, signal)),
    sweep: (signal) => generations.during((one) => sweep(one, new Date(), signal)),
    runTask: async (spec, trigger, signal, observer) => {
      installation.notifier?.runBegins(spec);
      const counted = { ...observer, retries: () => metrics.retried(spec.taskName) };
      const outcome = await generations.during((one) => executeRun(one, spec, trigger, counted, signal));
      metrics.runEnded(outcome.report);
      return outcome;
    },
    blackoutEnd: (spec, at) => installation.blackoutEnd(spec, at),
    recordSkip: (record) => {
      installation.runs.ended(record);
      metrics.runEnded(record.report);
    },
    slots: installation.slots,
    freshness: {
      book: following(() => installation.freshness),
      news: {
        stale: (...said) => installation.notifier?.staleness.stale(...said) ?? null,
        fresh: (...said) => installation.notifier?.staleness.fresh(...said),
        forgotten: (tasks) => installation.notifier?.staleness.forgotten(tasks),
      },
    },
    digest: {
      timing: () => generations.config().notify.digest,
      tell: (due, tasks) => installation.notifier?.digest?.(due, tasks),
    },
    notifyRun: (spec, { report, error, logTail }, { nextFire }) =>
      installation.notifier?.runFinished(spec, report, { nextFire, logTail, sql: error?.sql }),
    notifyInvalidSpec: (invalid) => installation.notifier?.specInvalid(invalid),
    notifyValidSpecs: (files) => installation.notifier?.specsValid(files),
    history: following(() => installation.history),
    pauses: installation.pauses,
    pages: following(() => installation.pages),
    metrics: {
      past: following(() => installation.metrics),
      endpoints: () => {
        const { sources, sinks } = generations.config();
        return { sources: Object.keys(sources), sinks: Object.keys(sinks) };
      },
      render: metrics.text,
    },
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
