/**
 * Locks between processes that the kernel frees when their holder dies, kill -9 included.
 *
 * A lock is an open write transaction on a small SQLite file. `BEGIN IMMEDIATE` shuts out other writers and lets
 * readers in, so that who is refused can still read in the file who holds it. The file stays after the release:
 * removing it would let two processes hold two files of one name.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { TidemarkError } from '../errors.ts';

export interface LockHolder {
  readonly pid: number;
  /** ISO 8601 UTC. */
  readonly since: string;
}

export interface Lock {
  /** Frees the lock; a second call does nothing. */
  release(): void;
}

/** SQLite's primary result codes: another connection has it; the file may be read but not written. */
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;

/** How long to wait for somebody who only looks whether a lock is held, and lets go at once. */
const LOOK_TIMEOUT_MS = 100;

/** How long to wait for somebody who is reading or writing the holder's row, which takes a moment. */
const ROW_TIMEOUT_MS = 2000;

/** Held by a daemon as long as it lives. */
export function daemonLockPath(stateDir: string): string {
  return join(stateDir, 'daemon.lock');
}

/** Held while mails are sent. */
export function outboxLockPath(stateDir: string): string {
  return join(stateDir, 'outbox.lock');
}

/** Held by every run of a task, whoever started it. */
export function taskLockPath(stateDir: string, taskName: string): string {
  return join(stateDir, 'locks', `${taskName}.lock`);
}

/** Held by a backfill of a task, over all of its windows. */
export function backfillLockPath(stateDir: string, taskName: string): string {
  return join(stateDir, 'locks', 'backfill', `${taskName}.lock`);
}

/** Held by a live run that waits for its turn between two windows of a backfill of its task. */
export function turnLockPath(stateDir: string, taskName: string): string {
  return join(stateDir, 'locks', 'turn', `${taskName}.lock`);
}

/** Takes a lock; null where somebody else holds it. STATE_UNUSABLE where its file or folder cannot be used. */
export function acquireLock(path: string): Lock | null {
  return unlessUnusable(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    const db = new DatabaseSync(path);
    try {
      if (!hold(db)) {
        db.close();
        return null;
      }
    } catch (error) {
      db.close();
      throw error;
    }
    // Closing rolls back, and with that frees the lock. The closure also keeps `db` from being collected.
    return {
      release: () => {
        if (db.isOpen) db.close();
      },
    };
  });
}

/** Takes a lock, or throws ALREADY_RUNNING naming the holder. `what`: 'the daemon', 'task employees'. */
export function requireLock(path: string, what: string): Lock {
  const lock = acquireLock(path);
  if (lock !== null) return lock;
  const holder = lockHolder(path);
  const by = holder === null ? 'in another process' : `in process ${holder.pid}, since ${holder.since}`;
  throw new TidemarkError('ALREADY_RUNNING', `${what} is already running ${by} (lock ${path})`);
}

/** Who holds a lock, or held it last; null where nobody ever did. Meant for messages, not for decisions. */
export function lockHolder(path: string): LockHolder | null {
  return unlessUnusable(path, () => {
    const db = new DatabaseSync(path, { timeout: ROW_TIMEOUT_MS });
    try {
      return readHolder(db);
    } finally {
      db.close();
    }
  });
}

/**
 * Who holds a lock now; null where nobody does. Looking takes the lock for less than a millisecond, for which those who
 * want it wait, and changes nothing. Where its file may only be read, it is held if its last holder lives.
 */
export function lockedBy(path: string): LockHolder | null {
  if (!existsSync(path)) return null;
  return unlessUnusable(path, () => {
    const db = new DatabaseSync(path, { timeout: ROW_TIMEOUT_MS });
    try {
      const holder = readHolder(db);
      return isHeld(db, holder) ? holder : null;
    } finally {
      db.close(); // which lets go of it
    }
  });
}

function isHeld(db: DatabaseSync, holder: LockHolder | null): boolean {
  try {
    return !begin(db);
  } catch (error) {
    if (resultCode(error) !== SQLITE_READONLY) throw error;
    return holder !== null && isAlive(holder.pid);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * The holder's row must be committed for others to see it, and committing ends the transaction. So: take the lock,
 * write the row, commit, take the lock again, and see that nobody came in between. Whoever did has the lock.
 */
function hold(db: DatabaseSync): boolean {
  for (;;) {
    if (!begin(db)) return false;
    db.exec(`PRAGMA busy_timeout = ${ROW_TIMEOUT_MS}`);
    const mine = { pid: process.pid, since: new Date().toISOString() };
    db.exec(
      'CREATE TABLE IF NOT EXISTS holder (one INTEGER PRIMARY KEY CHECK (one = 1), pid INTEGER, since TEXT)',
    );
    db.prepare('INSERT OR REPLACE INTO holder VALUES (1, ?, ?)').run(mine.pid, mine.since);
    db.exec('COMMIT');
    if (!begin(db)) return false;
    const holder = readHolder(db);
    if (holder?.pid === mine.pid && holder.since === mine.since) return true;
    db.exec('ROLLBACK');
  }
}

/** False where another connection has the lock. */
function begin(db: DatabaseSync): boolean {
  db.exec(`PRAGMA busy_timeout = ${LOOK_TIMEOUT_MS}`);
  try {
    db.exec('BEGIN IMMEDIATE');
    return true;
  } catch (error) {
    if (resultCode(error) === SQLITE_BUSY) return false;
    throw error;
  }
}

function readHolder(db: DatabaseSync): LockHolder | null {
  const table = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'holder'").get();
  if (table === undefined) return null;
  const row = db.prepare('SELECT pid, since FROM holder').get() as { pid: number; since: string } | undefined;
  return row === undefined ? null : { pid: row.pid, since: row.since };
}

function unlessUnusable<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const { message } = error as Error;
    throw new TidemarkError('STATE_UNUSABLE', `the lock file ${path} cannot be used: ${message}`, {
      cause: error,
      hint: `Check owner and free space of the folder. A lock file holds no data: if it is corrupt, stop Tidemark and delete ${path}.`,
    });
  }
}

function resultCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}
