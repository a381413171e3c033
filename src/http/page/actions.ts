/** The buttons of what may be done to a task: plain forms, which work without the script. */
import { html } from 'hono/html';
import type { Action } from '../actions.ts';
import type { Html, Visitor } from './layout.ts';
import type { TaskSummary } from './model.ts';

const WORDS: Readonly<Record<Action, string>> = {
  run: 'Run now',
  retry: 'Retry',
  pause: 'Pause',
  resume: 'Resume',
};

/** None for who is not signed in. */
export function taskActions(task: TaskSummary, visitor: Visitor): Html {
  if (visitor.actions !== 'in') return html``;
  const { view, failing } = task;
  const busy = view.running || view.waiting;
  const offered: Action[] = [
    ...(failing !== null && !busy ? (['retry'] as const) : []),
    ...(busy ? [] : (['run'] as const)),
    ...(view.paused !== null ? (['resume'] as const) : view.schedule !== null ? (['pause'] as const) : []),
  ];
  return html`<div class="actions">
    ${offered.map((action, at) => button(view.task, action, at === 0, visitor))}
  </div>`;
}

function button(task: string, action: Action, first: boolean, { path }: Visitor): Html {
  return html`<form method="post" action="/tasks/${task}/${action}">
    <input type="hidden" name="next" value="${path}" />
    <button ${first ? '' : html`class="quiet"`} aria-label="${WORDS[action]}: ${task}">
      ${WORDS[action]}
    </button>
  </form>`;
}
