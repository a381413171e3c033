/** What the digest asks of the state: up to when it has been told, and what runs have done since. */
import type { DatabaseSync } from 'node:sqlite';
import type { DigestBook } from '../mail-ports.ts';
import { consulted, durably } from './database.ts';
import { taskStates } from './task-states.ts';

export function digestBook(db: DatabaseSync): DigestBook {
  return {
    toldUpTo: () => consulted('the last digest', () => toldUpTo(db)),
    note: (upTo) => (db.isTransaction ? note(db, upTo) : durably(db, 'the digest', () => note(db, upTo))),
    totals: (after, upTo) => consulted('the runs of the day', () => totals(db, after, upTo)),
    standings: () =>
      new Map([...taskStates(db)].map(([task, { last, failing }]) => [task, { last, failing }])),
  };
}

function toldUpTo(db: DatabaseSync): Date | null {
  const row = db.prepare('SELECT told_up_to FROM digest').get();
  return row === undefined ? null : new Date(row['told_up_to'] as string);
}

function note(db: DatabaseSync, upTo: Date): void {
  db.prepare('INSERT OR REPLACE INTO digest (id, told_up_to) VALUES (1, ?)').run(upTo.toISOString());
}

/** Backfills count: they read and write like any run. */
function totals(db: DatabaseSync, after: Date, upTo: Date): ReturnType<DigestBook['totals']> {
  const rows = db
    .prepare(
      `SELECT task, sum(status = 'succeeded') AS succeeded, sum(status = 'failed') AS failed,
              sum(iif(status = 'succeeded', rows, 0)) AS rows, sum(iif(status = 'succeeded', bytes, 0)) AS bytes
       FROM run WHERE finished_at > ? AND finished_at <= ? GROUP BY task`,
    )
    .all(after.toISOString(), upTo.toISOString());
  return new Map(
    rows.map((row) => [
      row['task'] as string,
      {
        succeeded: row['succeeded'] as number,
        failed: row['failed'] as number,
        rows: row['rows'] as number,
        bytes: row['bytes'] as number,
      },
    ]),
  );
}
