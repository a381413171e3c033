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

/** None for who is not signed in. @param among those of them that there is room for. */
export function taskActions(task: TaskSummary, visitor: Visitor, among: readonly Action[] = ACTIONS): Html {
  if (visitor.actions !== 'in') return html``;
  const { view, failing } = task;
  const busy = view.running || view.waiting;
  const offered: Action[] = [
    ...(failing !== null && !busy ? (['retry'] as const) : []),
    ...(busy ? [] : (['run'] as const)),
    ...(view.paused !== null ? (['resume'] as const) : view.schedule !== null ? (['pause'] as const) : []),
  ];
  const shown = offered.filter((action) => among.includes(action));
  if (shown.length === 0) return html``;
  return html`<div class="actions">${shown.map((action) => button(view.task, action, visitor))}</div>`;
}

/** What puts something right stands out. */
const REMEDIES: ReadonlySet<Action> = new Set(['retry', 'resume']);

function button(task: string, action: Action, { path }: Visitor): Html {
  return html`<form method="post" action="/tasks/${task}/${action}">
    <input type="hidden" name="next" value="${path}" />
    <button ${REMEDIES.has(action) ? '' : html`class="quiet"`} aria-label="${WORDS[action]}: ${task}">
      ${WORDS[action]}
    </button>
  </form>`;
}
