/** One mail of every kind, with values as they come up in real life: to be looked at, and to be held against each other. */
import type { RunReport } from '../../src/domain/run.ts';
import { ERRORS } from '../../src/error-codes.ts';
import { TidemarkError } from '../../src/errors.ts';
import { invalidSpecMessage, logsUnwritableMessage } from '../../src/notify/admin-message.ts';
import type { MailMessage } from '../../src/notify/letter.ts';
import { digestMessage, type DigestEntry } from '../../src/notify/digest-message.ts';
import { type FailureDetails, failureMessage } from '../../src/notify/message.ts';
import { recoveryMessage } from '../../src/notify/recovery-message.ts';
import { schemaChangeMessage } from '../../src/notify/schema-change-message.ts';
import { sizeMessage } from '../../src/notify/size-message.ts';
import { freshMessage, staleMessage } from '../../src/notify/stale-message.ts';
import { parseSpec } from '../../src/spec/parse.ts';

const instance = { host: 'etl-1.example.com', timezone: 'UTC' };
const ZONE = 'Europe/Berlin';

const spec = parseSpec(
  JSON.stringify({
    task_name: 'orders',
    schedule: '*/15 * * * *',
    timezone: ZONE,
    table: {
      name: 'orders',
      columns: ['order_id', 'customer_id', 'status', 'total', 'updated_at'],
      cdc: { updated_at: { mode: 'watermark', lag: '1 minute' } },
    },
    owner: { name: 'Mia Keller', email: 'mia.keller@example.com' },
    source: 'mysql',
    sink: 's3',
  }),
  'specs/orders.json',
);
const promise = {
  task: 'orders',
  file: spec.file,
  freshnessMs: 26 * 3_600_000,
  timezone: spec.timezone,
  owner: spec.owner,
  firstSeen: new Date('2026-01-01T00:00:00Z'),
};
const window = {
  table: 'orders',
  column: 'updated_at',
  mode: 'watermark',
  from: '2026-06-30 23:44:00.000000',
  to: '2026-06-30 23:59:00.000000',
  nulls: false,
} as const;
const SQL =
  "SELECT `order_id`, `customer_id`, `status`, `total`, `updated_at` FROM `orders` WHERE (`updated_at` > '2026-06-30 23:44:00.000000' AND `updated_at` <= '2026-06-30 23:59:00.000000') ORDER BY `order_id`";

