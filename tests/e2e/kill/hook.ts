/**
 * Preloaded into the built program by `node --import`: kills the process, as the kernel's OOM killer would, right
 * before or right after one COMMIT to the state file. Nothing else of the program is changed. What it is to do stands
 * in the environment:
 *
 * - `KILL_TRANSACTION`: which transactions, as a regular expression for their statements;
 * - `KILL_ORDINAL`: which of them, from 1; `KILL_MOMENT`: `before` or `after` its COMMIT;
 * - `KILL_TRACE`: a file to which every transaction is written, one a line, when it is committed.
 */
import { appendFileSync } from 'node:fs';
import { env } from 'node:process';
import { DatabaseSync, StatementSync } from 'node:sqlite';

const wanted = env['KILL_TRANSACTION'] === undefined ? null : new RegExp(env['KILL_TRANSACTION']);
const moment = env['KILL_MOMENT'] ?? 'before';
const trace = env['KILL_TRACE'];
let remaining = Number(env['KILL_ORDINAL'] ?? 1);

/** Statements of the transactions that are open; a statement belongs to the database that has prepared it. */
const open = new Map<DatabaseSync, string[]>();
const owners = new WeakMap<StatementSync, DatabaseSync>();

const { exec, prepare } = DatabaseSync.prototype;

DatabaseSync.prototype.exec = function (sql) {
  if (/^BEGIN\b/.test(sql)) {
    exec.call(this, sql);
    open.set(this, []);
    return;
  }
  note(this, sql);
  if (/^ROLLBACK\b/.test(sql)) open.delete(this);
  if (!/\bCOMMIT\b/.test(sql)) {
    exec.call(this, sql);
    return;
  }
  const transaction = (open.get(this) ?? []).join('; ').replaceAll(/\s+/g, ' ');
  open.delete(this);
  const chosen = wanted?.test(transaction) === true && --remaining === 0;
  if (chosen && moment === 'before') die();
  exec.call(this, sql);
  if (chosen) die();
  if (trace !== undefined) appendFileSync(trace, `${transaction}\n`);
};

DatabaseSync.prototype.prepare = function (...args) {
  const statement = prepare.apply(this, args);
  owners.set(statement, this);
  return statement;
};

for (const name of ['run', 'get', 'all'] as const) {
  const original = StatementSync.prototype[name] as (...args: unknown[]) => unknown;
  Object.assign(StatementSync.prototype, {
    [name](this: StatementSync, ...args: unknown[]): unknown {
      note(owners.get(this), this.sourceSQL);
      return original.apply(this, args);
    },
  });
}

function note(db: DatabaseSync | undefined, sql: string): void {
  if (db !== undefined) open.get(db)?.push(sql);
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
  // The signal is delivered while this waits; nothing more of the program may happen.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
}
