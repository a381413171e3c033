/** Runs the daemon with what the config names, from its start until it has stopped. */
import { collectGarbage } from '../collect-garbage.ts';
import type { Config } from '../config/config.ts';
import { startDaemon, type Daemon } from '../daemon.ts';
import type { DaemonOptions } from '../daemon/options.ts';
import type { DaemonState, Supervisor } from '../daemon/supervisor.ts';
import { TidemarkError } from '../errors.ts';
import { executeRun, leadRunOn } from '../execute.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Log } from '../ports.ts';
import { sweep } from '../publish/sweep.ts';
import { recoverAll } from '../recovery.ts';
import { parseSpec } from '../spec/parse.ts';
import { attended, type Attention } from './attended.ts';
import { following } from './following.ts';
import type { Generations } from './generations.ts';
import { namesIn } from './load.ts';
import { daemonSettings, onHangUp, reloadConfig, type HangUps } from './reload.ts';

export interface ServeOptions {
  readonly generations: Generations;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly supervisor: Supervisor;
  /** Reads the config again. Throws FaultsError CONFIG_INVALID. */
  readonly load: () => Config;
  /** Hears how to ask how the daemon is. */
  readonly onState: (state: () => DaemonState) => void;
  /** Calls at each SIGHUP; left out: while it serves, see `onHangUp`. */
  readonly onHangUp?: HangUps['heed'];
  /** Where two daemons have one state; left out: this one is alone. */
  readonly leadership?: NonNullable<DaemonOptions['ha']> &
    NonNullable<Attention['leadership']> & { readonly lost: Promise<TidemarkError> };
}

export const STARTING: DaemonState = {
  tasks: 0,
  running: 0,
  waiting: 0,
  problem: 'the daemon is starting',
  lateMs: 0,
};

const REFUSED = 'the config has changed and cannot be used, see the log';

/**
 * Until SIGTERM or SIGINT, or until it leads no more; at SIGHUP it reads its config again.
 *
 * @throws what the daemon cannot start with, or go on with.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { generations, log, supervisor, load, leadership } = options;
  if (generations.newest().notifier === null)
    log.warn('the config has neither smtp nor notify.webhook: nobody is told of failures');
  let running: Daemon | null = null;
  let refused = false;
  options.onState(() => {
    const now = running?.state() ?? STARTING;
    return { ...now, problem: now.problem ?? (refused ? REFUSED : null) };
  });
  const onStopping = supervisor.stopping;
  const starting = startDaemon({
    ...daemonOptions(options),
    ...(leadership === undefined ? { onStopping } : {}),
  });
  const reload = async (): Promise<void> => {
    // A signal that comes while the daemon starts waits for that.
    const daemon = await starting.catch(() => null);
    if (daemon === null) return;
    supervisor.reloading();
    refused = !(await reloadConfig({ ...generations, load, configure: daemon.configure, log }));
    supervisor.ready();
  };
  const releases = [stopOnSignal(starting), (options.onHangUp ?? onHangUp)(reload)];
  const release = (): void => releases.forEach((one) => one());
  void leadership?.lost.then(() => stopAtOnce(starting));
  const daemon = await starting.catch((error: unknown) => {
    release();
    throw error;
  });
  generations.newest().notifier?.start();
  // Reading a thousand specs and reckoning their slots leaves 70 MB of garbage, which V8 would keep for hours: an idle
  // daemon allocates next to nothing.
  collectGarbage('last-resort');
  const { specs_dir } = generations.config();
  log.info('daemon runs', { pid: process.pid, specs_dir, http: daemon.http?.port });
  running = daemon;
  supervisor.ready();
  await daemon.done.finally(release);
}

function daemonOptions({ generations, metrics, log, leadership }: ServeOptions): DaemonOptions {
  const installation = following(generations.newest);
  const attention = { metrics, leadership };
  return {
    settings: daemonSettings(generations.config()),
    parseSpec: (text, file) => parseSpec(text, file, namesIn(generations.config())),
    recover: (signal, leadOn) =>
      generations.during((one) =>
        recoverAll(one, signal, (kept) =>
          leadOn(kept.spec, kept.run, (observer, runSignal) =>
            attended(attention, kept.spec, observer, runSignal, (counted) =>
              // The recovery does not wait for its end.
              generations.during((now) => leadRunOn(now, now.left!, kept, counted, runSignal)),
            ),
          ),
        ),
      ),
    leave: () =>
      generations
        .newest()
        .shared.detach.abort(
          new TidemarkError('RUN_LEFT', 'Tidemark was asked to stop, and workers go on reading.'),
        ),
    sweep: (signal) => generations.during((one) => sweep(one, new Date(), signal)),
    runTask: (spec, trigger, signal, observer) => {
      installation.notifier?.runBegins(spec);
      return attended(attention, spec, observer, signal, (counted) =>
        generations.during((one) => executeRun(one, spec, trigger, counted, signal)),
      );
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
    ...(leadership === undefined ? {} : { ha: leadership }),
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

/** As by two signals: no run has any time left. */
function stopAtOnce(starting: Promise<Daemon>): void {
  const stop = (daemon: Daemon): void => {
    daemon.stop('this daemon no longer leads').catch(() => {});
    void daemon.stop('this daemon no longer leads').catch(() => {});
  };
  starting.then(stop, () => {});
}
