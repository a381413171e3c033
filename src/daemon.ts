/**
 * The daemon: watches the specs folder, schedules, runs, and answers over HTTP. Everything that is started pushes
 * its releaser; they run in reverse when the daemon stops, and also when starting fails half-way.
 */
import type { Spec } from './domain/spec.ts';
import type { Trigger } from './domain/run.ts';
import { invalidSpecs, logSpecChanges } from './daemon/spec-changes.ts';
import type { DaemonOptions, LiveSettings } from './daemon/options.ts';
import { circumstancesOf } from './daemon/circumstances.ts';
import { watchFreshness } from './daemon/freshness-watch.ts';
import { startDigest } from './daemon/digest.ts';
import { startRecovery } from './daemon/recovery.ts';
import { startRetention } from './daemon/retention.ts';
import { confirmed } from './daemon/confirmed.ts';
import { taskControls } from './daemon/controls.ts';
import { ledRuns } from './daemon/led-runs.ts';
import { liveRuns } from './daemon/live-runs.ts';
import { metricsSource } from './daemon/metrics-source.ts';
import { pageSource } from './daemon/page-source.ts';
import { listTasks, type DaemonView } from './daemon/task-views.ts';
import { startHttp } from './http/server.ts';
import type { TaskList } from './http/task-list.ts';
import type { RunOutcome } from './report.ts';
import { releaseInReverse, type Releaser } from './daemon/releasers.ts';
import { dispatcher, type RunTask } from './daemon/dispatcher.ts';
import { liveClock } from './daemon/live-clock.ts';
import type { DaemonState } from './daemon/supervisor.ts';
import { recordRefusal, skippedRun } from './daemon/skipped-run.ts';
import { timingOf } from './schedule/reconcile.ts';
import { startSchedule } from './schedule/schedule.ts';
import { nextFire } from './schedule/slots.ts';
import { daemonLockPath, requireLock } from './state/lock.ts';
import { isSpecFile } from './watch/spec-folder.ts';
import { isUsed, specsInForce, type SpecDiff, type SpecSet } from './watch/spec-set.ts';
import { watchSpecs, type SpecWatch } from './watch/watch-specs.ts';

export interface Daemon {
  /** What it is doing, for whoever supervises it. */
  state(): DaemonState;
  /** Where the HTTP server listens; null: there is none. */
  readonly http: { readonly host: string; readonly port: number } | null;
  /**
   * Stops: no new fires; runs may end within `shutdownGraceMs` and are then aborted. A second call aborts them at
   * once. Settles as `done` does.
   */
  stop(reason: string): Promise<void>;
  /**
   * Takes other settings, and reads every spec again: `parseSpec` may judge otherwise. Runs in progress go on. Settles
   * when the specs that can be used are in force.
   *
   * @throws TidemarkError STATE_UNUSABLE.
   */
  configure(settings: LiveSettings): Promise<void>;
  /** Settles when everything is released; rejects where the daemon cannot go on, or cannot stop in order. */
  readonly done: Promise<void>;
}

