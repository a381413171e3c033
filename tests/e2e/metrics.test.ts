/** /metrics of the daemon, as Prometheus, the dashboard, the alerts and the reader of docs/metrics.md find it. */
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { RunningCli } from '../support/cli.ts';
import { dashboardQueries, metricsIn } from '../support/dashboard.ts';
import { promtool } from '../support/promtool.ts';
import { waitFor } from '../support/wait-for.ts';
import { openSite, type Place, type Site } from './site.ts';
import { regionsSpec, slowSpec } from './specs.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const EVERY_SECOND = '* * * * * *';
const NEVER_SOON = '0 3 1 1 *';
/** In no output, wherever it stands. */
const CANARY = 'canary-3f9a';

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.stop());

async function scraped(place: Place): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${place.httpPort}/metrics`);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return answer.text();
}

/** The value of one series, as it is written; undefined: there is none. */
function valueOf(text: string, series: string): number | undefined {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

/** What is scraped as soon as a series has such a value. */
function once(place: Place, series: string, test: (value: number | undefined) => boolean): Promise<string> {
  return waitFor(series, async () => {
    const text = await scraped(place);
    return test(valueOf(text, series)) ? text : null;
  });
}

async function started(place: Place): Promise<RunningCli> {
  const daemon = place.start('daemon');
  await daemon.waitForLine(/daemon runs/);
  return daemon;
}

it('tells of runs, rows, retries, watermarks and parts, and forgets nothing that matters when it starts again', async () => {
  const place = await site.place();
  place.writeSpec('good', regionsSpec({ task_name: 'good', schedule: EVERY_SECOND }));
  const custom = 'SELECT (SELECT region_id FROM regions) AS too_many';
  const bad = { ...slowSpec(1), task_name: 'bad', query: { custom }, schedule: EVERY_SECOND };
  place.writeSpec('bad', bad);
  const dated = { name: 'employees', cdc: { hire_date: { mode: 'watermark', initial: '1990-01-01' } } };
  place.writeSpec('dated', regionsSpec({ task_name: 'dated', table: dated, schedule: EVERY_SECOND }));
  const numbered = { name: 'regions', cdc: { region_id: { mode: 'watermark', initial: 0 } } };
  place.writeSpec(
    'numbered',
    regionsSpec({ task_name: 'numbered', table: numbered, schedule: EVERY_SECOND }),
  );
  place.writeSpec('unusable', '{}');
  const began = Date.now() / 1000;
  const daemon = await started(place);

  await once(place, 'tidemark_consecutive_failures{task="bad"}', (value) => value! >= 2);
  await once(place, 'tidemark_runs_total{task="numbered",status="succeeded"}', (value) => value! >= 1);
  await once(
    place,
    'tidemark_watermark_lag_seconds{task="dated",table="employees"}',
    (value) => value !== undefined,
  );
  const text = await once(
    place,
    'tidemark_runs_total{task="good",status="succeeded"}',
    (value) => value! >= 2,
  );
  const value = (series: string): number | undefined => valueOf(text, series);

  expect(value('tidemark_rows_total{task="good"}')).toBe(
    4 * value('tidemark_runs_total{task="good",status="succeeded"}')!,
  );
  expect(value('tidemark_bytes_total{task="good"}')).toBeGreaterThan(0);
  expect(value('tidemark_run_duration_seconds_count{task="bad"}')).toBeGreaterThanOrEqual(2);
  expect(value('tidemark_runs_total{task="bad",status="succeeded"}')).toBe(0);
  expect(value('tidemark_rows_total{task="bad"}')).toBe(0);
  expect(value('tidemark_last_success_timestamp_seconds{task="good"}')).toBeGreaterThan(began - 1);
  expect(value('tidemark_last_success_timestamp_seconds{task="bad"}')).toBeUndefined();
  expect(value('tidemark_success_due_timestamp_seconds{task="bad"}')).toBeLessThanOrEqual(Date.now() / 1000);
  // Days, because nobody was hired of late; a number has no distance to the present.
  expect(value('tidemark_watermark_lag_seconds{task="dated",table="employees"}')).toBeGreaterThan(86_400);
  expect(text).not.toMatch(/watermark_lag_seconds\{task="numbered"/);
  expect(value('tidemark_s3_parts_total{sink="s3"}')).toBeGreaterThanOrEqual(2);
  expect(value('tidemark_s3_bytes_total{sink="s3"}')).toBeGreaterThanOrEqual(
    value('tidemark_bytes_total{task="good"}')!,
  );
  expect(value('tidemark_source_connections{source="mysql"}')).toBeGreaterThanOrEqual(0);
  expect(value('tidemark_tasks')).toBe(4);
  expect(value('tidemark_specs_unusable')).toBe(1);
  expect(value('tidemark_ready')).toBe(1);

  expect((await daemon.stop()).code).toBe(0);
  for (const name of ['bad', 'dated', 'numbered']) rmSync(place.path(`specs/${name}.json`));
  place.writeSpec('good', regionsSpec({ task_name: 'good', schedule: NEVER_SOON, catch_up: 'none' }));
  const restarted = await started(place);
  const after = await once(place, 'tidemark_tasks', (tasks) => tasks === 1);
  expect(valueOf(after, 'tidemark_runs_total{task="good",status="succeeded"}')).toBe(0);
  expect(valueOf(after, 'tidemark_last_success_timestamp_seconds{task="good"}')).toBeGreaterThanOrEqual(
    value('tidemark_last_success_timestamp_seconds{task="good"}')!,
  );
  expect(after).not.toMatch(/task="(bad|dated)"/);
  expect((await restarted.stop()).code).toBe(0);
});

it('counts an attempt that is tried again, and the connections that are open meanwhile', async () => {
  const place = await site.place({ source: { port: 1, password: CANARY } });
  const retries = { count: 1, first_delay: '0 seconds' };
  place.writeSpec('unreachable', regionsSpec({ task_name: 'unreachable', retries, schedule: EVERY_SECOND }));
  const daemon = await started(place);
  const text = await once(place, 'tidemark_retries_total{task="unreachable"}', (value) => value! >= 1);
  expect(valueOf(text, 'tidemark_source_connections{source="mysql"}')).toBe(0);
  expect(text).not.toContain(CANARY);
  expect((await daemon.stop()).code).toBe(0);

  const other = await site.place({ config: { max_concurrent_tasks: 1 } });
  other.writeSpec('slow', slowSpec(600, { schedule: EVERY_SECOND }));
  other.writeSpec('next', regionsSpec({ task_name: 'next', schedule: EVERY_SECOND }));
  const busy = await started(other);
  const series = 'tidemark_running{task="slow"}';
  await once(other, series, (value) => value === 1);
  await once(other, 'tidemark_queue_length', (value) => value === 1);
  const during = await once(other, 'tidemark_source_connections{source="mysql"}', (value) => value! >= 1);
  expect(valueOf(during, 'tidemark_max_concurrent_tasks')).toBe(1);
  // Its spec goes, its series stays until the run has ended: it is told to, twice.
  rmSync(other.path('specs/slow.json'));
  await once(other, 'tidemark_consecutive_failures{task="slow"}', (value) => value === undefined);
  expect(valueOf(await scraped(other), series)).toBe(1);
  busy.kill('SIGTERM');
  await busy.waitForLine(/daemon stops/);
  busy.kill('SIGTERM');
  expect((await busy.exit).code).toBe(0);
});

it('writes what promtool takes, and all that dashboard, alerts and documentation name', async () => {
  const place = await site.place();
  const table = { name: 'employees', cdc: { hire_date: { mode: 'watermark', initial: '1990-01-01' } } };
  place.writeSpec('dated', regionsSpec({ task_name: 'dated', table, schedule: EVERY_SECOND }));
  const daemon = await started(place);
  const lag = 'tidemark_watermark_lag_seconds{task="dated",table="employees"}';
  const text = await once(place, lag, (value) => value !== undefined);
  expect((await daemon.stop()).code).toBe(0);

  const { code, output } = promtool(['check', 'metrics'], text);
  expect(output).toBe('');
  expect(code).toBe(0);

  const series = new Set([...text.matchAll(/^([a-z]\w*)[{ ]/gm)].map((match) => match[1]!));
  const named = dashboardQueries().flatMap(({ expr }) => metricsIn(expr));
  const alerts = metricsIn(readFileSync(path.join(ROOT, 'deploy/alerts.yaml'), 'utf8'));
  expect(alerts.length).toBeGreaterThan(8);
  expect([...named, ...alerts].filter((name) => !series.has(name))).toEqual([]);

  // Of its own, every metric is on a dashboard: what nobody looks at need not be counted.
  const own = [...text.matchAll(/^# TYPE (tidemark_\w+) (\w+)$/gm)]
    .map(([, name = '', type = '']) => ({ name, type }))
    .filter(({ name }) => !/^tidemark_(process|nodejs)_/.test(name));
  const shown = new Set(named.map((name) => name.replace(/_(bucket|sum|count)$/, '')));
  expect(own.map(({ name }) => name).filter((name) => !shown.has(name))).toEqual([]);

  const page = readFileSync(path.join(ROOT, 'docs/metrics.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `(tidemark_\w+)`\s*\| (\w+)\s*\| ([^|]*?)\s*\|/gm)];
  const labelsOf = (name: string): string => {
    const found = new RegExp(`^${name}(?:_bucket)?\\{([^}]*)\\}`, 'm').exec(text)?.[1] ?? '';
    const labels = [...found.matchAll(/(\w+)="/g)].map((match) => match[1]!);
    return labels
      .map((label) => `\`${label}\``)
      .filter((label) => label !== '`le`')
      .join(', ');
  };
  expect(
    rows.map(([, name = '', type = '', labels = '']) => ({ name, type, labels })).toSorted(byName),
  ).toEqual(own.map(({ name, type }) => ({ name, type, labels: labelsOf(name) })).toSorted(byName));
});

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}
