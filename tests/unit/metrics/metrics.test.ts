import { createMetrics, type Metrics } from '../../../src/metrics/metrics.ts';
import type { Reading, TaskReading } from '../../../src/metrics/reading.ts';

const metrics = (): Metrics => createMetrics({ version: '1.2.3' });

const task = (name: string, more: Partial<TaskReading> = {}): TaskReading => ({
  task: name,
  lastSuccess: null,
  paused: false,
  stale: false,
  due: null,
  nextFire: null,
  failures: 0,
  lags: [],
  ...more,
});

const reading = (more: Partial<Reading> = {}): Reading => ({
  ready: true,
  unusable: 0,
  waiting: 0,
  maxConcurrentTasks: 2,
  mailsWaiting: 0,
  sources: ['mysql'],
  sinks: ['s3'],
  running: new Set(),
  tasks: [],
  ...more,
});

const ended = (name: string, status: 'succeeded' | 'failed' | 'skipped', duration_ms = 2000) => ({
  task: name,
  status,
  duration_ms,
  tables: [
    { name: 'a', rows: 3, bytes: 40, files: 1, sql: [] },
    { name: 'b', rows: 4, bytes: 2, files: 1, sql: [] },
  ],
});

/** Lines of the metrics that begin so, without those of explanation. */
function lines(text: string, prefix: string): string[] {
  return text.split('\n').filter((line) => line.startsWith(prefix));
}

it('counts runs by task and status, and the rows and bytes of those that succeeded', async () => {
  const all = metrics();
  all.runEnded(ended('orders', 'succeeded'));
  all.runEnded(ended('orders', 'succeeded', 20_000));
  all.runEnded(ended('orders', 'failed'));
  all.runEnded(ended('orders', 'skipped'));
  all.retried('orders');
  const text = await all.text(reading({ tasks: [task('orders')] }));
  expect(lines(text, 'tidemark_runs_total')).toEqual([
    'tidemark_runs_total{task="orders",status="succeeded"} 2',
    'tidemark_runs_total{task="orders",status="failed"} 1',
    'tidemark_runs_total{task="orders",status="skipped"} 1',
  ]);
  expect(lines(text, 'tidemark_rows_total')).toEqual(['tidemark_rows_total{task="orders"} 14']);
  expect(lines(text, 'tidemark_bytes_total')).toEqual(['tidemark_bytes_total{task="orders"} 84']);
  expect(lines(text, 'tidemark_retries_total')).toEqual(['tidemark_retries_total{task="orders"} 1']);
  // A run that was skipped took no time that means anything.
  expect(text).toContain('tidemark_run_duration_seconds_count{task="orders"} 3');
  expect(text).toContain('tidemark_run_duration_seconds_sum{task="orders"} 24');
  expect(text).toContain('tidemark_run_duration_seconds_bucket{le="5",task="orders"} 2');
});

it('has the counters of a task before it has run, so that its first run is seen as an increase', async () => {
  const all = metrics();
  const text = await all.text(reading({ tasks: [task('new')] }));
  for (const line of [
    'tidemark_runs_total{task="new",status="failed"} 0',
    'tidemark_rows_total{task="new"} 0',
    'tidemark_retries_total{task="new"} 0',
    'tidemark_run_duration_seconds_count{task="new"} 0',
    'tidemark_running{task="new"} 0',
    'tidemark_source_connections{source="mysql"} 0',
    'tidemark_s3_parts_total{sink="s3"} 0',
    'tidemark_s3_bytes_total{sink="s3"} 0',
  ])
    expect(text.split('\n')).toContain(line);
});

it('forgets a task that is gone, and begins anew with one that comes back', async () => {
  const all = metrics();
  const at = new Date('2026-03-01T03:00:00Z');
  const whole = task('gone', {
    lastSuccess: at,
    due: at,
    nextFire: at,
    failures: 2,
    lags: [{ table: 't', seconds: 9 }],
  });
  await all.text(reading({ tasks: [whole] }));
  all.runEnded(ended('gone', 'succeeded'));
  all.retried('gone');
  expect(await all.text(reading({ tasks: [whole] }))).toContain('task="gone"');
  // Its last run ends after its spec is gone.
  const running = await all.text(reading({ tasks: [task('other')], running: new Set(['gone']) }));
  expect(running.match(/.*task="gone".*/g)).toEqual(['tidemark_running{task="gone"} 1']);
  all.runEnded(ended('gone', 'succeeded'));
  expect(await all.text(reading({ tasks: [task('other')] }))).not.toContain('gone');
  const back = await all.text(reading({ tasks: [task('gone')] }));
  expect(lines(back, 'tidemark_rows_total')).toEqual(['tidemark_rows_total{task="gone"} 0']);
});