const failedRun: RunReport = {
  task: 'orders',
  run_id: '20260701000000-5f0c77d1',
  kind: 'scheduled',
  status: 'failed',
  scheduled_for: '2026-07-01T00:00:00.000Z',
  started_at: '2026-07-01T00:00:00.120Z',
  finished_at: '2026-07-01T00:00:02.370Z',
  duration_ms: 2_250,
  attempts: 1,
  tables: [{ name: 'orders', rows: 0, bytes: 0, files: 0, sql: [SQL] }],
  files: [],
  manifest: null,
  windows: [window],
  schema_changes: [],
  unexpected_sizes: [],
  warnings: [],
  error: {
    code: 'PRIVILEGE_MISSING',
    message: "'tidemark'@'10.0.3.17' may not read `shop`.`orders`",
    hint: "Run: GRANT SELECT ON `shop`.`orders` TO 'tidemark'@'10.0.3.17';",
    retryable: false,
  },
};
const goodRun: RunReport = {
  ...failedRun,
  run_id: '20260701021500-90be4a12',
  status: 'succeeded',
  scheduled_for: '2026-07-01T02:15:00.000Z',
  started_at: '2026-07-01T02:15:00.090Z',
  finished_at: '2026-07-01T02:15:09.660Z',
  duration_ms: 9_570,
  tables: [{ name: 'orders', rows: 48_211, bytes: 6_120_334, files: 1, sql: [SQL] }],
  manifest: 'orders/_manifest_20260701021500.json',
  windows: [{ ...window, to: '2026-07-01 02:14:00.000000' }],
  error: null,
};
const failure: FailureDetails = {
  spec,
  report: failedRun,
  nextFire: new Date('2026-07-01T00:15:00Z'),
  logTail: [
    '2026-07-01T00:00:00.121Z INFO  orders run begins run_id=20260701000000-5f0c77d1 attempt=1',
    '2026-07-01T00:00:00.402Z INFO  orders window table=orders column=updated_at from="2026-06-30 23:44:00.000000" to="2026-06-30 23:59:00.000000"',
    `2026-07-01T00:00:00.431Z INFO  orders reading sql="${SQL}"`,
    `2026-07-01T00:00:02.369Z ERROR orders run failed code=PRIVILEGE_MISSING error="'tidemark'@'10.0.3.17' may not read \`shop\`.\`orders\`"`,
  ],
  instance,
  repeat: null,
};
const since = new Date('2026-07-01T00:00:02.370Z');
const died = ERRORS.PROCESS_DIED;
const good = { owner: spec.owner, zone: ZONE, report: goodRun, instance };
const faults = [
  { line: 7, column: 16, path: 'table.colums', message: 'is not known. Did you mean "columns"?' },
  {
    line: 12,
    column: 15,
    path: 'schedule',
    message: 'found "every day". Allowed: a cron expression of 5 or 6 fields, such as "0 3 * * *".',
  },
  { line: 15, column: 14, path: 'owner.email', message: 'is missing. Allowed: one e-mail address.' },
].map((fault) => ({ file: 'specs/orders.json', ...fault }));

const entry = (task: string, changes: Partial<DigestEntry> = {}): DigestEntry => ({
  task,
  state: 'well',
  trouble: null,
  succeeded: 96,
  failed: 0,
  rows: 48_211,
  bytes: 6_120_334,
  nextFire: new Date('2026-07-02T06:15:00Z'),
  fires: 96,
  ...changes,
});
const dayOf = {
  to: { name: 'Mia Keller', address: 'mia.keller@example.com' },
  reader: 'owner of these tasks',
  from: new Date('2026-07-01T06:00:00Z'),
  until: new Date('2026-07-02T06:00:00Z'),
  zone: ZONE,
  instance,
};
const well = [entry('customers', { rows: 1_204, bytes: 88_100 }), entry('payments')];

