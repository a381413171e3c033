/** A state file with a long past, and the state's share of one run. */
import type { DatabaseSync } from 'node:sqlite';
import type { RunRecord } from '../src/domain/run.ts';
import { openJournal } from '../src/state/journal.ts';
import { recordBeginning } from '../src/state/runs.ts';
import { attemptOf, recordFor, slotOf } from '../tests/support/runs.ts';

const FIRST = Date.UTC(2026, 0, 1);
const BETWEEN_MS = 2000;

/**
 * Runs of all tasks in turn, of the size that real ones have: every tenth task fails since the middle, and one run in a
 * hundred failed. Written by the database itself, its indexes at the end: it takes a minute, and not an hour.
 */
export function fillHistory(db: DatabaseSync, tasks: number, runs: number): void {
  const indexes = db.prepare(
    "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'run' AND sql LIKE 'CREATE INDEX%'",
  );
  const dropped = indexes.all() as { name: string; sql: string }[];
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -200000');
  db.exec(dropped.map(({ name }) => `DROP INDEX ${name};`).join(''));
  const [succeeded, failed] = [recordOf('@task', 0, false), recordOf('@task', 0, true)];
  const [stamp, at] = [succeeded.stamp, succeeded.report.scheduled_for];
  const template = ({ report }: RunRecord): string =>
    JSON.stringify({ ...report, files: undefined })
      .replaceAll(at, '@at')
      .replaceAll(stamp, '@stamp');
  db.prepare(
    `INSERT INTO run (id, run_id, task, kind, status, stamp, sink, scheduled_for, started_at, finished_at, duration_ms,
                      rows, bytes, error_code, manifest, report)
     WITH RECURSIVE
       number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${runs}),
       made AS (SELECT n, 'task_' || (n % ${tasks}) AS task,
                       strftime('%Y-%m-%dT%H:%M:%fZ', :first + n * :between, 'unixepoch') AS at,
                       strftime('%Y%m%d%H%M%S', :first + n * :between, 'unixepoch') AS stamp,
                       (n % ${tasks}) % 10 = 0 AND n > ${runs} / 2 OR n % 101 = 0 AS failed FROM number)
     SELECT n, stamp || printf('-%08x', n), task, 'scheduled', iif(failed, 'failed', 'succeeded'), stamp, 's3', at, at,
            at, 1234, 1000, 50000, iif(failed, 'SERVER_UNREACHABLE', NULL),
            iif(failed, NULL, task || '/_manifest_' || stamp || '.json'),
            replace(replace(replace(iif(failed, :failed, :succeeded), '@task', task), '@at', at), '@stamp', stamp)
     FROM made`,
  ).run({
    first: FIRST / 1000,
    between: BETWEEN_MS / 1000,
    succeeded: template(succeeded),
    failed: template(failed),
  });
  db.exec(
    `INSERT INTO run_file SELECT id, task || '/orders_' || stamp || '.csv', 'orders', NULL, rows, bytes FROM run
     WHERE status = 'succeeded'`,
  );
  for (const { sql } of dropped) db.exec(sql);
  for (let task = 0; task < tasks; task++)
    db.prepare(
      "INSERT INTO watermark VALUES (?, 'orders', 'updated_at', '2026-01-01 00:00:00', NULL, '')",
    ).run(`task_${task}`);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA synchronous = FULL; PRAGMA cache_size = -2000');
}

/** Milliseconds that each of so many runs spends on the state: from its beginning to its record. */
export function bookkeeping(db: DatabaseSync, runs: number): number[] {
  return Array.from({ length: runs }, (_, number) => {
    const record = recordOf('booked', 10_000_000 + number, false);
    const { report, stamp, sink } = record;
    const run = { runId: report.run_id, task: report.task, sink };
    const key = report.files[0]!.key;
    const prepared = [
      { table: 'orders', batch: null, key, uploadId: 'u', parts: [], rows: 1000, bytes: 1000, crc32: '0' },
    ];
    const began = performance.now();
    const scheduledFor = new Date(report.scheduled_for);
    recordBeginning(
      db,
      {
        task: run.task,
        sink,
        identity: { runId: run.runId, kind: 'scheduled', scheduledFor, stamp, until: null, backfill: null },
      },
      scheduledFor,
    );
    const journal = openJournal(db, run);
    journal.beginning(key);
    journal.begun(key, 'u');
    journal.committing(prepared, { key: `${key}.manifest`, body: '{}'.repeat(500) }, record);
    journal.recorded();
    return performance.now() - began;
  });
}

/** As large as the record of a real run with one table. */
function recordOf(task: string, number: number, failed: boolean): RunRecord {
  const slot = new Date(FIRST + number * BETWEEN_MS);
  const run = attemptOf(slotOf(slot));
  const at = slot.toISOString();
  const columns = ['order_id', 'customer_id', 'status', 'amount', 'created_at', 'updated_at'];
  const names = columns.map((name) => `\`${name}\``).join(', ');
  const sql = `SELECT ${names}\nFROM \`orders\`\nWHERE \`updated_at\` > '${at}' AND \`updated_at\` <= '${at}'\nORDER BY \`order_id\``;
  const file = {
    key: `${task}/orders_${run.stamp}.csv`,
    table: 'orders',
    batch: null,
    rows: 1000,
    bytes: 50_000,
  };
  return recordFor(run, task, {
    tables: [{ name: 'orders', rows: 1000, bytes: 50_000, files: failed ? 0 : 1, sql: [sql] }],
    windows: [{ table: 'orders', column: 'updated_at', mode: 'watermark', from: at, to: at, nulls: false }],
    files: failed ? [] : [file],
    watermarks: failed
      ? []
      : [{ table: 'orders', column: 'updated_at', value: at.slice(0, 19).replace('T', ' ') }],
    ...(failed
      ? {
          status: 'failed',
          manifest: null,
          error: {
            code: 'SERVER_UNREACHABLE',
            message: 'The server db.example.com:3306 cannot be reached: connect ECONNREFUSED.',
            hint: 'Check `host` and `port` of the source.',
            retryable: true,
          },
        }
      : {}),
  });
}
