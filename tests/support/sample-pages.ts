/** A daemon with a week of work behind it, as the status pages see it: for pictures and for tests of how they look. */
import type { PastRun, RunPoint } from '../../src/domain/run.ts';
import { ERRORS, type ErrorCode } from '../../src/error-codes.ts';
import type { LiveRun } from '../../src/http/live-run.ts';
import type { Instance, PageSource, TaskSummary } from '../../src/http/page/model.ts';

const DAY = 86_400_000;

export function samplePages(now: Date): { readonly pages: PageSource; readonly live: readonly LiveRun[] } {
  const iso = (before: number): string => new Date(now.getTime() - before).toISOString();
  const instance: Instance = {
    host: 'etl-1',
    version: '1.0.0',
    started_at: iso(6 * DAY),
    page_version: '1-0',
    not_ready: null,
    mails: true,
  };

  /** The same on every machine: a wave with a weekly ebb. */
  const point = (task: string, index: number, count: number, rows: number, failed: boolean): RunPoint => {
    const back = count - index;
    const factor = 1 + 0.25 * Math.sin(index / 2) + (index % 7 === 0 ? -0.45 : 0) + index / 90;
    return {
      run_id: `${iso(back * DAY)
        .slice(0, 19)
        .replaceAll(/\D/g, '')}-${task.length.toString(16).padStart(2, '0')}c4f1a9`,
      kind: 'scheduled',
      status: failed ? 'failed' : 'succeeded',
      started_at: iso(back * DAY - 3_600_000),
      duration_ms: failed ? 900 : Math.round(rows * factor * 0.03 + 2500),
      rows: failed ? 0 : Math.round(rows * factor),
      bytes: failed ? 0 : Math.round(rows * factor * 96),
      error_code: failed ? 'COLUMN_UNKNOWN' : null,
    };
  };

  const past = (
    task: string,
    { run_id, status, started_at, duration_ms, rows, bytes, error_code }: RunPoint,
    message = '',
  ): PastRun => ({
    run_id,
    task,
    kind: 'scheduled',
    status,
    scheduled_for: started_at,
    started_at,
    finished_at: new Date(Date.parse(started_at) + duration_ms!).toISOString(),
    duration_ms,
    attempts: 1,
    rows,
    bytes,
    files: status === 'failed' ? 0 : Math.ceil(bytes / 256e6),
    manifest: status === 'failed' ? null : `warehouse/${task}/_manifest_${run_id.slice(0, 14)}.json`,
    windows: [],
    warnings: [],
    error:
      error_code === null
        ? null
        : {
            code: error_code,
            message,
            hint: ERRORS[error_code].hint,
            retryable: ERRORS[error_code].retryable,
          },
  });

  interface Sample {
    readonly task: string;
    readonly schedule: string | null;
    readonly rows: number;
    readonly owner: string;
    readonly nextMs?: number;
    readonly behind?: number;
    readonly running?: boolean;
    readonly paused?: boolean;
    readonly failed?: { readonly runs: number; readonly code: ErrorCode; readonly message: string };
  }
  const samples: readonly Sample[] = [
    {
      task: 'customers',
      schedule: '30 2 * * *',
      rows: 182_000,
      owner: 'Ida Berg <ida@example.com>',
      nextMs: 5.5 * 3_600_000,
    },
    {
      task: 'inventory',
      schedule: '0 */6 * * *',
      rows: 61_000,
      owner: 'Ida Berg <ida@example.com>',
      nextMs: 2.6 * 3_600_000,
    },
    {
      task: 'orders',
      schedule: '*/15 * * * *',
      rows: 940_000,
      owner: 'Noor Haddad <noor@example.com>',
      nextMs: 700_000,
      behind: 840,
      running: true,
    },
    {
      task: 'payments',
      schedule: '0 3 * * *',
      rows: 240_000,
      owner: 'Noor Haddad <noor@example.com>',
      nextMs: 6 * 3_600_000,
      behind: 97_200,
      failed: {
        runs: 2,
        code: 'COLUMN_UNKNOWN',
        message: 'Table payments has no column settled_on (did you mean settled_at?).',
      },
    },
    {
      task: 'sessions',
      schedule: '5 * * * *',
      rows: 1_730_000,
      owner: 'Li Wei <li@example.com>',
      nextMs: 1_900_000,
      behind: 3900,
    },
    { task: 'year_end', schedule: null, rows: 12_000, owner: 'Ida Berg <ida@example.com>' },
    {
      task: 'suppliers',
      schedule: '0 4 * * mon',
      rows: 4200,
      owner: 'Li Wei <li@example.com>',
      nextMs: 3 * DAY,
      paused: true,
    },
  ];

  const pointsOf = ({ task, rows, failed }: Sample, count: number): RunPoint[] =>
    Array.from({ length: count }, (_, index) =>
      point(task, index, count, rows, index >= count - (failed?.runs ?? 0)),
    );

  const summaries = samples.map((sample): TaskSummary => {
    const recent = pointsOf(sample, 20);
    const last = past(sample.task, recent.at(-1)!, sample.failed?.message);
    return {
      view: {
        task: sample.task,
        file: `specs/${sample.task}.json`,
        schedule: sample.schedule,
        timezone: 'Europe/Berlin',
        next_fire: sample.nextMs === undefined || sample.paused === true ? null : iso(-sample.nextMs),
        running: sample.running === true,
        waiting: false,
        paused: sample.paused === true ? { since: iso(2 * DAY), actor: 'Li Wei@127.0.0.1' } : null,
        last_run: last,
        invalid_edit: null,
        stale_since: null,
      },
      owner: sample.owner,
      route: 'shop → warehouse',
      failing: sample.failed === undefined ? null : { since: iso(DAY + 3_600_000), runs: sample.failed.runs },
      watermarks:
        sample.behind === undefined
          ? []
          : [
              {
                table: sample.task,
                column: 'updated_at',
                value: iso(sample.behind * 1000),
                behind_seconds: sample.behind,
              },
            ],
      recent,
    };
  });

  const live: LiveRun[] = [
    {
      task: 'orders',
      run_id: '20260401030000-0c4f1a90',
      kind: 'scheduled',
      scheduled_for: iso(21_000),
      started_at: iso(21_000),
      phase: 'reading',
      rows: 412_876,
      bytes: 39_636_096,
      files: 1,
      estimated_rows: 940_000,
    },
  ];

  const pages: PageSource = {
    instance: () => instance,
    overview: () => ({ instance, tasks: summaries, unusable: [], live }),
    task(name) {
      const sample = samples.find(({ task }) => task === name);
      if (sample === undefined) return null;
      const points = pointsOf(sample, 60);
      return {
        instance,
        task: summaries.find(({ view }) => view.task === name)!,
        live: live.find(({ task }) => task === name) ?? null,
        runs: points
          .map((one) => past(name, one, sample.failed?.message))
          .toReversed()
          .slice(0, 12),
        events: [{ at: iso(3.2 * DAY), actor: 'Noor Haddad@127.0.0.1', detail: 'run asked for' }],
        points,
      };
    },
    run(id) {
      const sample = samples.find(({ failed }) => failed !== undefined)!;
      const run = past(sample.task, { ...pointsOf(sample, 20).at(-1)!, run_id: id }, sample.failed!.message);
      const { files: _files, ...kept } = run;
      const sql = 'SELECT `payment_id`, `settled_on`, `amount` FROM `payments` ORDER BY `payment_id`';
      const time = run.started_at;
      return {
        instance,
        run,
        report: {
          ...kept,
          finished_at: time,
          status: 'failed',
          duration_ms: 900,
          attempts: 1,
          tables: [{ name: 'payments', rows: 0, bytes: 0, files: 0, sql: [sql] }],
          files: [],
          schema_changes: [],
          unexpected_sizes: [],
        },
        live: null,
        log: {
          text: `${time} INFO  payments run begins run_id=${id} kind=scheduled spec=specs/payments.json\n${time} INFO  payments snapshot opened server=db-7:3306 version=8.0.36 consistency=snapshot\n${time} ERROR payments run failed; nothing was published code=COLUMN_UNKNOWN error="${run.error!.message}"\n`,
          bytes: 312,
          cut: false,
        },
      };
    },
    log: () => null,
    manifest: () => Promise.resolve(null),
  };
  return { pages, live };
}
