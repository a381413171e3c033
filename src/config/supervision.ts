/** What whoever started this process has told it: systemd, or something that speaks its protocol. See sd_notify(3). */
import { env as processEnvironment, pid as processId } from 'node:process';

export interface Supervision {
  /** Whether a service manager waits to be told how the process is. */
  readonly notify: boolean;
  /** It kills the process where it hears nothing for so long; null: it does not. */
  readonly watchdogMs: number | null;
}

/** @param env NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID of it. */
export function supervisionIn(env: Readonly<Record<string, string | undefined>>, pid: number): Supervision {
  const notify = (env['NOTIFY_SOCKET'] ?? '') !== '';
  const microseconds = Number(env['WATCHDOG_USEC'] ?? 0);
  // Inherited from a parent, it is not meant for this process.
  const ours = env['WATCHDOG_PID'] === undefined || env['WATCHDOG_PID'] === String(pid);
  const watched = notify && ours && Number.isSafeInteger(microseconds) && microseconds > 0;
  return { notify, watchdogMs: watched ? microseconds / 1000 : null };
}

/** Of this process. */
export function processSupervision(): Supervision {
  return supervisionIn(processEnvironment, processId);
}