it('keeps what was counted while the specs folder is being read', async () => {
  const all = metrics();
  all.runEnded(ended('orders', 'succeeded'));
  const text = await all.text(reading({ tasks: null, ready: false }));
  expect(text).toContain('tidemark_rows_total{task="orders"} 7');
  expect(lines(text, 'tidemark_ready')).toEqual(['tidemark_ready 0']);
});

it('shows times in seconds since 1970, and leaves out what is not known', async () => {
  const all = metrics();
  const at = (iso: string): Date => new Date(iso);
  const text = await all.text(
    reading({
      waiting: 3,
      mailsWaiting: 4,
      unusable: 1,
      maxConcurrentTasks: 5,
      running: new Set(['orders']),
      tasks: [
        task('orders', {
          lastSuccess: at('2026-03-01T03:00:01.500Z'),
          due: at('2026-03-02T03:00:00Z'),
          nextFire: at('2026-03-03T03:00:00Z'),
          failures: 2,
          lags: [
            { table: 'orders', seconds: 61 },
            { table: 'lines', seconds: 0 },
          ],
        }),
        task('by-hand', { paused: true, stale: true }),
      ],
    }),
  );
  for (const [name, ...expected] of [
    ['tidemark_last_success_timestamp_seconds', '{task="orders"} 1772334001.5'],
    ['tidemark_success_due_timestamp_seconds', '{task="orders"} 1772420400'],
    ['tidemark_next_fire_timestamp_seconds', '{task="orders"} 1772506800'],
    ['tidemark_consecutive_failures', '{task="orders"} 2', '{task="by-hand"} 0'],
    [
      'tidemark_watermark_lag_seconds',
      '{task="orders",table="orders"} 61',
      '{task="orders",table="lines"} 0',
    ],
    ['tidemark_paused', '{task="orders"} 0', '{task="by-hand"} 1'],
    ['tidemark_stale', '{task="orders"} 0', '{task="by-hand"} 1'],
    ['tidemark_running', '{task="orders"} 1', '{task="by-hand"} 0'],
    ['tidemark_queue_length', ' 3'],
    ['tidemark_mails_waiting', ' 4'],
    ['tidemark_specs_unusable', ' 1'],
    ['tidemark_max_concurrent_tasks', ' 5'],
    ['tidemark_tasks', ' 2'],
    ['tidemark_ready', ' 1'],
    ['tidemark_build_info', '{version="1.2.3"} 1'],
  ] as const)
    expect(lines(text, name)).toEqual(expected.map((rest) => name + rest));
});

it('follows open connections up and down', async () => {
  const all = metrics();
  for (const change of [1, 1, -1] as const) all.connections('mysql', change);
  expect(await all.text(reading())).toContain('tidemark_source_connections{source="mysql"} 1');
});

it('shows the sources and sinks of the config in force, and of another what is still open', async () => {
  const all = metrics();
  all.connections('mysql', 1);
  all.partSent('s3', 10);
  const seriesOf = async (sources: string[], sinks: string[]): Promise<string[]> => {
    const text = await all.text(reading({ sources, sinks }));
    return [...lines(text, 'tidemark_source_connections'), ...lines(text, 'tidemark_s3_')];
  };
  const other = ['tidemark_s3_parts_total{sink="other"} 0', 'tidemark_s3_bytes_total{sink="other"} 0'];
  expect(await seriesOf(['replica'], ['other'])).toEqual([
    'tidemark_source_connections{source="mysql"} 1',
    'tidemark_source_connections{source="replica"} 0',
    ...other,
  ]);
  all.connections('mysql', -1);
  all.partSent('s3', 10); // of a run that began with the old config
  expect(await seriesOf(['replica'], ['other'])).toEqual([
    'tidemark_source_connections{source="replica"} 0',
    ...other,
  ]);
  expect(await seriesOf(['mysql'], ['s3'])).toEqual([
    'tidemark_source_connections{source="mysql"} 0',
    'tidemark_s3_parts_total{sink="s3"} 0',
    'tidemark_s3_bytes_total{sink="s3"} 0',
  ]);
});

it('watches the event loop', async () => {
  expect(await metrics().text(reading())).toMatch(/^tidemark_nodejs_eventloop_lag_p99_seconds \S+$/m);
});

it('escapes what a table may be called', async () => {
  const lags = [{ table: 'a"b\\c\nd', seconds: 1 }];
  const text = await metrics().text(reading({ tasks: [task('orders', { lags })] }));
  expect(lines(text, 'tidemark_watermark_lag_seconds')).toEqual([
    'tidemark_watermark_lag_seconds{task="orders",table="a\\"b\\\\c\\nd"} 1',
  ]);
});
