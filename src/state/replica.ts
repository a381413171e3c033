/** A state that follows another: changes are applied in their order, or a whole copy is put in its place. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { backup, constants, DatabaseSync } from 'node:sqlite';
import { TidemarkError } from '../errors.ts';
import { digestOf, NO_DIGEST, noteChange, positionOf, type Change, type Position } from './changes.ts';
import { consulted, statePath } from './database.ts';
import { MIGRATIONS } from './migrations.ts';

/** Makes a state the first of a lineage, or the next leader's. Until then nothing can be changed in it. */
export function lead(db: DatabaseSync, token: number, newLineage: () => string): Position {
  return alone(db, () => {
    if (positionOf(db) === null)
      db.prepare('INSERT INTO replication (id, lineage, seq, digest, token) VALUES (1, ?, 0, ?, ?)').run(
        newLineage(),
        NO_DIGEST,
        token,
      );
    db.prepare('UPDATE replication SET leads = ?').run(token);
    return positionOf(db)!;
  });
}

/** From now on, nobody changes it but by `applyChanges`: every other process that has it open is refused, too. */
export function follow(db: DatabaseSync): void {
  alone(db, () => db.exec('UPDATE replication SET leads = NULL'));
}

/** The state is nobody's copy any more, and nobody is to follow it. */
export function leaveLineage(db: DatabaseSync): void {
  alone(db, () =>
    db.exec('DELETE FROM replication; DELETE FROM replication_change; DELETE FROM replication_member'),
  );
}

/** @param most bytes of changesets, but for the first. */
export function changesAfter(db: DatabaseSync, seq: number, most = Infinity): Change[] {
  return consulted('the changes of the state', () => {
    const found: Change[] = [];
    let bytes = 0;
    const all = db.prepare(
      'SELECT seq, token, digest, changeset FROM replication_change WHERE seq > ? ORDER BY seq',
    );
    for (const row of all.iterate(seq)) {
      const change = { ...row } as unknown as Change;
      bytes += change.changeset.length;
      if (bytes > most && found.length > 0) break;
      found.push(change);
    }
    return found;
  });
}

/** Whether the state has come by this point of its lineage; null: it is too long ago to tell. */
export function hasPassed(
  db: DatabaseSync,
  { seq, digest }: Pick<Position, 'seq' | 'digest'>,
): boolean | null {
  const position = positionOf(db);
  if (position === null || position.seq < seq) return false;
  if (position.seq === seq) return position.digest === digest;
  if (seq === 0) return digest === NO_DIGEST;
  const row = db.prepare('SELECT digest FROM replication_change WHERE seq = ?').get(seq);
  return row === undefined ? null : row['digest'] === digest;
}

/** Changes that are kept: a leader that finds Redis behind brings them there once more. */
const KEPT_CHANGES = 2_000;

/** Forgets changes of long ago. @param upTo what came later stays in any case. */
export function forgetOld(db: DatabaseSync, upTo: number, kept = KEPT_CHANGES): void {
  const oldest = db.prepare('SELECT min(seq) AS seq FROM replication_change').get()!['seq'] as number | null;
  // Rarely, and then many: each time is a transaction.
  if (oldest === null || upTo - oldest < 2 * kept) return;
  alone(db, () => db.prepare('DELETE FROM replication_change WHERE seq <= ?').run(upTo - kept));
}

/**
 * Applies changes that follow on the state as it is, in one transaction.
 *
 * @param db with `PRAGMA foreign_keys = OFF`: what a removal brings with it is among the changes.
 * @throws TidemarkError STATE_DIVERGED where they do not follow on it, or find other rows than they were made on.
 */
export function applyChanges(db: DatabaseSync, changes: readonly Change[]): void {
  alone(db, () => {
    for (const change of changes) {
      const before = positionOf(db);
      const { seq, token, digest, changeset } = change;
      if (before?.seq !== seq - 1 || digestOf(before.digest, seq, token, changeset) !== digest)
        throw diverged(`change ${seq} does not follow on it`);
      const applied = db.applyChangeset(changeset, { onConflict: () => constants.SQLITE_CHANGESET_ABORT });
      if (!applied) throw diverged(`change ${seq} was made on other rows than it has`);
      noteChange(db, change);
    }
  });
}

function diverged(why: string): TidemarkError {
  return new TidemarkError('STATE_DIVERGED', `The state in this folder differs from the leader's: ${why}.`);
}

