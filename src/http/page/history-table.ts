/** Past runs and what people did, as a table, the newest first. */
import { html } from 'hono/html';
import type { PastRun } from '../../domain/run.ts';
import type { Html } from './layout.ts';
import type { EventView } from './model.ts';
import { badge, stateOfRun } from './state.ts';
import { clock, counted, duration, size } from './words.ts';

const KINDS: Readonly<Record<PastRun['kind'], string>> = {
  scheduled: 'scheduled',
  catch_up: 'made up for a slot',
  manual: 'by hand',
  backfill: 'backfill',
};

/** Runs that it shows. */
export const HISTORY_RUNS = 50;

/** @param zone in which times are shown. */
export function historyTable(runs: readonly PastRun[], events: readonly EventView[], zone: string): Html {
  const oldest = runs.length < HISTORY_RUNS ? '' : runs.at(-1)!.started_at;
  const entries = [
    ...runs.map((run) => ({ at: run.started_at, row: runRow(run, zone) })),
    // Events of before the runs that are shown would stand alone.
    ...events.filter(({ at }) => at >= oldest).map((event) => ({ at: event.at, row: eventRow(event, zone) })),
  ].toSorted((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0));
  if (entries.length === 0) return html`<p class="dim">Nothing yet.</p>`;
  return html`<div class="scroll" role="region" aria-label="History" tabindex="0">
    <table class="history">
      <thead>
        <tr>
          <th scope="col">Began (${zone})</th>
          <th scope="col">Result</th>
          <th scope="col">Kind</th>
          <th scope="col" class="number">Took</th>
          <th scope="col" class="number">Rows</th>
          <th scope="col" class="number">Size</th>
        </tr>
      </thead>
      <tbody>
        ${entries.map(({ row }) => row)}
      </tbody>
    </table>
  </div>`;
}

function runRow(run: PastRun, zone: string): Html {
  const { run_id, started_at, kind, duration_ms, rows, bytes, error, warnings, attempts } = run;
  const more = [
    ...(error === null ? [] : [error.code]),
    ...(warnings.length > 0 ? ['warnings'] : []),
    ...(attempts !== null && attempts > 1 ? [`${attempts} attempts`] : []),
  ];
  return html`<tr>
    <td><a href="/runs/${run_id}">${clock(new Date(started_at), zone)}</a></td>
    <td>
      ${badge(stateOfRun(run))} ${more.length === 0 ? '' : html`<span class="dim">${more.join(', ')}</span>`}
    </td>
    <td>${KINDS[kind]}</td>
    <td class="number">${duration_ms === null ? '–' : duration(duration_ms)}</td>
    <td class="number">${counted(rows)}</td>
    <td class="number">${size(bytes)}</td>
  </tr>`;
}

function eventRow({ at, actor, detail }: EventView, zone: string): Html {
  return html`<tr class="event">
    <td>${clock(new Date(at), zone)}</td>
    <td colspan="5">${detail}, by ${actor}</td>
  </tr>`;
}
