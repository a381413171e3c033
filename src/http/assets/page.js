/**
 * Keeps a status page true while it is open: hears from the daemon what runs and what has changed, and fetches the page
 * again then. The page is whole without it.
 */

import { Idiomorph } from '/assets/idiomorph.js';

/** A run in progress, as `/api/live` tells it. @typedef {import('../live-run.ts').LiveRun} LiveRun */

const COUNTS = new Intl.NumberFormat('en');
/** Between two fetches of the page. */
const LEAST_MS = 1000;
/** The page is fetched no more often than this part of the time, however long that takes. */
const PATIENCE = 10;

const RETRY_MS = 30_000;
/** Parts of the page that are not taken from the server again. */
const OWN = new Set(['live', 'charts', 'filter']);

const live = document.getElementById('live');
const link = document.getElementById('link');
/** @type {HTMLInputElement | null} */
const search = document.querySelector('#filter input');

/** @param {number} ms */
function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @param {number} bytes */
function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes / 1000;
  let unit = 0;
  for (; value >= 999.95 && unit < units.length - 1; unit++) value /= 1000;
  return `${value.toFixed(value < 99.95 ? 1 : 0)} ${units[unit]}`;
}

/** @param {Date} instant */
function relative(instant) {
  const gap = instant.getTime() - Date.now();
  const seconds = Math.round(Math.abs(gap) / 1000);
  if (seconds < 1) return 'now';
  const [amount, unit] =
    seconds < 60
      ? [seconds, 's']
      : seconds < 3600
        ? [Math.round(seconds / 60), 'min']
        : seconds < 172_800
          ? [Math.round(seconds / 3600), 'h']
          : [Math.round(seconds / 86_400), 'days'];
  return gap > 0 ? `in ${amount} ${unit}` : `${amount} ${unit} ago`;
}

function tellTimes() {
  for (const time of document.querySelectorAll('time[data-relative]'))
    if (time instanceof HTMLTimeElement) time.textContent = relative(new Date(time.dateTime));
}

/** @param {LiveRun} run */
function figuresOf({ phase, rows, estimated_rows: estimate, bytes, started_at: started }) {
  const doing = phase === 'preparing' ? 'connecting and planning' : 'reading';
  const about =
    estimate === null
      ? ''
      : ` of about ${new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }).format(estimate)}`;
  const took = duration(Date.now() - Date.parse(started));
  return `${doing} · ${COUNTS.format(rows)} rows${about} · ${size(bytes)} · ${took}`;
}

/** @param {LiveRun} run */
function lineOf(run) {
  const line = document.createElement('div');
  line.className = 'live';
  line.dataset['live'] = run.task;
  const name = document.createElement('a');
  name.href = `/tasks/${encodeURIComponent(run.task)}`;
  name.textContent = run.task;
  const bar = document.createElement('progress');
  bar.setAttribute('aria-label', `progress of ${run.task}`);
  const figures = document.createElement('span');
  figures.className = 'figures';
  figures.dataset['figures'] = '';
  line.append(name, bar, figures);
  return line;
}

/** @param {readonly LiveRun[]} runs */
function showLive(runs) {
  if (live === null) return;
  const only = live.dataset['only'];
  const shown = only === undefined ? runs : runs.filter(({ task }) => task === only);
  const lines = new Map(
    [...live.querySelectorAll('[data-live]')].map((line) => [line.getAttribute('data-live') ?? '', line]),
  );
  for (const run of shown) {
    const line = lines.get(run.task) ?? lineOf(run);
    lines.delete(run.task);
    if (!line.isConnected) live.append(line);
    const figures = line.querySelector('[data-figures]');
    if (figures !== null) figures.textContent = figuresOf(run);
    const bar = line.querySelector('progress');
    if (bar !== null && run.phase === 'reading' && run.estimated_rows) {
      bar.max = Math.max(run.estimated_rows, run.rows);
      bar.value = run.rows;
    }
  }
  for (const line of lines.values()) line.remove();
  live.hidden = shown.length === 0;
}

/**
 * Puts the page as it is now in place of what is shown: only what differs is touched, so focus, selection and scroll
 * stay. The charts and the progress are the script's own.
 *
 * @param {Document} next
 */
function update(next) {
  const [main, fresh] = [document.getElementById('main'), next.getElementById('main')];
  if (main === null || fresh === null) return;
  document.title = next.title;
  next.getElementById('filter')?.removeAttribute('hidden');
  Idiomorph.morph(main, fresh, {
    callbacks: {
      beforeNodeMorphed: (old) => !(old instanceof Element && OWN.has(old.id)),
    },
  });
  // Who is signed in, and since when the daemon runs: both differ once it has been restarted.
  for (const around of ['.sign', 'footer']) {
    const [old, now] = [document.querySelector(around), next.querySelector(around)];
    if (old !== null && now !== null) Idiomorph.morph(old, now);
  }
  filter();
  tellTimes();
}

/** Shows the tasks whose name has what is looked for in it. */
function filter() {
  const wanted = search?.value.trim().toLowerCase() ?? '';
  for (const task of document.querySelectorAll('[data-name]'))
    if (task instanceof HTMLElement) task.hidden = !(task.dataset['name'] ?? '').includes(wanted);
}

let fetching = false;
let stale = false;
/** Whether something is being pressed, or has been sent: what is under the pointer stays where it is. */
let held = false;

/** @param {boolean} now */
function hold(now) {
  held = now;
  if (!held && stale) void refresh();
}

/** Fetches the page again; what changes meanwhile is fetched after a pause, longer where the page takes longer. */
async function refresh() {
  if (fetching) {
    stale = true;
    return;
  }
  fetching = true;
  stale = false;
  const began = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
    const text = await answer.text();
    if (held) stale = true;
    else if (answer.ok) update(new DOMParser().parseFromString(text, 'text/html'));
  } catch {
    // The daemon is gone: the event source says so, and hears when it is back.
  }
  const pause = Math.max(LEAST_MS, (performance.now() - began) * PATIENCE);
  setTimeout(() => {
    fetching = false;
    if (stale && !held) void refresh();
  }, pause);
}

function listen() {
  const events = new EventSource('/api/live');
  events.addEventListener('open', () => {
    if (link !== null) link.textContent = '';
  });
  events.addEventListener('error', () => {
    if (link !== null) link.textContent = 'The daemon does not answer; this page shows what was last known.';
    // Refused, not broken: the browser does not try again by itself.
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
  });
  events.addEventListener('live', (event) => showLive(JSON.parse(event.data)));
  // Also what has changed since the page was made, and while nobody listened.
  events.addEventListener('version', ({ data }) => {
    if (document.getElementById('main')?.dataset['version'] !== data) void refresh();
  });
  // A page that is kept for the back button holds no connection.
  addEventListener('pagehide', () => events.close(), { once: true });
}

addEventListener('pointerdown', () => hold(true));
// The click comes after that.
for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => setTimeout(hold, 0, false));
addEventListener('submit', () => {
  setTimeout(hold, 0, true);
  // Nothing has come of it.
  setTimeout(hold, RETRY_MS, false);
});
search?.addEventListener('input', filter);
document.getElementById('filter')?.removeAttribute('hidden');
setInterval(tellTimes, 10_000);
addEventListener('pageshow', (event) => {
  if (!event.persisted) return;
  held = false;
  listen();
  void refresh();
});
if (live !== null) listen();
if (document.getElementById('charts') !== null) void import('./chart.js');
