/** A task on the overview: how it stands, when it runs, what its last runs were like. */
import { html } from 'hono/html';
import { taskActions } from './actions.ts';
import type { Html, Visitor } from './layout.ts';
import type { TaskSummary, WatermarkView } from './model.ts';
import { spark } from './spark.ts';
import { badge, stateOf } from './state.ts';
import { ago } from './time.ts';
import { about, counted, duration, relative, scheduleWords, shortClock } from './words.ts';

/** Runs that a small chart shows. */
export const SPARK_RUNS = 20;

export function taskRow(task: TaskSummary, visitor: Visitor): Html {
  const { now } = visitor;
  const { view, owner, route, watermarks, recent } = task;
  const state = stateOf(task);
  return html`<li class="task ${state}" id="t:${view.task}" data-name="${view.task.toLowerCase()}">
    <div class="what">
      ${badge(state)}
      <h3><a href="/tasks/${view.task}">${view.task}</a></h3>
      <p class="dim" title="${owner}">${route} · ${owner.replace(/ <.*>$/, '')}</p>
    </div>
    <div class="when">${scheduleOf(task, now)}</div>
    <div class="last">${lastRun(task, now)}${watermarks.map(lag)}</div>
    <div class="charts">
      <figure>
        ${spark(recent, 'duration', SPARK_RUNS)}
        <figcaption>duration</figcaption>
      </figure>
      <figure>
        ${spark(recent, 'rows', SPARK_RUNS)}
        <figcaption>rows</figcaption>
      </figure>
    </div>
    ${taskActions(task, visitor)}
  </li>`;
}

/** When a task runs, in words, and how long it is until then. */
export function scheduleOf({ view }: TaskSummary, now: Date): Html {
  const { schedule, timezone, next_fire, paused } = view;
  if (schedule === null) return html`<p>runs by hand only</p>`;
  const words = html`<p>
    <span title="${schedule}">${scheduleWords(schedule)}</span> <span class="dim">${timezone}</span>
  </p>`;
  if (paused !== null)
    return html`${words}
      <p class="dim">paused since ${ago(paused.since, now, timezone)} by ${paused.actor}</p>`;
  if (next_fire === null) return words;
  const at = new Date(next_fire);
  return html`${words}
    <p class="dim">
      next <time datetime="${next_fire}" data-relative>${relative(at, now)}</time>,
      ${shortClock(at, timezone)}
    </p>`;
}

function lastRun({ view }: TaskSummary, now: Date): Html {
  const run = view.last_run;
  if (run === null) return html`<p class="dim">no run yet</p>`;
  const took = run.duration_ms === null ? '' : html` in ${duration(run.duration_ms)}`;
  const ended = run.finished_at ?? run.started_at;
  const result =
    run.error === null
      ? html`${counted(run.rows)} rows${took}`
      : html`<code>${run.error.code}</code> after ${duration(run.duration_ms ?? 0)}`;
  return html`<p><a href="/runs/${run.run_id}">${result}</a></p>
    <p class="dim">
      ${ago(ended, now, view.timezone)}${run.warnings.length === 0 ? '' : ', with warnings'}
    </p>`;
}

/** How far a watermark is behind. */
export function lag({ table, column, value, behind_seconds }: WatermarkView): Html {
  const name = `${table}.${column}`;
  if (value === null) return html`<p class="dim">${column}: nothing read yet</p>`;
  const far = behind_seconds === null ? value : `${about(behind_seconds)} behind`;
  return html`<p class="dim" title="${name} = ${value}">${column}: ${far}</p>`;
}
