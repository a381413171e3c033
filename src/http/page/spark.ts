/** The last runs of a task as a small chart: a bar for each, as high as it took long or as it read rows. Inline SVG. */
import { html, raw } from 'hono/html';
import type { RunPoint } from '../../domain/run.ts';
import { counted, duration } from './words.ts';

const HEIGHT = 26;
/** From one bar to the next; the style sheet says how broad a bar is. */
const STEP = 7;
/** So high is the bar of a run of nothing: it was there. */
const LEAST = 2;

/**
 * One path for each way to end, however many bars: a thousand tasks are one page.
 *
 * @param what the bars measure.
 * @param slots how many runs there is room for.
 */
export function spark(points: readonly RunPoint[], what: 'duration' | 'rows', slots: number) {
  const shown = points.slice(-slots);
  const valueOf = (point: RunPoint): number => (what === 'rows' ? point.rows : (point.duration_ms ?? 0));
  const largest = Math.max(1, ...shown.map(valueOf));
  const paths = new Map<string, string>();
  for (const [at, point] of shown.entries()) {
    // What a failed run has read says nothing: it stands out by its colour, in full height.
    const part = point.status === 'failed' ? 1 : valueOf(point) / largest;
    const height = Math.max(LEAST, Math.round(HEIGHT * part));
    const x = (slots - shown.length + at) * STEP + STEP / 2;
    paths.set(point.status, `${paths.get(point.status) ?? ''}M${x} ${HEIGHT}v-${height}`);
  }
  const bars = [...paths].map(([status, path]) => raw(`<path class="bar ${status}" d="${path}"/>`));
  const width = slots * STEP;
  return html`<svg
    class="spark"
    viewBox="0 0 ${width} ${HEIGHT}"
    role="img"
    aria-label="${labelOf(shown, what)}"
  >
    ${bars}
  </svg>`;
}

function labelOf(points: readonly RunPoint[], what: 'duration' | 'rows'): string {
  const last = points.at(-1);
  if (last === undefined) return 'no runs yet';
  const failed = points.filter(({ status }) => status === 'failed').length;
  const value = what === 'rows' ? `${counted(last.rows)} rows` : duration(last.duration_ms ?? 0);
  return `${what} of the last ${points.length} runs, ${failed} failed; the last: ${value}`;
}
