/** The daemon's state as `/api/tasks` shows it. */
import type { PastRun, Pause } from '../domain/run.ts';
import { formatFault } from '../errors.ts';
import type { TaskList, TaskView } from '../http/task-list.ts';
import type { Queue } from '../schedule/queue.ts';
import { isUsed, type FileState, type SpecSet } from '../watch/spec-set.ts';
import { duplicateFault } from './spec-changes.ts';

export interface DaemonView {
  readonly specs: SpecSet;
  /** Zone of the specs that name none. */
  readonly timezone: string;
  readonly next: (task: string) => Date | null;
  readonly queue: Queue;
  /** By task. */
  readonly paused: ReadonlyMap<string, Pause>;
  /** Since when a task has not succeeded for longer than its spec promises; null: it has. */
  readonly staleSince: (task: string) => Date | null;
  readonly lastRuns: ReadonlyMap<string, PastRun>;
}

/** Tasks by name, then the files that are none. */
export function listTasks({
  specs,
  timezone,
  next,
  queue,
  paused,
  staleSince,
  lastRuns,
}: DaemonView): TaskList {
  const tasks: TaskView[] = [];
  const unusable: TaskList['unusable'][number][] = [];
  for (const state of specs.values()) {
    const problem = isUsed(state) ? null : problemOf(state);
    if (state.inForce === null) {
      unusable.push({ file: state.file, message: problem ?? '' });
      continue;
    }
    const { taskName: task, file, schedule, timezone: own } = state.inForce;
    tasks.push({
      task,
      file,
      schedule,
      timezone: own ?? timezone,
      next_fire: next(task)?.toISOString() ?? null,
      running: queue.running.has(task),
      waiting: queue.waiting.has(task),
      paused: paused.get(task) ?? null,
      last_run: lastRuns.get(task) ?? null,
      stale_since: staleSince(task)?.toISOString() ?? null,
      invalid_edit: problem,
    });
  }
  return { tasks: tasks.toSorted((a, b) => (a.task < b.task ? -1 : 1)), unusable };
}

/** Why a task's spec as it stands is not used; null: it is. `file` is where the task was last seen. */
export function problemOfTask(specs: SpecSet, task: string, file: string): string | null {
  const state = [...specs.values()].find(({ inForce }) => inForce?.taskName === task) ?? specs.get(file);
  return state === undefined || isUsed(state) ? null : problemOf(state);
}

function problemOf({ content, heldBy }: FileState): string {
  if ('error' in content) return content.error.message;
  return formatFault(duplicateFault(content.spec, heldBy ?? ''));
}
