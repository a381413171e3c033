/** A run in progress: how far it is. The script of the pages moves it on. */
import { html } from 'hono/html';
import type { LiveRun } from '../live-run.ts';
import type { Html } from './layout.ts';
import { counted, duration, shortCount, size } from './words.ts';

export function liveRun(run: LiveRun, now: Date): Html {
  const { task, phase, rows, bytes, started_at, estimated_rows } = run;
  const bar =
    phase === 'preparing' || estimated_rows === null || estimated_rows === 0
      ? html`<progress aria-label="progress of ${task}"></progress>`
      : html`<progress
          aria-label="progress of ${task}"
          max="${Math.max(estimated_rows, rows)}"
          value="${rows}"
        ></progress>`;
  const took = duration(now.getTime() - Date.parse(started_at));
  return html`<div class="live" data-live="${task}" data-started="${started_at}">
    <a href="/tasks/${task}">${task}</a>
    ${bar}
    <span class="figures" data-figures
      >${phaseWords(run)} · ${counted(rows)}
      rows${estimated_rows === null ? '' : ` of about ${shortCount(estimated_rows)}`} · ${size(bytes)} ·
      ${took}</span
    >
  </div>`;
}

/** The script of the pages says the same. */
function phaseWords({ phase }: LiveRun): string {
  return phase === 'preparing' ? 'connecting and planning' : 'reading';
}

/** Empty where nothing runs, and there all the same: the script fills it. @param only of one task; null: of all. */
export function liveList(runs: readonly LiveRun[], now: Date, only: string | null = null): Html {
  return html`<section
    id="live"
    aria-label="Running now"
    ${only === null ? '' : html`data-only="${only}"`}
    ${runs.length === 0 ? html`hidden` : ''}
  >
    <h2>Running now</h2>
    ${runs.map((run) => liveRun(run, now))}
  </section>`;
}