/** By kind of mail, as a file could be named. */
export const SAMPLE_MAILS: Readonly<Record<string, MailMessage>> = {
  failure: failureMessage(failure),
  'failure-repeated': failureMessage({
    ...failure,
    repeat: { since, failures: 9, quietMs: 6 * 3_600_000 },
    report: {
      ...failedRun,
      attempts: 4,
      warnings: ['orders.updated_at has no index: each run reads the whole table'],
      error: {
        code: 'SERVER_UNREACHABLE',
        message: 'db-1.example.com:3306 cannot be reached (ECONNREFUSED)',
        hint: 'Check `host` and `port` of the source and that the server is up and reachable from this machine.',
        retryable: true,
      },
    },
  }),
  'failure-huge': failureMessage({
    ...failure,
    sql: `SELECT ${'`customer_lifetime_value`, '.repeat(40_000)}1 FROM orders`,
    logTail: Array.from(
      { length: 40 },
      (_, line) => `2026-07-01T00:00:02Z ERROR orders line ${line} ${'<&>'.repeat(9_000)}`,
    ),
  }),
  died: failureMessage({
    ...failure,
    nextFire: null,
    logTail: [],
    report: {
      ...failedRun,
      tables: [],
      windows: [],
      error: {
        code: 'PROCESS_DIED',
        message: `${died.title}: ${died.cause}`,
        hint: died.hint,
        retryable: died.retryable,
      },
    },
  }),
  recovery: recoveryMessage({
    ...good,
    broken: { since, failures: 9, codes: ['PRIVILEGE_MISSING', 'SERVER_UNREACHABLE'] },
  }),
  'schema-change': schemaChangeMessage({
    ...good,
    report: {
      ...goodRun,
      schema_changes: [
        {
          table: 'orders',
          column: 'total',
          change: 'type',
          before: 'decimal(8,2)',
          after: 'decimal(10,2)',
          message: 'orders: column total changed from decimal(8,2) to decimal(10,2).',
        },
        {
          table: 'orders',
          column: 'channel',
          change: 'added',
          before: null,
          after: 'varchar(20)',
          message: 'orders: column channel, varchar(20), is new.',
        },
      ],
    },
  }),
  stale: staleMessage({
    promise,
    since: new Date('2026-07-01T02:00:09Z'),
    now: new Date('2026-07-01T08:00:10Z'),
    circumstances: {
      past: {
        success: { runId: '20260630000000-77aa01c2', finishedAt: new Date('2026-06-30T00:00:09Z') },
        failure: { finishedAt: new Date('2026-07-01T00:00:02Z'), error: failedRun.error! },
        failures: 97,
        runningSince: null,
      },
      schedule: spec.schedule,
      nextFire: new Date('2026-07-01T08:15:00Z'),
      pausedSince: null,
      problem: null,
      inForce: true,
      daemonSince: new Date('2026-06-20T10:00:00Z'),
    },
    quietMs: 86_400_000,
    repeated: true,
    instance,
  }),
  fresh: freshMessage({
    promise,
    success: { runId: '20260701091500-90be4a12', finishedAt: new Date('2026-07-01T09:15:10Z') },
    since: new Date('2026-07-01T02:00:09Z'),
    instance,
  }),
  'unexpected-size': sizeMessage({
    ...good,
    file: 'specs/orders.json',
    repeat: { since, failures: 3, quietMs: 6 * 3_600_000 },
    report: {
      ...goodRun,
      unexpected_sizes: [
        {
          expectation: 'max_change',
          rows: 48_211,
          usual_rows: 390_114,
          allowed: '50%',
          message:
            'The run has 48,211 rows, 87.6% fewer than usual: 390,114 rows is the median of 8 Wednesdays before; a change of 50% is allowed (expect.max_change).',
        },
      ],
    },
  }),
  'invalid-spec': invalidSpecMessage({
    file: 'specs/orders.json',
    faults,
    lastGood: spec,
    admin: 'data-platform@example.com',
    instance,
  }),
  'invalid-spec-new': invalidSpecMessage({
    file: 'specs/returns.json',
    faults: [
      {
        file: 'specs/returns.json',
        line: 1,
        column: 2,
        path: '',
        message: 'is not JSON: a property name in double quotes is expected.',
      },
    ],
    lastGood: null,
    admin: 'data-platform@example.com',
    instance,
  }),
  digest: digestMessage({ ...dayOf, entries: well }),
  'digest-trouble': digestMessage({
    ...dayOf,
    entries: [
      ...well,
      entry('orders', {
        state: 'failed',
        trouble:
          "PRIVILEGE_MISSING since 2026-07-01 00:00:02 UTC. 'tidemark'@'10.0.3.17' may not read `shop`.`orders`\nWhat to do: Run: GRANT SELECT ON `shop`.`orders` TO 'tidemark'@'10.0.3.17';",
        succeeded: 87,
        failed: 9,
      }),
      entry('returns', {
        state: 'stale',
        trouble: 'no recent success, since 2026-07-01 04:00:00 UTC.\nWhat to do: see tidemark status',
        succeeded: 0,
        rows: 0,
        bytes: 0,
        nextFire: null,
        fires: 0,
      }),
    ],
  }),
  'logs-unwritable': logsUnwritableMessage(
    new TidemarkError(
      'LOGS_UNWRITABLE',
      'logs/tidemark.log cannot be written: no space left on device (ENOSPC)',
    ),
    'data-platform@example.com',
    instance,
  ),
};
