/** How far backfills have come. */
import type { DatabaseSync } from 'node:sqlite';
import { consulted, durably } from './database.ts';

/** What was asked for. */
export interface BackfillRequest {
  readonly task: string;
  readonly from: string;
  readonly to: string;
  /** In one way of writing it: it is compared as text. Null: one window. */
  readonly every: string | null;
  /** Of what in the spec shapes its rows. */
  readonly fingerprint: string;
}

export interface Backfill extends BackfillRequest {
  /** When it was asked for, `YYYYMMDDHHmmss`; part of its object keys. */
  readonly id: string;
  /** End of the last window that is in the bucket; null: none is. */
  readonly doneUntil: string | null;
}

/**
 * The newest backfill of a task for this stretch and these windows; null where there is none.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function findBackfill(
  db: DatabaseSync,
  { task, from, to, every }: Omit<BackfillRequest, 'fingerprint'>,
): Backfill | null {
  const row = consulted('the backfill', () =>
    db
      .prepare(
        `SELECT id, task, "from", "to", every, fingerprint, done_until AS doneUntil FROM backfill
         WHERE task = ? AND "from" = ? AND "to" = ? AND every IS ? ORDER BY id DESC LIMIT 1`,
      )
      .get(task, from, to, every),
  );
  return row === undefined ? null : ({ ...row } as unknown as Backfill);
}

/**
 * A new backfill, with an id of its own.
 *
 * @param id the one wanted, `YYYYMMDDHHmmss`; the next one that is free is taken.
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function addBackfill(db: DatabaseSync, id: string, request: BackfillRequest): Backfill {
  const { task, from, to, every, fingerprint } = request;
  return durably(db, 'the backfill', () => {
    const insert = db.prepare(
      'INSERT OR IGNORE INTO backfill (id, task, "from", "to", every, fingerprint) VALUES (?, ?, ?, ?, ?, ?)',
    );
    let free = BigInt(id);
    while (insert.run(String(free), task, from, to, every, fingerprint).changes === 0) free += 1n;
    return { ...request, id: String(free), doneUntil: null };
  });
}