/**
 * Starts the daemon. Rejects with ALREADY_RUNNING, STATE_UNUSABLE or CONFIG_INVALID (specs folder, HTTP address);
 * nothing is left running then.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const releasers: Releaser[] = [];
  try {
    return await start(options, releasers);
  } catch (error) {
    await releaseInReverse(releasers);
    throw error;
  }
}

async function start(options: DaemonOptions, releasers: Releaser[]): Promise<Daemon> {
  const { history, log } = options;
  let { settings } = options;
  let specs: SpecSet = new Map();
  let watch: SpecWatch | null = null;
  let stopping = false;

  const lock = requireLock(daemonLockPath(settings.stateDir), 'the daemon');
  releasers.push(() => lock.release());

  const notReady = (): string | null => {
    if (stopping) return 'the daemon is stopping';
    if (watch === null) return 'the first scan of the specs folder is not done';
    return watch.problem() ?? options.ha?.doubt() ?? null;
  };
  // A list without tasks would be a false answer, and an alarm at every restart.
  const view = (): Omit<DaemonView, 'lastRuns'> | null => {
    if (watch === null) return null;
    const { timezone } = settings;
    const { paused } = controls;
    const { staleSince } = freshness;
    return { specs, timezone, next: schedule.next, queue: runs.queue(), paused, staleSince };
  };
  const tasks = (): TaskList | null => {
    const now = view();
    return now === null ? null : listTasks({ ...now, lastRuns: history.lastRuns() });
  };
  const { runs: pastRuns } = history;
  const live = liveRuns();
  const controls = taskControls({
    book: options.pauses,
    parts: () => ({ specs: specsInForce(specs), runs, schedule }),
    blackoutEnd: options.blackoutEnd,
    lastRun: (task) => history.lastRuns().get(task) ?? null,
    changed: live.changed,
    log,
  });
  const pages = pageSource({ past: options.pages, runs: pastRuns, live, view, notReady });
  const maxConcurrentTasks = (): number => settings.maxConcurrentTasks;
  const metrics = metricsSource({ ...options.metrics, view, notReady, maxConcurrentTasks });
  const act = confirmed(controls.act, options.ha?.settled);
  const answers = { notReady, tasks, runs: pastRuns, pages, live, metrics, act, log, role: options.ha?.role };
  const http = settings.http === null ? null : await startHttp({ ...settings.http, ...answers });
  if (http !== null) releasers.push(() => http.close());

  const digestFacts = () => (watch === null ? null : { specs, next: schedule.next, ...settings });
  releasers.push(startDigest(options.digest, digestFacts));
  releasers.push(
    startRetention('runs', (signal) => history.prune(signal), log),
    startRetention('log files', (signal) => history.pruneLogs(signal), log),
  );

  const onEnd = (spec: Spec, trigger: Trigger, outcome: RunOutcome): void => {
    schedule.ended(spec.taskName, trigger, outcome.error);
    freshness.ended(spec.taskName);
    live.changed();
    const { report } = outcome;
    if (report.status === 'skipped') {
      log.warn('run skipped', { task: spec.taskName, error: outcome.error });
      if (trigger.kind === 'manual') recordRefusal(options, spec, trigger, outcome.error);
      return;
    }
    tell(spec, outcome);
  };
  const tell = (spec: Spec, outcome: RunOutcome): void => {
    if (outcome.error?.code === 'RUN_LEFT') return;
    // Also of a run that ends while the daemon stops.
    const scheduled = specsInForce(specs).has(spec.taskName);
    const next = scheduled ? nextFire(timingOf(spec, settings.timezone)) : null;
    const nextRun = next === null ? null : (blackoutEnd(spec, next) ?? next);
    options.notifyRun(spec, outcome, { nextFire: nextRun });
  };
  const { blackoutEnd } = options;
  const runTask: RunTask = (spec, trigger, signal) =>
    live.during(spec, trigger, (observer) => options.runTask(spec, trigger, signal, observer));
  const leave = (): void => options.leave?.();
  const onLedEnd = (spec: Spec, outcome: RunOutcome): void => {
    freshness.ended(spec.taskName);
    live.changed();
    tell(spec, outcome);
  };
  const makeRoom = (): (() => void) => runs.makeRoom();
  const led = ledRuns({ during: live.during, makeRoom, onEnd: onLedEnd, leave });
  const recover = (signal: AbortSignal): Promise<void> => options.recover(signal, led.leadOn);
  releasers.push(led.stop, startRecovery({ ...options, recover }));
  const runs = dispatcher({ ...settings, runTask, onEnd, leave, log });
  releasers.push(() => runs.stop());

  const skip = (task: string, trigger: Trigger, why: string): void => {
    const spec = specsInForce(specs).get(task);
    if (spec !== undefined) options.recordSkip(skippedRun(spec, trigger, why, new Date()));
  };
  const { busy, run } = runs;
  const isPaused = (task: string): boolean => controls.paused.has(task);
  const clock = liveClock();
  const { timezone } = settings;
  const schedule = startSchedule({
    timezone,
    clock,
    book: options.slots,
    busy,
    isPaused,
    blackoutEnd,
    run,
    skip,
    log,
  });
  releasers.push(() => schedule.stop());

  const freshness = watchFreshness({
    ...options.freshness,
    clock: liveClock(),
    isThere: (file) => isSpecFile(settings.specsDir, file),
    circumstances: (promise) =>
      circumstancesOf(promise, { specs, next: schedule.next, paused: controls.paused }),
    log,
  });
  releasers.push(() => freshness.stop());

  const onChange = (set: SpecSet, diff: SpecDiff): void => {
    const gone = [...specs.keys()].filter((file) => !set.has(file));
    specs = set;
    logSpecChanges(log, watch === null, set, diff);
    const inForce = specsInForce(set);
    runs.setSpecs(inForce);
    schedule.apply(inForce);
    freshness.apply(set);
    live.changed();
    const used = [...set.values()].filter(isUsed).map(({ file }) => file);
    options.notifyValidSpecs([...used, ...gone]);
    for (const invalid of invalidSpecs(diff)) options.notifyInvalidSpec(invalid);
  };

  const { promise: done, resolve: stopped, reject: failed } = Promise.withResolvers<void>();
  const shutDown = (reason: string, outcome: () => void): void => {
    if (stopping) {
      runs.abort();
      return;
    }
    stopping = true;
    live.changed();
    options.onStopping?.();
    log.info('daemon stops', { reason, running: [...runs.queue().running.keys()] });
    releaseInReverse(releasers).then(outcome, failed);
  };
  const onFailure = (error: unknown): void =>
    shutDown('the watch of the specs folder failed', () => failed(error));
  watch = await watchSpecs({
    folder: settings.specsDir,
    ...settings.watch,
    parse: options.parseSpec,
    onChange,
    onFailure,
    log,
  });
  const watching = watch;
  releasers.push(() => watching.close());

  return {
    http: http === null ? null : { host: http.host, port: http.port },
    done,
    state: () => {
      const { running, waiting } = runs.queue();
      const counts = { tasks: specsInForce(specs).size, running: running.size, waiting: waiting.size };
      return { ...counts, problem: notReady(), lateMs: clock.lateMs() };
    },
    configure: async (changes) => {
      if (stopping) return;
      settings = { ...settings, ...changes };
      runs.configure(settings);
      schedule.apply(specsInForce(specs), settings.timezone);
      await watching.reread();
    },
    stop: (reason) => {
      shutDown(reason, () => {
        log.info('daemon has stopped');
        stopped();
      });
      return done;
    },
  };
}
