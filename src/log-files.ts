/**
 * The files that log lines are appended to. Each is opened and closed for each line: no handle is left over after
 * thousands of runs, whoever else rotates them needs no signal, and a disk that has room again is used again. A run
 * writes a few dozen lines.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { types } from 'node:util';
import { TidemarkError } from './errors.ts';
import { logRotator, type LogRotation } from './log-rotation.ts';

export interface LogFilesOptions {
  /** The only one that is rotated. */
  readonly mainFile: string;
  readonly rotation: () => LogRotation | null;
  readonly now: () => Date;
  /** Called with LOGS_UNWRITABLE when lines begin to be lost to the files, and with null when all are written again. */
  readonly report: (failure: TidemarkError | null) => void;
  /** Called when rotating begins to fail. */
  readonly reportRotation: (error: unknown) => void;
}

export interface LogFiles {
  /** Writes a line, given without its newline. It is in the file when the call returns, or `report` has been called. */
  append(file: string, line: string): void;
}

export function logFiles({ mainFile, rotation, now, report, reportRotation }: LogFilesOptions): LogFiles {
  // Folders whose last write failed: a folder, because the next run has another file in it.
  const failing = new Set<string>();
  const rotate = logRotator(mainFile, rotation);
  let rotationFails = false;

  const rotateMain = (): void => {
    try {
      rotate(now());
      rotationFails = false;
    } catch (error) {
      const news = !rotationFails;
      rotationFails = true;
      // It is told in a line of this very file.
      if (news) reportRotation(error);
    }
  };

  return {
    append(file, line) {
      if (file === mainFile) rotateMain();
      const folder = dirname(file);
      const failed = failing.has(folder);
      try {
        // A write that failed may have left half a line behind.
        append(file, failed ? `\n${line}\n` : `${line}\n`);
      } catch (error) {
        failing.add(folder);
        if (failing.size === 1 && !failed) report(unwritable(file, error));
        return;
      }
      failing.delete(folder);
      if (failed && failing.size === 0) report(null);
    },
  };
}

function append(file: string, text: string): void {
  try {
    appendFileSync(file, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, text);
  }
}

function unwritable(file: string, cause: unknown): TidemarkError {
  const reason = types.isNativeError(cause) ? cause.message : String(cause);
  return new TidemarkError(
    'LOGS_UNWRITABLE',
    `${file} cannot be written (${reason}); log lines go to stderr only until it can be.`,
    { cause },
  );
}
