/** A state file with a long past, and the state's share of one run. */
import type { DatabaseSync } from 'node:sqlite';
import type { RunRecord } from '../src/domain.ts';
import { openJournal } from '../src/state/journal.ts';
import { recordBeginning, recordEnd } from '../src/state/runs.ts';

const AT_ONCE = 10_000;
const FIRST = Date.UTC(2026, 0, 1);
const BETWEEN_MS = 2000;

/** Runs of all tasks in turn; every tenth task has failed since long ago, every hundredth run is a single failure. */
export function fillHistory(db: DatabaseSync, tasks: number, runs: number): void {
  for (let done = 0; done < runs; done += AT_ONCE) {
    db.exec('BEGIN IMMEDIATE');
    for (let number = done; number < Math.min(runs, done + AT_ONCE); number++) {
      const task = number % tasks;
      const failed = (task % 10 === 0 && number > runs / 2) || number % 101 === 0;
      const record = recordOf(`task_${task}`, number, failed);
      recordEnd(db, record, new Date(record.report.finished_at));
    }
    db.exec('COMMIT');
  }
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

function recordOf(task: string, number: number, failed: boolean): RunRecord {
  const at = new Date(FIRST + number * BETWEEN_MS).toISOString();
  const stamp = at.replace(/\D/g, '').slice(0, 14);
  const files = failed
    ? []
    : [{ key: `${task}/orders_${stamp}.csv`, table: 'orders', batch: null, rows: 1000, bytes: 50_000 }];
  const columns = ['order_id', 'customer_id', 'status', 'amount', 'created_at', 'updated_at'];
  const sql = `SELECT ${columns.map((name) => `\`${name}\``).join(', ')}\nFROM \`orders\`\nWHERE \`updated_at\` > '${at}' AND \`updated_at\` <= '${at}'\nORDER BY \`order_id\``;
  return {
    stamp,
    sink: 's3',
    backfill: null,
    watermarks: failed
      ? []
      : [{ table: 'orders', column: 'updated_at', value: at.slice(0, 19).replace('T', ' ') }],
    report: {
      task,
      run_id: `${stamp}-${number.toString(16).padStart(8, '0')}`,
      kind: 'scheduled',
      status: failed ? 'failed' : 'succeeded',
      scheduled_for: at,
      started_at: at,
      finished_at: at,
      duration_ms: 1234,
      attempts: 1,
      tables: [{ name: 'orders', rows: 1000, bytes: 50_000, files: files.length, sql: [sql] }],
      files,
      manifest: failed ? null : `${task}/_manifest_${stamp}.json`,
      windows: [{ table: 'orders', column: 'updated_at', mode: 'watermark', from: at, to: at, nulls: false }],
      warnings: [],
      error: failed
        ? {
            code: 'SERVER_UNREACHABLE',
            message: 'The server db.example.com:3306 cannot be reached: connect ECONNREFUSED.',
            hint: 'Check `host` and `port` of the source.',
            retryable: true,
          }
        : null,
    },
  };
}
