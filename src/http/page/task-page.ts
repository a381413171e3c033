/** `/tasks/NAME`: one task with its charts and its history. */
import { html } from 'hono/html';
import { taskActions } from './actions.ts';
import { historyTable } from './history-table.ts';
import { layout, type Html, type Visitor } from './layout.ts';
import { liveList } from './live.ts';
import type { TaskDetail } from './model.ts';
import { badge, stateOf } from './state.ts';
import { lag, scheduleOf } from './task-row.ts';
import { ago, sinceWhen } from './time.ts';
import { counted, duration } from './words.ts';

export function taskPage(detail: TaskDetail, visitor: Visitor): Html {
  const { instance, task, live, runs, events } = detail;
  const { view, owner, route, watermarks } = task;
  const state = stateOf(task);
  return layout(
    `${view.task}: ${state} · Tidemark`,
    instance,
    visitor,
    html`<div class="page-head" id="head">
        <h1>${view.task}</h1>
        ${badge(state)}
      </div>
      ${taskActions(task, visitor)} ${trouble(detail, visitor.now)}
      ${liveList(live === null ? [] : [live], visitor.now, view.task)}
      <dl class="facts" id="facts">
        <div>
          <dt>Schedule</dt>
          <dd>${scheduleOf(task, visitor.now)}</dd>
        </div>
        <div>
          <dt>From, to</dt>
          <dd>${route}</dd>
        </div>
        <div>
          <dt>Owner</dt>
          <dd>${owner}</dd>
        </div>
        <div>
          <dt>Spec</dt>
          <dd><code>${view.file}</code></dd>
        </div>
        ${
          watermarks.length === 0
            ? ''
            : html`<div>
                <dt>Watermark</dt>
                <dd>${watermarks.map(lag)}</dd>
              </div>`
        }
        ${lastPublished(detail, visitor.now)}
      </dl>
      ${charts(detail)}
      <section id="history" aria-labelledby="history-title">
        <h2 id="history-title">History</h2>
        ${historyTable(runs, events, view.timezone)}
        <p class="dim">Older runs: <code>tidemark history ${view.task}</code></p>
      </section>`,
  );
}

function trouble({ task: { view, failing } }: TaskDetail, now: Date): Html {
  const error = view.last_run?.error ?? null;
  const failed =
    failing === null || error === null
      ? ''
      : html`<article class="problem" id="failure">
          <h2>
            Fails
            <span class="dim"
              >${sinceWhen(failing.since, now, view.timezone)};
              ${failing.runs === 1 ? 'one run' : `${counted(failing.runs)} runs`}</span
            >
          </h2>
          <p><code>${error.code}</code> ${error.message}</p>
          <p class="hint"><strong>What to do:</strong> ${error.hint}</p>
          <p><a href="/runs/${view.last_run!.run_id}">The run that failed, with its log</a></p>
        </article>`;
  const invalid =
    view.invalid_edit === null
      ? ''
      : html`<article class="problem" id="invalid">
          <h2>The last edit of the spec cannot be used</h2>
          <p>${view.invalid_edit}</p>
          <p class="hint">
            <strong>What to do:</strong> correct the file. The version before that stays in force.
          </p>
        </article>`;
  return html`${failed}${invalid}`;
}

function lastPublished({ runs, task }: TaskDetail, now: Date): Html {
  const run = runs.find(({ status, kind }) => status === 'succeeded' && kind !== 'backfill');
  if (run === undefined) return html``;
  const took = run.duration_ms === null ? '' : ` in ${duration(run.duration_ms)}`;
  return html`<div>
    <dt>Last success</dt>
    <dd>
      <a href="/runs/${run.run_id}"
        >${counted(run.rows)} rows, ${counted(run.files)} ${run.files === 1 ? 'file' : 'files'}${took}</a
      >
      <span class="dim">${ago(run.finished_at ?? run.started_at, now, task.view.timezone)}</span>
    </dd>
  </div>`;
}

/** The script draws them from the data beside them; without it, the table below says the same. */
function charts({ points }: TaskDetail): Html {
  const ended = points.filter(({ status, duration_ms }) => status === 'succeeded' && duration_ms !== null);
  if (ended.length < 2) return html``;
  const data = {
    times: ended.map(({ started_at }) => Date.parse(started_at) / 1000),
    rows: ended.map(({ rows }) => rows),
    bytes: ended.map(({ bytes }) => bytes),
    seconds: ended.map(({ duration_ms }) => duration_ms! / 1000),
  };
  return html`<section
    id="charts"
    data-points="${JSON.stringify(data)}"
    aria-label="Charts of the last ${ended.length} successful runs"
    hidden
  >
    <h2>Last ${counted(ended.length)} successful runs</h2>
    <div class="plots">
      <figure>
        <figcaption>Rows <span data-readout></span></figcaption>
        <div data-plot="rows"></div>
      </figure>
      <figure>
        <figcaption>Size <span data-readout></span></figcaption>
        <div data-plot="bytes"></div>
      </figure>
      <figure>
        <figcaption>Duration <span data-readout></span></figcaption>
        <div data-plot="seconds"></div>
      </figure>
    </div>
  </section>`;
}
