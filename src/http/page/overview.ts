/** `/`: is everything fine, and if not, what is to be done. */
import { html } from 'hono/html';
import { taskActions } from './actions.ts';
import { layout, type Html, type Visitor } from './layout.ts';
import { liveList } from './live.ts';
import type { Overview, TaskSummary } from './model.ts';
import { inNeed, problemsOf, type Problem } from './problems.ts';
import { stateOf, type State } from './state.ts';
import { taskRow } from './task-row.ts';
import { sinceWhen } from './time.ts';
import { countOf, counted } from './words.ts';

/** Problems that are told in full; the tasks below show the others. */
const MOST_TOLD = 10;
/** From so many tasks on there is something to look for. */
const MANY_TASKS = 9;
const ORDER: readonly State[] = [
  'failed',
  'stale',
  'invalid',
  'running',
  'waiting',
  'paused',
  'ok',
  'skipped',
  'new',
];

export function overviewPage(overview: Overview, visitor: Visitor): Html {
  const { instance, tasks, live } = overview;
  const problems = problemsOf(overview);
  const need = inNeed(problems);
  const sorted = tasks.toSorted((one, other) => ORDER.indexOf(stateOf(one)) - ORDER.indexOf(stateOf(other)));
  const byName = new Map(tasks.map((task) => [task.view.task, task]));
  const title = need === 0 ? `✓ Tidemark on ${instance.host}` : `✕ ${need} · Tidemark on ${instance.host}`;
  return layout(
    title,
    instance,
    visitor,
    html`${banner(overview, problems, need)}
      ${problems.slice(0, MOST_TOLD).map((problem) => told(problem, byName.get(problem.task ?? '') ?? null, visitor))}
      ${problems.length <= MOST_TOLD ? '' : html`<p id="more">… and ${counted(problems.length - MOST_TOLD)} more; they come first in the list below.</p>`}
      ${liveList(live, visitor.now)}
      <section aria-labelledby="tasks-title">
        <div class="section-head">
          <h2 id="tasks-title">Tasks</h2>
          ${tasks.length < MANY_TASKS ? '' : html`<label class="filter" id="filter" hidden>Find <input type="search" autocomplete="off" spellcheck="false" /></label>`}
        </div>
        ${tasks.length === 0 ? html`<p class="dim">There is no task yet: drop a spec into the specs folder, and it appears here within a second.</p>` : ''}
        <ul class="tasks ${tasks.length > 100 ? 'many' : ''}">
          ${sorted.map((task) => taskRow(task, visitor))}
        </ul>
      </section>`,
  );
}

function banner({ tasks }: Overview, problems: readonly Problem[], need: number): Html {
  if (need === 0) {
    const well =
      tasks.length === 0
        ? 'All is well'
        : tasks.length === 1
          ? 'The task is well'
          : `All ${counted(tasks.length)} tasks are well`;
    return html`<div class="banner well" id="banner" role="status">
      <span class="mark" aria-hidden="true">✓</span>
      <div>
        <h1>${well}</h1>
        <p>Nothing needs you.</p>
      </div>
    </div>`;
  }
  const ill = new Set(problems.flatMap(({ task }) => task ?? [])).size;
  const others = need - ill;
  const parts = [
    ...(ill > 0 ? [`${counted(ill)} of ${countOf(tasks.length, 'task')}`] : []),
    ...(others > 0 ? [ill > 0 ? countOf(others, 'other thing') : countOf(others, 'thing')] : []),
  ];
  return html`<div class="banner ill" id="banner" role="status">
    <span class="mark" aria-hidden="true">!</span>
    <div>
      <h1>${parts.join(' and ')} ${need === 1 ? 'needs' : 'need'} you</h1>
      <p>
        ${ill < tasks.length ? `The other ${tasks.length - ill === 1 ? 'task is' : `${counted(tasks.length - ill)} tasks are`} well. ` : ''}What
        happened and what to do:
      </p>
    </div>
  </div>`;
}

function told(
  { task, code, title, since, zone, cause, hint, run }: Problem,
  summary: TaskSummary | null,
  visitor: Visitor,
): Html {
  const heading = task === null ? title : html`<a href="/tasks/${task}">${title}</a>`;
  return html`<article class="problem" id="p:${task ?? title}:${code}">
    <h2>
      ${heading}${since === null ? '' : html` <span class="dim">${sinceWhen(since, visitor.now, zone)}</span>`}
    </h2>
    <p>${code === null ? '' : html`<code>${code}</code> `}${cause}</p>
    <p class="hint"><strong>What to do:</strong> ${hint}</p>
    ${run === null ? '' : html`<p><a href="/runs/${run}">The run that failed, with its log</a></p>`}
    ${summary === null || code === 'SPEC_INVALID' ? '' : taskActions(summary, visitor, ['retry', 'resume'], `fix:${code}`)}
  </article>`;
}
