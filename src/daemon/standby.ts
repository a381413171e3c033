/**
 * A daemon that stands by for another: it reads the specs and shows how all tasks stand, by its copy of the state, and
 * runs and changes nothing.
 */
import type { Spec } from '../domain/spec.ts';
import { TidemarkError } from '../errors.ts';
import { startHttp } from '../http/server.ts';
import { timingOf } from '../schedule/reconcile.ts';
import { nextFire } from '../schedule/slots.ts';
import { emptyQueue } from '../schedule/queue.ts';
import { specsInForce, type SpecSet } from '../watch/spec-set.ts';
import { watchSpecs, type SpecWatch } from '../watch/watch-specs.ts';
import { liveRuns } from './live-runs.ts';
import { metricsSource } from './metrics-source.ts';
import type { DaemonOptions, DaemonSettings } from './options.ts';
import { pageSource } from './page-source.ts';
import { releaseInReverse, type Releaser } from './releasers.ts';
import { logSpecChanges } from './spec-changes.ts';
import type { DaemonState } from './supervisor.ts';
import { listTasks, type DaemonView } from './task-views.ts';

export interface StandbyOptions extends Pick<DaemonOptions, 'parseSpec' | 'pages' | 'metrics' | 'log'> {
  readonly settings: DaemonSettings;
  readonly history: Pick<DaemonOptions['history'], 'lastRuns' | 'runs'>;
  readonly paused: () => DaemonView['paused'];
  /** Host of the daemon that leads; null: nobody does, as far as is known. */
  readonly leader: () => string | null;
  /** Why it could not take over just now; null: it could. */
  readonly problem: () => string | null;
  /** Called where the specs cannot be watched any more. */
  readonly onFailure: (error: unknown) => void;
}

export interface Standby {
  state(): DaemonState;
  /** What is shown has changed. */
  changed(): void;
  /** Reads every spec again: `parseSpec` may judge otherwise. */
  reread(): Promise<void>;
  close(): Promise<void>;
}

/** Rejects with CONFIG_INVALID (specs folder, HTTP address); nothing is left running then. */
export async function startStandby(options: StandbyOptions): Promise<Standby> {
  const releasers: Releaser[] = [];
  try {
    return await start(options, releasers);
  } catch (error) {
    await releaseInReverse(releasers);
    throw error;
  }
}

async function start(options: StandbyOptions, releasers: Releaser[]): Promise<Standby> {
  const { settings, history, leader, log } = options;
  const { timezone, maxConcurrentTasks } = settings;
  let specs: SpecSet = new Map();
  let watch: SpecWatch | null = null;
  const live = liveRuns();
  const notReady = (): string | null => {
    if (watch === null) return 'the first scan of the specs folder is not done';
    return watch.problem() ?? options.problem();
  };
  const next = (task: string): Date | null => {
    const spec = specsInForce(specs).get(task);
    return spec === undefined ? null : nextFire(timingOf(spec, timezone));
  };
  const view = (): Omit<DaemonView, 'lastRuns'> | null => {
    if (watch === null) return null;
    const queue = emptyQueue(maxConcurrentTasks);
    return { specs, timezone, next, queue, paused: options.paused(), staleSince: () => null };
  };
  const pages = {
    ...options.pages,
    get instance() {
      const { host, ...rest } = options.pages.instance;
      const leads = leader();
      return { ...rest, host: `${host} · standing by${leads === null ? '' : `, ${leads} leads`}` };
    },
  };
  const answers = {
    notReady,
    role: () => ({ role: 'standby' as const, leader: leader() }),
    tasks: () => {
      const now = view();
      return now === null ? null : listTasks({ ...now, lastRuns: history.lastRuns() });
    },
    runs: history.runs,
    pages: pageSource({ past: pages, runs: history.runs, live, view, notReady }),
    live,
    // What is measured of tasks is told by the one that leads: told twice, it would be summed up.
    metrics: metricsSource({
      ...options.metrics,
      view: () => null,
      notReady,
      maxConcurrentTasks: () => maxConcurrentTasks,
    }),
    act: () => {
      throw notLeader(leader());
    },
    log,
  };
  const http = settings.http === null ? null : await startHttp({ ...settings.http, ...answers });
  if (http !== null) releasers.push(() => http.close());
  const watching = await watchSpecs({
    folder: settings.specsDir,
    ...settings.watch,
    parse: options.parseSpec,
    onChange: (set, diff) => {
      specs = set;
      logSpecChanges(log, watch === null, set, diff);
      live.changed();
    },
    onFailure: options.onFailure,
    log,
  });
  watch = watching;
  releasers.push(() => watching.close());
  return {
    state: () => {
      const leads = leader();
      const problem = notReady() ?? `standing by${leads === null ? '' : `, ${leads} leads`}`;
      return { tasks: inForce(specs).length, running: 0, waiting: 0, problem, lateMs: 0 };
    },
    changed: live.changed,
    reread: () => watching.reread(),
    close: () => releaseInReverse(releasers),
  };
}

function inForce(specs: SpecSet): readonly Spec[] {
  return [...specsInForce(specs).values()];
}

function notLeader(host: string | null): TidemarkError {
  const where = host === null ? 'No daemon leads just now.' : `The daemon on ${host} leads: do it there.`;
  return new TidemarkError('NOT_LEADER', `This daemon stands by for another. ${where}`);
}
