/** Draws the charts of a task's page from the data that stand in the page. */
import uPlot from '/assets/uPlot.js';

/** @typedef {{ times: number[], rows: number[], bytes: number[], seconds: number[] }} Points */

const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const HEIGHT = 170;

/** @param {number} seconds */
function duration(seconds) {
  if (seconds === 0) return '0';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 120) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 7200) return `${Number((seconds / 60).toFixed(1))} min`;
  return `${Number((seconds / 3600).toFixed(1))} h`;
}

/** @param {number} bytes */
function size(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return bytes === 0 ? '0' : `${Number(value.toPrecision(3))} ${units[unit]}`;
}

const WHEN = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** @type {Record<'rows' | 'bytes' | 'seconds', (value: number) => string>} */
const WORDS = {
  rows: (value) => COMPACT.format(value),
  bytes: size,
  seconds: duration,
};

/** @param {string} name of a colour of the style sheet */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * @param {HTMLElement} place
 * @param {Points} points
 * @returns {uPlot}
 */
function draw(place, points) {
  const what = /** @type {keyof typeof WORDS} */ (place.dataset['plot']);
  const words = WORDS[what];
  /** @type {uPlot.Axis} */
  const axis = {
    stroke: colour('--dim'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
  };
  const readout = place.parentElement?.querySelector('[data-readout]');
  /** Says the value under the pointer, or else the last one. @param {uPlot} plot */
  const tell = (plot) => {
    const pointed = plot.cursor.idx ?? null;
    const at = pointed ?? points.times.length - 1;
    const when = pointed === null ? 'last' : WHEN.format(new Date((points.times[at] ?? 0) * 1000));
    if (readout) readout.textContent = `${words(points[what][at] ?? 0)} · ${when}`;
  };
  return new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      padding: [10, 12, 0, 0],
      cursor: { y: false, drag: { x: false, y: false } },
      legend: { show: false },
      hooks: { ready: [tell], setCursor: [tell] },
      scales: { x: { time: true }, y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.1 : 1] } },
      series: [
        {},
        {
          stroke: colour('--accent'),
          fill: `color-mix(in srgb, ${colour('--accent')} 16%, transparent)`,
          width: 2,
          points: { show: points.times.length < 40, size: 6 },
        },
      ],
      axes: [
        { ...axis, space: 70, size: 44 },
        { ...axis, size: 62, space: 26, values: (_plot, values) => values.map((value) => words(value)) },
      ],
    },
    [points.times, points[what]],
    place,
  );
}

const section = document.getElementById('charts');
if (section !== null) {
  /** @type {Points} */
  const points = JSON.parse(section.dataset['points'] ?? '');
  const sheet = document.createElement('link');
  sheet.rel = 'stylesheet';
  sheet.href = '/assets/uPlot.css';
  sheet.addEventListener('load', () => {
    section.hidden = false;
    const places = [...section.querySelectorAll('[data-plot]')].filter(
      (place) => place instanceof HTMLElement,
    );
    let plots = places.map((place) => draw(place, points));
    const again = () => {
      for (const plot of plots) plot.destroy();
      plots = places.map((place) => draw(place, points));
    };
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
    let width = section.clientWidth;
    new ResizeObserver(() => {
      if (section.clientWidth === width) return;
      width = section.clientWidth;
      again();
    }).observe(section);
  });
  document.head.append(sheet);
}
