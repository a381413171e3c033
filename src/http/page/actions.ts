/** The buttons of what may be done to a task: plain forms, which work without the script. */
import { html } from 'hono/html';
import { ACTIONS, type Action } from '../actions.ts';
import type { Html, Visitor } from './layout.ts';
import type { TaskSummary } from './model.ts';

const WORDS: Readonly<Record<Action, string>> = {
  run: 'Run now',
  retry: 'Retry',
  pause: 'Pause',
  resume: 'Resume',
};

/**
 * None for who is not signed in. What cannot be done while the task is busy keeps its place all the same: nobody is to hit
 * one button because another has gone.
 *
 * @param among those of them that there is room for.
 * @param where tells them from others on the page that do the same.
 */
export function taskActions(
  task: TaskSummary,
  visitor: Visitor,
  among: readonly Action[] = ACTIONS,
  where = 'do',
): Html {
  if (visitor.actions !== 'in') return html``;
  const { view, failing } = task;
  const offered: Action[] = [
    ...(failing === null ? [] : (['retry'] as const)),
    'run',
    ...(view.paused !== null ? (['resume'] as const) : view.schedule !== null ? (['pause'] as const) : []),
  ];
  const shown = offered.filter((action) => among.includes(action));
  if (shown.length === 0) return html``;
  return html`<div class="actions">${shown.map((action) => button(task, action, visitor, where))}</div>`;
}

/** What puts something right stands out. */
const REMEDIES: ReadonlySet<Action> = new Set(['retry', 'resume']);

const NEEDS_IDLE: ReadonlySet<Action> = new Set(['run', 'retry']);

/** With an id, so that a page that is brought up to date does not make one button of another. */
function button({ view }: TaskSummary, action: Action, { path }: Visitor, where: string): Html {
  const { task } = view;
  const disabled = NEEDS_IDLE.has(action) && (view.running || view.waiting);
  return html`<form method="post" action="/tasks/${task}/${action}" id="${where}:${action}:${task}">
    <input type="hidden" name="next" value="${path}" />
    <button
      ${REMEDIES.has(action) ? '' : html`class="quiet"`}
      aria-label="${WORDS[action]}: ${task}"
      ${disabled ? html`disabled title="It is running, or waits to."` : ''}
    >
      ${WORDS[action]}
    </button>
  </form>`;
}
