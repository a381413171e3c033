/** The end of a run's log, for whoever looks at the run. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

export interface LogTail {
  readonly text: string;
  /** Of the whole file. */
  readonly bytes: number;
  /** Whether `text` is only the end of it. */
  readonly cut: boolean;
}

/** Names of tasks and stamps: neither leads out of the logs folder. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * Whole lines; null where there is no such file.
 *
 * @param most bytes.
 */
export function runLogTail(logsDir: string, task: string, stamp: string, most: number): LogTail | null {
  if (!NAME.test(task) || !NAME.test(stamp)) return null;
  let file;
  try {
    file = openSync(join(logsDir, task, `${task}_${stamp}.log`), 'r');
  } catch {
    // Removed, never written, or kept from this user: there is nothing to show.
    return null;
  }
  try {
    const bytes = fstatSync(file).size;
    const buffer = Buffer.alloc(Math.min(most, bytes));
    const read = readSync(file, buffer, 0, buffer.length, bytes - buffer.length);
    const cut = bytes > buffer.length;
    // The first line of what was cut off is not whole.
    const start = cut ? buffer.indexOf('\n') + 1 : 0;
    return { text: buffer.toString('utf8', start, read), bytes, cut };
  } finally {
    closeSync(file);
  }
}
