/**
 * The daemon: watches the specs folder, schedules, runs, and answers over HTTP. Everything that is started pushes
 * its releaser; they run in reverse when the daemon stops, and also when starting fails half-way.
 */
import type { Spec } from './domain/spec.ts';
import type { PastRun, RunRecord, Trigger } from './domain/run.ts';
import { invalidSpecs, logSpecChanges, type InvalidSpec } from './daemon/spec-changes.ts';
import { circumstancesOf } from './daemon/circumstances.ts';
import { watchFreshness, type FreshnessOptions } from './daemon/freshness-watch.ts';
import { startDigest, type DigestOptions } from './daemon/digest.ts';
import { startRecovery } from './daemon/recovery.ts';
import { startRetention } from './daemon/retention.ts';
import { taskControls, type PauseBook } from './daemon/controls.ts';
import { liveRuns } from './daemon/live-runs.ts';
import { metricsSource, type MetricsFacts } from './daemon/metrics-source.ts';
import { pageSource, type PagePast } from './daemon/page-source.ts';
import { listTasks, type DaemonView } from './daemon/task-views.ts';
import { startHttp } from './http/server.ts';
import type { RunList, RunQuery } from './http/run-list.ts';
import type { TaskList } from './http/task-list.ts';
import type { Log, RunObserver } from './ports.ts';
import type { RunOutcome } from './report.ts';
import { releaseInReverse, type Releaser } from './daemon/releasers.ts';
import { dispatcher, type RunTask } from './daemon/dispatcher.ts';
import { liveClock } from './daemon/live-clock.ts';
import type { DaemonState } from './daemon/supervisor.ts';
import { recordRefusal, skippedRun } from './daemon/skipped-run.ts';
import { timingOf } from './schedule/reconcile.ts';
import { startSchedule, type SlotBook } from './schedule/schedule.ts';
import { nextFire } from './schedule/slots.ts';
import { daemonLockPath, requireLock } from './state/lock.ts';
import { isSpecFile, type ParseSpec } from './watch/spec-folder.ts';
import { isUsed, specsInForce, type SpecDiff, type SpecSet } from './watch/spec-set.ts';
import { watchSpecs, type SpecWatch } from './watch/watch-specs.ts';

export interface DaemonSettings {
  readonly specsDir: string;
  readonly stateDir: string;
  /** IANA zone of the specs that name none. */
  readonly timezone: string;
  readonly maxConcurrentTasks: number;
  readonly shutdownGraceMs: number;
  /** Null: no server. */
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly allowed_hosts: readonly string[];
    readonly token: string | null;
  } | null;
  readonly watch: { readonly polling: boolean; readonly intervalMs: number };
}

/** Those that can change while it runs. */
export type LiveSettings = Pick<DaemonSettings, 'timezone' | 'maxConcurrentTasks' | 'shutdownGraceMs'>;

export interface DaemonOptions {
  readonly settings: DaemonSettings;
  readonly parseSpec: ParseSpec;
  /** Clears away what runs of earlier processes have left. Never rejects; called again from time to time. */
  readonly recover: (signal: AbortSignal) => Promise<void>;
  /** Looks at uploads that were aborted and may have come back. Never rejects; called again every day. */
  readonly sweep: (signal: AbortSignal) => Promise<void>;
  /** Runs a task once, and reports. See `RunTask`; the observer hears how far it is. */
  readonly runTask: (...run: [...Parameters<RunTask>, RunObserver]) => Promise<RunOutcome>;
  /** When the blackout that a task is in at a moment is over; null: it is in none. */
  readonly blackoutEnd: (spec: Spec, at: Date) => Date | null;
  /** Throws TidemarkError STATE_UNUSABLE. */
  readonly recordSkip: (record: RunRecord) => void;
  readonly slots: SlotBook;
  /** Tells the owner of a run that failed, or that ended a failure. */
  readonly notifyRun: (spec: Spec, outcome: RunOutcome, context: { readonly nextFire: Date | null }) => void;
  /** Tells the owner of the last good version, or else the admin, of a spec that cannot be used. */
  readonly notifyInvalidSpec: (invalid: InvalidSpec) => void;
  /** These files can be used, or are gone: the next fault of theirs is news. */
  readonly notifyValidSpecs: (files: readonly string[]) => void;
  /** What specs promise of their tasks' freshness, and who hears where it is not kept. */
  readonly freshness: Pick<FreshnessOptions, 'book' | 'news'>;
  /** The digest of each day; left out: none. */
  readonly digest?: DigestOptions;
  /** What the state keeps of the past. */
  readonly history: {
    /** By task. */
    lastRuns(): ReadonlyMap<string, PastRun>;
    runs(query: RunQuery): RunList;
    /** Removes what is older than it is kept. */
    prune(signal: AbortSignal): Promise<void>;
    /** The same of log files. */
    pruneLogs(signal: AbortSignal): Promise<void>;
  };
  /** What is kept of what people do. */
  readonly pauses: PauseBook;
  /** What the status pages show besides. */
  readonly pages: PagePast;
  /** What metrics show besides, and how they are written. */
  readonly metrics: Pick<MetricsFacts, 'past' | 'render'>;
  /** Called when the daemon begins to stop. */
  readonly onStopping?: () => void;
  readonly log: Log;
}

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
    return watch === null ? 'the first scan of the specs folder is not done' : watch.problem();
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
  const { act } = controls;
  const answers = { notReady, tasks, runs: pastRuns, pages, live, metrics, act, log };
  const http = settings.http === null ? null : await startHttp({ ...settings.http, ...answers });
  if (http !== null) releasers.push(() => http.close());

  const digestFacts = () => (watch === null ? null : { specs, next: schedule.next, ...settings });
  releasers.push(startRecovery(options), startDigest(options.digest, digestFacts));
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
    // Also of a run that ends while the daemon stops.
    const scheduled = specsInForce(specs).has(spec.taskName);
    const next = scheduled ? nextFire(timingOf(spec, settings.timezone)) : null;
    const nextRun = next === null ? null : (blackoutEnd(spec, next) ?? next);
    options.notifyRun(spec, outcome, { nextFire: nextRun });
  };
  const { blackoutEnd } = options;
  const runTask: RunTask = (spec, trigger, signal) =>
    live.during(spec, trigger, (observer) => options.runTask(spec, trigger, signal, observer));
  const runs = dispatcher({ ...settings, runTask, onEnd, log });
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
