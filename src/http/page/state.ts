/** How a task or a run stands, in a word with a mark: never by colour alone. */
import { html } from 'hono/html';
import type { PastRun } from '../../domain/run.ts';
import type { Html } from './layout.ts';
import type { TaskSummary } from './model.ts';

export type State =
  'failed' | 'running' | 'waiting' | 'ok' | 'new' | 'invalid' | 'skipped' | 'paused' | 'stale';

const WORDS: Readonly<Record<State, readonly [mark: string, word: string]>> = {
  failed: ['✕', 'failed'],
  running: ['▶', 'running'],
  waiting: ['…', 'waits for its turn'],
  ok: ['✓', 'ok'],
  new: ['○', 'has not run yet'],
  invalid: ['!', 'edit not usable'],
  skipped: ['–', 'skipped'],
  paused: ['‖', 'paused'],
  stale: ['!', 'no recent success'],
};

export function stateOf({ view, failing }: TaskSummary): State {
  if (view.running) return 'running';
  if (failing !== null) return 'failed';
  if (view.stale_since !== null) return 'stale';
  if (view.waiting) return 'waiting';
  if (view.invalid_edit !== null) return 'invalid';
  if (view.paused !== null) return 'paused';
  return view.last_run === null ? 'new' : 'ok';
}

export function stateOfRun({ status }: Pick<PastRun, 'status'>): State {
  return status === 'succeeded' ? 'ok' : status;
}

export function badge(state: State): Html {
  const [mark, word] = WORDS[state];
  return html`<span class="badge ${state}"><span aria-hidden="true">${mark}</span> ${word}</span>`;
}
