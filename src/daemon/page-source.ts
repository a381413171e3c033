/** The daemon and its past as the status pages show them. */
import type { Spec } from '../domain/spec.ts';
import type { PastRun, RunPoint, RunReport } from '../domain/run.ts';
import type {
  EventView,
  Instance,
  LogView,
  PageSource,
  TaskSummary,
  WatermarkView,
} from '../http/page/model.ts';
import { HISTORY_RUNS } from '../http/page/history-table.ts';
import { SPARK_RUNS } from '../http/page/task-row.ts';
import type { RunList, RunQuery } from '../http/run-list.ts';
import type { TaskView } from '../http/task-list.ts';
import type { TaskState } from '../state/task-states.ts';
import { specsInForce } from '../watch/spec-set.ts';
import type { LiveRuns } from './live-runs.ts';
import { listTasks, type DaemonView } from './task-views.ts';

/** What the pages need of the state, the logs and the buckets; texts are without secrets. */
export interface PagePast {
  readonly instance: Pick<Instance, 'host' | 'version' | 'mails'>;
  states(): ReadonlyMap<string, TaskState>;
  /** See `recentRuns`. */
  recent(count: number): ReadonlyMap<string, readonly RunPoint[]>;
  recentOf(task: string, count: number): readonly RunPoint[];
  watermarks(spec: Spec, state: TaskState | null, now: Date): readonly WatermarkView[];
  events(task: string, count: number): readonly EventView[];
  run(id: string): { readonly run: PastRun; readonly report: RunReport | null } | null;
  log(id: string, most: number): LogView | null;
  manifest(id: string): Promise<string | null>;
}

export interface PageFacts {
  readonly past: PagePast;
  readonly runs: (query: RunQuery) => RunList;
  readonly live: LiveRuns;
  /** Null: the specs folder has not been read yet. */
  readonly view: () => Omit<DaemonView, 'lastRuns'> | null;
  readonly notReady: () => string | null;
}

const HISTORY_EVENTS = 50;
const CHART_RUNS = 200;
/** Bytes of a log's end on the page of its run. */
const PAGE_LOG = 64_000;

export function pageSource({ past, runs, live, view, notReady }: PageFacts): PageSource {
  const startedAt = new Date().toISOString();
  const instance = (): Instance => ({
    ...past.instance,
    started_at: startedAt,
    page_version: live.version(),
    not_ready: notReady(),
  });
  return {
    instance,
    overview() {
      const now = view();
      if (now === null) return null;
      const states = past.states();
      const recent = past.recent(SPARK_RUNS);
      const { tasks, unusable } = listTasks({ ...now, lastRuns: lastRunsOf(states) });
      const specs = specsInForce(now.specs);
      const summaries = tasks.map((one) => {
        const state = states.get(one.task) ?? null;
        return summary(one, specs.get(one.task)!, state, recent.get(one.task) ?? [], past);
      });
      return { instance: instance(), tasks: summaries, unusable, live: live.running() };
    },
    task(name) {
      const now = view();
      const spec = now === null ? undefined : specsInForce(now.specs).get(name);
      if (now === null || spec === undefined) return null;
      const states = past.states();
      const { tasks } = listTasks({ ...now, lastRuns: lastRunsOf(states) });
      const points = past.recentOf(name, CHART_RUNS);
      const own = tasks.find(({ task }) => task === name)!;
      return {
        instance: instance(),
        task: summary(own, spec, states.get(name) ?? null, points.slice(-SPARK_RUNS), past),
        live: live.running().find(({ task }) => task === name) ?? null,
        runs: runs({ task: name, limit: HISTORY_RUNS }).runs,
        events: past.events(name, HISTORY_EVENTS),
        points,
      };
    },
    run(id) {
      const found = past.run(id);
      if (found === null) return null;
      const running = live.running().find(({ run_id }) => run_id === id) ?? null;
      return { instance: instance(), ...found, live: running, log: past.log(id, PAGE_LOG) };
    },
    log: (id, most) => past.log(id, most),
    manifest: (id) => past.manifest(id),
  };
}

function lastRunsOf(states: ReadonlyMap<string, TaskState>): Map<string, PastRun> {
  return new Map([...states].flatMap(([task, { last }]) => (last === null ? [] : [[task, last]])));
}

function summary(
  view: TaskView,
  spec: Spec,
  state: TaskState | null,
  recent: readonly RunPoint[],
  past: PagePast,
): TaskSummary {
  const { name, email } = spec.owner;
  return {
    view,
    owner: name === null ? email : `${name} <${email}>`,
    route: `${spec.source} → ${spec.sink}`,
    failing: state?.failing ?? null,
    watermarks: past.watermarks(spec, state, new Date()),
    recent,
  };
}
