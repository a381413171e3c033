/**
 * Begins a new `tidemark.log` when the old one is large or old, and keeps so many of the old ones. The old file is
 * renamed, in one step, to `tidemark_<YYYYMMDDHHmmssSSS>_<pid>.log`: nobody holds it open between lines, so several
 * processes may write it, and each may rename it. The pid keeps two of them from one name in the same millisecond, where
 * the second would write over what the first has put aside. winston's own rotation holds a file open and writes behind the caller's back.
 */
import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';

export interface LogRotation {
  /** A file of this size, or whose first line is of this age, is followed by a new one. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  /** How many old files are kept. */
  readonly maxFiles: number;
}

/** The name of an old `tidemark.log`. */
const ROTATED = /^tidemark_\d{17}_\d+(_\d+)?\.log$/;
/** Every line begins with its time; the first may be empty, where a write before it had failed. */
const FIRST_TIME = /^\n?(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z) /;
const LONGEST_HEAD = 32;

export function isRotatedLog(name: string): boolean {
  return ROTATED.test(name);
}

/**
 * Rotates one file, `…/tidemark.log`. Call it before a line is written.
 *
 * @param rotation null: somebody else rotates.
 * @returns throws the file system's error where the file cannot be renamed or an old one not be removed; lines can
 *   still be written then.
 */
export function logRotator(file: string, rotation: () => LogRotation | null): (now: Date) => void {
  // Of the file that was looked into last, so that each is opened once.
  let known = { inode: -1, size: 0, began: 0 };

  const isDue = ({ maxBytes, maxAgeMs }: LogRotation, found: Stats, now: Date): boolean => {
    if (found.size >= maxBytes) return true;
    // A file that shrank was emptied by whoever copied it.
    const same = known.inode === found.ino && found.size >= known.size;
    known = { inode: found.ino, size: found.size, began: same ? known.began : beginningOf(file, found) };
    return now.getTime() - known.began >= maxAgeMs;
  };

  return (now) => {
    const rules = rotation();
    if (rules === null) return;
    const found = lstatSync(file, { throwIfNoEntry: false });
    // A link or a device is somebody's arrangement.
    if (found === undefined || !found.isFile() || found.size === 0 || !isDue(rules, found, now)) return;
    const folder = dirname(file);
    try {
      renameSync(file, join(folder, freeName(folder, now)));
    } catch (error) {
      // Another process was quicker.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    const old = readdirSync(folder).filter(isRotatedLog).toSorted();
    for (const name of old.slice(0, Math.max(0, old.length - rules.maxFiles)))
      rmSync(join(folder, name), { force: true });
  };
}

/** When its first line was written, ms since 1970; where it does not say, when the file was made. */
function beginningOf(file: string, { birthtimeMs }: Stats): number {
  const head = Buffer.alloc(LONGEST_HEAD);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, head, 0, LONGEST_HEAD, 0);
  } finally {
    closeSync(descriptor);
  }
  const [, time] = FIRST_TIME.exec(head.toString('latin1')) ?? [];
  return time === undefined ? birthtimeMs : Date.parse(time);
}

function freeName(folder: string, now: Date): string {
  const stamp = now.toISOString().replaceAll(/\D/g, '');
  for (let number = 0; ; number++) {
    const name = `tidemark_${stamp}_${process.pid}${number === 0 ? '' : `_${number}`}.log`;
    if (!existsSync(join(folder, name))) return name;
  }
}
