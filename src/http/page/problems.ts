/** What a person has to do something about, the worst first, with the cause and the remedy. Pure. */
import type { Overview, TaskSummary } from './model.ts';
import { countOf } from './words.ts';

export interface Problem {
  /** The task that it is about; null: a file, or the daemon itself. */
  readonly task: string | null;
  /** Its error code; null: it has none. */
  readonly code: string | null;
  /** `orders has failed 3 times in a row` */
  readonly title: string;
  readonly since: string | null;
  /** In which times are shown. */
  readonly zone: string;
  readonly cause: string;
  readonly hint: string;
  /** Where to look: the run that failed; null: nowhere on these pages. */
  readonly run: string | null;
}

const SPEC_HINT =
  'Correct the file; `tidemark check` lists every fault. It takes effect as soon as it is saved.';

export function problemsOf({ instance, tasks, unusable }: Overview): Problem[] {
  const problems: Problem[] = [];
  if (instance.not_ready !== null)
    problems.push({
      task: null,
      code: null,
      title: 'The daemon is not ready',
      since: null,
      zone: 'UTC',
      cause: instance.not_ready,
      hint: 'It goes on by itself once the cause is gone; the log says more.',
      run: null,
    });
  const failing = tasks.filter((one) => one.failing !== null);
  problems.push(...failing.toSorted(byAge).flatMap(failureOf));
  problems.push(...tasks.flatMap(staleOf));
  for (const { view } of tasks) {
    if (view.invalid_edit === null) continue;
    problems.push({
      task: view.task,
      code: 'SPEC_INVALID',
      title: `The last edit of ${view.task} cannot be used; its version before that stays in force`,
      since: null,
      zone: 'UTC',
      cause: view.invalid_edit,
      hint: SPEC_HINT,
      run: null,
    });
  }
  for (const { file, message } of unusable)
    problems.push({
      task: null,
      code: 'SPEC_INVALID',
      title: `${file} cannot be used, and nothing is scheduled from it`,
      since: null,
      zone: 'UTC',
      cause: message,
      hint: SPEC_HINT,
      run: null,
    });
  return problems;
}

/** How many tasks and files need somebody. */
export function inNeed(problems: readonly Problem[]): number {
  return new Set(problems.map(({ task, title }) => task ?? title)).size;
}

/** A task that fails is told of already. */
function staleOf({ view, failing }: TaskSummary): Problem[] {
  if (view.stale_since === null || failing !== null) return [];
  const { task, paused, schedule } = view;
  const [cause, hint] =
    paused !== null
      ? [`It is paused, by ${paused.actor}.`, 'Resume it.']
      : schedule === null
        ? ['It has no schedule, and nobody has run it.', 'Run it, or give its spec a `schedule`.']
        : ['No run has succeeded since.', 'See in its history what has become of its slots.'];
  return [
    {
      task,
      code: 'NO_RECENT_SUCCESS',
      title: `${task} has not succeeded for longer than its spec promises`,
      since: view.stale_since,
      zone: view.timezone,
      cause,
      hint,
      run: null,
    },
  ];
}

/** What has failed for longest comes first. */
function byAge(one: TaskSummary, other: TaskSummary): number {
  return one.failing!.since < other.failing!.since ? -1 : 1;
}

function failureOf({ view, failing }: TaskSummary): Problem[] {
  const error = view.last_run?.error ?? null;
  if (failing === null || error === null) return [];
  const times = failing.runs === 1 ? 'failed' : `failed, ${countOf(failing.runs, 'run')} in a row`;
  return [
    {
      task: view.task,
      code: error.code,
      title: `${view.task} ${times}`,
      since: failing.since,
      zone: view.timezone,
      cause: error.message,
      hint: error.hint,
      run: view.last_run?.run_id ?? null,
    },
  ];
}
