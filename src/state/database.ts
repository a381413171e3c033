/**
 * The state file: one SQLite database in WAL mode, with a schema version. Every statement that changes something is
 * durable when it returns.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { TidemarkError } from '../errors.ts';
import { MIGRATIONS } from './migrations.ts';

/** An open state file. Close it when done. */
export interface StateDatabase {
  readonly db: DatabaseSync;
  close(): void;
}

/**
 * Opens `tidemark.db` in the state folder, and makes or migrates it.
 *
 * @throws TidemarkError STATE_UNUSABLE: unwritable, corrupt, or of a newer Tidemark. Never starts afresh by itself.
 */
export function openState(stateDir: string): StateDatabase {
  const path = join(stateDir, 'tidemark.db');
  try {
    mkdirSync(stateDir, { recursive: true });
    const db = new DatabaseSync(path, { timeout: 5000 });
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
    migrate(db, path);
    return { db, close: () => db.close() };
  } catch (error) {
    if (error instanceof TidemarkError) throw error;
    throw new TidemarkError(
      'STATE_UNUSABLE',
      `The state file ${path} cannot be used: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

function migrate(db: DatabaseSync, path: string): void {
  // Two processes may open a new file at once: the second waits here, and finds the work done.
  db.exec('BEGIN IMMEDIATE');
  try {
    const version = db.prepare('PRAGMA user_version').get()!['user_version'] as number;
    if (version > MIGRATIONS.length) {
      throw new TidemarkError(
        'STATE_UNUSABLE',
        `The state file ${path} has version ${version}; this Tidemark knows ${MIGRATIONS.length} and older.`,
        { hint: 'Start the newer Tidemark that wrote it, or restore the backup made before it was started.' },
      );
    }
    for (const step of MIGRATIONS.slice(version)) db.exec(step);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    db.close();
    throw error;
  }
}

/**
 * One transaction: all of it or nothing.
 *
 * @throws TidemarkError STATE_UNUSABLE: the disk is full, or the file was taken away.
 */
export function durably<T>(db: DatabaseSync, what: string, write: () => T): T {
  try {
    db.exec('BEGIN IMMEDIATE');
    const result = write();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    if (error instanceof TidemarkError) throw error;
    const { message } = error as Error;
    throw new TidemarkError('STATE_UNUSABLE', `${what} cannot be written to the state file: ${message}`, {
      cause: error,
    });
  }
}
