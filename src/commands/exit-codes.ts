/** What the shell, cron or Airflow learns of a command's end. */
import type { ErrorCode } from '../error-codes.ts';

export const EXIT = { done: 0, failed: 1, usage: 2, alreadyRunning: 3, interrupted: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const BY_ERROR: Partial<Record<ErrorCode, ExitCode>> = {
  USAGE: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  SPEC_INVALID: EXIT.usage,
  SPEC_UNREADABLE: EXIT.usage,
  BACKFILL_AHEAD: EXIT.usage,
  ALREADY_RUNNING: EXIT.alreadyRunning,
  // The same to who calls: not now, and nothing is wrong.
  BLACKOUT: EXIT.alreadyRunning,
  INTERRUPTED: EXIT.interrupted,
};

export function exitCodeOf(code: ErrorCode): ExitCode {
  return BY_ERROR[code] ?? EXIT.failed;
}
