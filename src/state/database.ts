/**
 * The state file: one SQLite database in WAL mode, with a schema version. Every statement that changes something is
 * durable when it returns.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { TidemarkError } from '../errors.ts';
import { keepingChanges } from './changes.ts';
import { MIGRATIONS } from './migrations.ts';

/** An open state file. Close it when done. */
export interface StateDatabase {
  readonly db: DatabaseSync;
  close(): void;
}

const BUSY_TIMEOUT_MS = 5000;

/**
 * Bytes that the write-ahead log keeps on the disk once it is written back. While somebody reads for long, a backup
 * perhaps, it grows, and would stay as it is for good.
 */
const LARGEST_LOG = 16 * 1024 * 1024;

/** Where the state file is. */
export function statePath(stateDir: string): string {
  return join(stateDir, 'tidemark.db');
}

/**
 * Opens `tidemark.db` in the state folder, and makes or migrates it.
 *
 * @throws TidemarkError STATE_UNUSABLE: unwritable, corrupt, lost, or of a newer Tidemark. Never starts afresh by
 * itself where there was a file before.
 */
export function openState(stateDir: string): StateDatabase {
  const path = statePath(stateDir);
  return unlessUnusable(path, () => {
    mkdirSync(stateDir, { recursive: true });
    isThere(stateDir, path);
    return opened(new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS }), (db) => {
      db.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA journal_size_limit = ${LARGEST_LOG}`,
      );
      migrate(db, path);
    });
  });
}

/**
 * Opens the state file for a daemon that follows another. An older version stays as it is, because what is applied to it
 * was made on that version; what removals bring with them is not done twice.
 *
 * @throws TidemarkError STATE_UNUSABLE, as `openState`.
 */
export function openFollower(stateDir: string): StateDatabase {
  const path = statePath(stateDir);
  return unlessUnusable(path, () => {
    mkdirSync(stateDir, { recursive: true });
    if (!isThere(stateDir, path)) openState(stateDir).close();
    return opened(new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS }), (db) => {
      versionOf(db, path);
      db.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;
         PRAGMA journal_size_limit = ${LARGEST_LOG}`,
      );
    });
  });
}

/**
 * Opens the state file for those who only look at it: nothing is made or changed. Where no file has been made yet, what
 * is read is empty. A file of an older Tidemark is migrated; of one that daemons share, a copy in memory is, because it
 * has to stay what the changes of its leader are made on.
 *
 * @throws TidemarkError STATE_UNUSABLE.
 */
export function readState(stateDir: string): StateDatabase {
  const path = statePath(stateDir);
  const current = unlessUnusable(path, () => {
    if (!isThere(stateDir, path)) return opened(new DatabaseSync(':memory:'), (db) => migrate(db, path));
    const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    return opened(db, () => void versionOf(db, path));
  });
  if (versionOf(current.db, path) === MIGRATIONS.length) return current;
  try {
    if (isShared(current.db)) return unlessUnusable(path, () => migratedCopy(current.db, path));
  } finally {
    current.close();
  }
  return openState(stateDir);
}

/** Whether daemons on other machines have copies of it. */
function isShared(db: DatabaseSync): boolean {
  const table = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'replication'").get();
  return table !== undefined && db.prepare('SELECT 1 FROM replication').get() !== undefined;
}

function migratedCopy(db: DatabaseSync, path: string): StateDatabase {
  // Two connections of a process see the same memory by its name.
  const name = `file:${randomUUID()}?mode=memory&cache=shared`;
  return opened(new DatabaseSync(name), (copy) => {
    db.prepare('VACUUM INTO ?').run(name);
    migrate(copy, path);
  });
}

/**
 * Whether there is a state file.
 *
 * @throws TidemarkError STATE_UNUSABLE where there is none, or an empty one, and there was one before: SQLite would
 * begin a new one, and with it every incremental task would begin anew. What is left beside a lost file shows it.
 */
function isThere(stateDir: string, path: string): boolean {
  // First what is left, then the file: a process that starts at the same time makes the file first.
  const left = [`${path}-wal`, join(stateDir, 'daemon.lock'), join(stateDir, 'locks')].find(
    (one) => sizeOf(one) > 0,
  );
  const size = sizeOf(path);
  if (size > 0 || left === undefined) return size > 0;
  const found = size === 0 ? 'is empty' : 'is missing';
  throw new TidemarkError(
    'STATE_UNUSABLE',
    `The state file ${path} ${found}, but ${left} shows that there was one.`,
    {
      hint: 'Restore it from a backup, without tidemark.db-wal and tidemark.db-shm. To begin anew, each incremental task at its `initial`, empty the whole folder.',
    },
  );
}

/** Bytes of a file, of a folder more than none; -1 where there is nothing. */
function sizeOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return -1;
  return found.isDirectory() ? readdirSync(path).length : found.size;
}

/** Closes again what cannot be used. */
function opened(db: DatabaseSync, prepare: (db: DatabaseSync) => void): StateDatabase {
  try {
    prepare(db);
    return { db, close: () => db.close() };
  } catch (error) {
    db.close();
    throw error;
  }
}

function unlessUnusable<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (error instanceof TidemarkError) throw error;
    const { message } = error as Error;
    throw new TidemarkError('STATE_UNUSABLE', `The state file ${path} cannot be used: ${message}`, {
      cause: error,
    });
  }
}

/** @throws TidemarkError STATE_UNUSABLE for a version that this Tidemark does not know. */
function versionOf(db: DatabaseSync, path: string): number {
  const version = db.prepare('PRAGMA user_version').get()!['user_version'] as number;
  if (version > MIGRATIONS.length) {
    throw new TidemarkError(
      'STATE_UNUSABLE',
      `The state file ${path} has version ${version}; this Tidemark knows ${MIGRATIONS.length} and older.`,
      { hint: 'Start the newer Tidemark that wrote it, or restore the backup made before it was started.' },
    );
  }
  if (version === 0 && db.prepare('SELECT 1 FROM sqlite_master').get() !== undefined)
    throw new TidemarkError('STATE_UNUSABLE', `${path} is a database, but none of Tidemark's.`, {
      hint: 'Give Tidemark a `state_dir` of its own, or put the right file back.',
    });
  return version;
}

function migrate(db: DatabaseSync, path: string): void {
  // Two processes may open a new file at once: the second waits here, and finds the work done.
  db.exec('BEGIN IMMEDIATE');
  try {
    const version = versionOf(db, path);
    for (const step of MIGRATIONS.slice(version)) db.exec(step);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/**
 * One transaction: all of it or nothing. Of a state that is replicated, what it changes is kept beside it.
 *
 * @throws TidemarkError STATE_UNUSABLE: the disk is full, or the file was taken away. NOT_LEADER.
 */
export function durably<T>(db: DatabaseSync, what: string, write: () => T): T {
  try {
    db.exec('BEGIN IMMEDIATE');
    const result = keepingChanges(db, write);
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

/**
 * What is read, or STATE_UNUSABLE where the file turns out to be damaged, or was taken away. JSON that is none is damage,
 * too: SQLite notices only what is wrong with its own structures.
 */
export function consulted<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_SQLITE_ERROR' && !(error instanceof SyntaxError)) throw error;
    throw new TidemarkError('STATE_UNUSABLE', `${what} cannot be read from the state file: ${message}`, {
      cause: error,
    });
  }
}