/** Whether nothing has ever been kept in it. */
export function isBlank(db: DatabaseSync): boolean {
  return consulted('the state', () => {
    if (positionOf(db) !== null) return false;
    const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return tables.every(
      ({ name }) => db.prepare(`SELECT 1 FROM "${name as string}" LIMIT 1`).get() === undefined,
    );
  });
}

export interface Member {
  readonly node: string;
  readonly host: string;
}

/** The daemons that have had a copy. */
export function knownMembers(db: DatabaseSync): Member[] {
  return consulted('who has a copy of the state', () =>
    db.prepare('SELECT node, host FROM replication_member ORDER BY node').all(),
  ).map((row) => ({ ...row }) as unknown as Member);
}

export function noteMembers(db: DatabaseSync, members: readonly Member[], at: Date): void {
  alone(db, () => {
    const note = db.prepare(
      'INSERT OR REPLACE INTO replication_member (node, host, seen_at) VALUES (?, ?, ?)',
    );
    for (const { node, host } of members) note.run(node, host, at.toISOString());
  });
}

/** A copy of the state as it is at some moment while it is made; what is changed meanwhile waits for nobody. */
export async function copyState(
  stateDir: string,
  to: string,
): Promise<Position & { readonly version: number }> {
  removeCopy(to);
  const source = new DatabaseSync(statePath(stateDir), { readOnly: true });
  try {
    await backup(source, to, { rate: WHOLE });
  } finally {
    source.close();
  }
  return looked(to);
}

/** Removes a copy, and what SQLite may have left beside it where it was interrupted. */
export function removeCopy(file: string): void {
  for (const beside of ['', '-journal', '-wal', '-shm']) rmSync(file + beside, { force: true });
}

/** All pages in one step: a copy in several begins anew whenever somebody writes. */
const WHOLE = 0x7fff_ffff;

/** @throws TidemarkError STATE_DIVERGED where it is no copy of a replicated state. */
function looked(file: string): Position & { readonly version: number } {
  const db = new DatabaseSync(file);
  try {
    const version = db.prepare('PRAGMA user_version').get()!['user_version'] as number;
    const position = positionOf(db);
    if (position === null)
      throw new TidemarkError('STATE_DIVERGED', `${file} is no copy of a leader's state.`);
    return { ...position, version };
  } finally {
    db.close();
  }
}

/**
 * Puts a copy in the place of what the state file holds. Whoever reads it sees the one or the other. What it held is
 * kept beside it where it was not a part of the copy's past.
 *
 * @param copy a file, which is changed.
 * @param held where the state in the folder stands; null: it is not replicated.
 * @param unsure whether it is kept, too, where the copy does not tell.
 * @returns the file in which it is kept; null: the copy has all of it.
 */
export async function installState(
  copy: string,
  stateDir: string,
  held: Position | null,
  unsure: boolean,
): Promise<string | null> {
  const path = statePath(stateDir);
  const db = new DatabaseSync(copy);
  let kept: string | null = null;
  try {
    db.exec('PRAGMA journal_mode = DELETE; UPDATE replication SET leads = NULL');
    if (held !== null && !((held.seq <= positionOf(db)!.seq ? hasPassed(db, held) : null) ?? !unsure))
      // The same name is the same content.
      kept = join(stateDir, `superseded-${held.seq}-${held.digest.slice(0, 8)}.db`);
  } finally {
    db.close();
  }
  if (kept !== null) await copyTo(path, kept);
  await copyTo(copy, path);
  return kept;
}

async function copyTo(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true });
  try {
    await backup(source, to, { rate: WHOLE });
  } finally {
    source.close();
  }
}

/** Version of the schema that this Tidemark writes. */
export const OWN_VERSION = MIGRATIONS.length;

/** Of the schema of a state; it may be older than `OWN_VERSION` while it follows an older leader. */
export function versionOf(db: DatabaseSync): number {
  return db.prepare('PRAGMA user_version').get()!['user_version'] as number;
}

/** One transaction that is no change of the state itself: it is not kept as one. */
function alone<T>(db: DatabaseSync, write: () => T): T {
  try {
    db.exec('BEGIN IMMEDIATE');
    const result = write();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    if (error instanceof TidemarkError) throw error;
    const { message } = error as Error;
    throw new TidemarkError('STATE_UNUSABLE', `how far the state is cannot be written: ${message}`, {
      cause: error,
    });
  }
}
