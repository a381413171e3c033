/**
 * What each transaction changes, kept beside it in the state file, so that a copy on another machine can follow: the
 * changeset of SQLite's session extension, and a digest over it and all before it. Only of a state that is replicated.
 *
 * https://www.sqlite.org/sessionintro.html
 */
import { createHash } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { TidemarkError } from '../errors.ts';

/** Where a state stands: two of the same lineage, number and digest have the same content. */
export interface Position {
  /** Which state it is a copy of. */
  readonly lineage: string;
  /** Changes since the lineage began. */
  readonly seq: number;
  /** Over all of them, hexadecimal. */
  readonly digest: string;
  /** Fencing token of the leader that made the last of them. */
  readonly token: number;
  /** Fencing token of the daemon that leads with this very file; null: it follows another. */
  readonly leads: number | null;
}

export interface Change {
  readonly seq: number;
  readonly token: number;
  /** Over all changes up to this one. */
  readonly digest: string;
  readonly changeset: Uint8Array;
}

/** Of the lineage's first state: nothing has changed yet. */
export const NO_DIGEST = '0'.repeat(64);

/** Null: the state is not replicated. */
export function positionOf(db: DatabaseSync): Position | null {
  const row = statements(db).position.get();
  return row === undefined ? null : ({ ...row } as unknown as Position);
}

/**
 * Does what a transaction does, and keeps what it has changed. Part of the caller's transaction.
 *
 * @throws TidemarkError NOT_LEADER where the state is a copy of one that another daemon changes.
 */
export function keepingChanges<T>(db: DatabaseSync, write: () => T): T {
  const position = positionOf(db);
  if (position === null) return write();
  const { leads } = position;
  if (leads === null)
    throw new TidemarkError('NOT_LEADER', 'The state in this folder follows that of another daemon.');
  const session = db.createSession();
  let result: T;
  let changeset: Uint8Array;
  try {
    result = write();
    changeset = session.changeset();
  } finally {
    session.close();
  }
  if (changeset.length > 0) noteChange(db, nextChange({ ...position, token: leads }, changeset));
  return result;
}

function nextChange({ seq, token, digest }: Position, changeset: Uint8Array): Change {
  return { seq: seq + 1, token, digest: digestOf(digest, seq + 1, token, changeset), changeset };
}

/** Of a change, from the digest of what was before. */
export function digestOf(before: string, seq: number, token: number, changeset: Uint8Array): string {
  return createHash('sha256').update(`${before} ${seq} ${token} `).update(changeset).digest('hex');
}

/** Notes that a change is in the state. Part of the caller's transaction. */
export function noteChange(db: DatabaseSync, { seq, token, digest, changeset }: Change): void {
  const { keep, move } = statements(db);
  keep.run(seq, token, digest, changeset);
  move.run(seq, digest, token);
}

interface Statements {
  readonly position: StatementSync;
  readonly keep: StatementSync;
  readonly move: StatementSync;
}

/** Each transaction asks. */
const PREPARED = new WeakMap<DatabaseSync, Statements>();

function statements(db: DatabaseSync): Statements {
  const known = PREPARED.get(db);
  if (known !== undefined) return known;
  const prepared = {
    position: db.prepare('SELECT lineage, seq, digest, token, leads FROM replication'),
    keep: db.prepare('INSERT INTO replication_change (seq, token, digest, changeset) VALUES (?, ?, ?, ?)'),
    move: db.prepare('UPDATE replication SET seq = ?, digest = ?, token = ?'),
  };
  PREPARED.set(db, prepared);
  return prepared;
}
