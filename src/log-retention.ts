/** Removes log files that have not been written for long: those of runs, and old ones of `tidemark.log`. */
import { opendir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TidemarkError } from './errors.ts';
import { isRotatedLog } from './log-rotation.ts';

/**
 * Removes what was last written before a time: `<task>/<task>_<stamp>.log`, folders of tasks that this empties, and
 * rotated files. Everything else in the folder is somebody else's. One file after the other: nobody waits for it.
 *
 * @returns how many files.
 * @throws TidemarkError LOGS_UNWRITABLE for the first that cannot be, after all others have been.
 */
export async function removeOldLogs(logsDir: string, before: Date, signal: AbortSignal): Promise<number> {
  let removed = 0;
  const failures: TidemarkError[] = [];
  const removeIfOld = async (file: string): Promise<void> => {
    try {
      if ((await stat(file)).mtimeMs >= before.getTime()) return;
      await rm(file);
      removed++;
    } catch (error) {
      // Gone already: somebody else cleans up, too.
      if (!isCode(error, 'ENOENT')) failures.push(unremovable(file, error));
    }
  };

  for await (const entry of entriesOf(logsDir, failures)) {
    if (signal.aborted) break;
    const path = join(logsDir, entry.name);
    if (entry.isFile() && isRotatedLog(entry.name)) await removeIfOld(path);
    if (!entry.isDirectory()) continue;
    const earlier = removed;
    for await (const file of entriesOf(path, failures)) {
      if (signal.aborted) break;
      if (file.isFile() && isRunLog(entry.name, file.name)) await removeIfOld(join(path, file.name));
    }
    // Refused where something is left in it. A run that begins just now makes it again.
    if (removed > earlier) await rmdir(path).catch(() => {});
  }
  if (failures[0] !== undefined) throw failures[0];
  return removed;
}

/** Entries of a folder, read as they are asked for: a folder may hold a year of runs. */
async function* entriesOf(
  folder: string,
  failures: TidemarkError[],
): AsyncGenerator<{ readonly name: string; isFile(): boolean; isDirectory(): boolean }> {
  try {
    yield* await opendir(folder);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) failures.push(unremovable(folder, error));
  }
}

function unremovable(path: string, cause: unknown): TidemarkError {
  const { message } = cause as Error;
  return new TidemarkError('LOGS_UNWRITABLE', `${path} cannot be cleared of old log files: ${message}`, {
    cause,
  });
}

function isRunLog(task: string, name: string): boolean {
  return name.startsWith(`${task}_`) && /^\d{14}[\w.-]*\.log$/.test(name.slice(task.length + 1));
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
