/**
 * Tells whoever started the daemon how it is: systemd, or what speaks its protocol, by the program `systemd-notify`,
 * because Node has no datagram sockets of the kind; and pm2 by a message. Where nobody asked, nothing is told.
 */
import { spawn } from 'node:child_process';
import type { Log } from '../ports.ts';

export interface DaemonState {
  readonly tasks: number;
  readonly running: number;
  readonly waiting: number;
  /** Why it is not ready; null: it is. */
  readonly problem: string | null;
  /** By how much the schedule is behind its own timer. */
  readonly lateMs: number;
}

export interface SupervisorOptions {
  /** Whether a service manager waits to be told. */
  readonly notify: boolean;
  /** It kills the process where it hears nothing for so long; null: it does not. */
  readonly watchdogMs: number | null;
  readonly state: () => DaemonState;
  readonly log: Log;
  /** Sends assignments such as `READY=1`; by default through `systemd-notify`. */
  readonly send?: (assignments: readonly string[]) => Promise<void>;
}

export interface Supervisor {
  /** The specs are read, or read again. From now on the state is told, and that the daemon is alive. */
  ready(): void;
  reloading(): void;
  stopping(): void;
  /** Settles when all has been told. */
  close(): Promise<void>;
}

/** How often the state is told where it has changed, and at least half as often as the watchdog wants. */
const BEAT_MS = 30_000;
/** A schedule that is behind is looked at again after so long. */
const LOOK_MS = 1_000;
/** A timer of a busy process may be late by less. */
const LATE_MS = 10_000;
const SEND_MS = 10_000;

export function startSupervisor(options: SupervisorOptions): Supervisor {
  const { notify, watchdogMs, state, log, send = systemdNotify } = options;
  const beatMs = watchdogMs === null ? BEAT_MS : Math.min(BEAT_MS, watchdogMs / 2);
  let sending = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let said = '';
  let warned = false;
  let ending = false;

  // One after the other: what came first must not be heard last.
  const tell = (...assignments: string[]): void => {
    if (!notify) return;
    sending = sending.then(async () => {
      try {
        await send(assignments);
      } catch (error) {
        if (!warned) log.warn('systemd cannot be told how the daemon is', { error, hint: HINT });
        warned = true;
      }
    });
  };

  const status = (): string[] => {
    const text = statusText(state());
    if (text === said) return [];
    said = text;
    return [`STATUS=${text}`];
  };

  let late = false;
  const beat = (): void => {
    const { lateMs } = state();
    const behind = lateMs > LATE_MS;
    if (behind && !late) log.error('the schedule is behind its own timer', { late_ms: Math.round(lateMs) });
    late = behind;
    const news = [...(watchdogMs === null || behind ? [] : ['WATCHDOG=1']), ...status()];
    if (news.length > 0) tell(...news);
    timer = setTimeout(beat, behind ? Math.min(LOOK_MS, beatMs) : beatMs);
  };

  return {
    ready: () => {
      // Told to stop while it started.
      if (ending) return;
      tell('READY=1', ...status());
      if (notify && timer === undefined) timer = setTimeout(beat, beatMs);
      process.send?.('ready', undefined, undefined, () => {});
    },
    reloading: () => tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => {
      ending = true;
      tell('STOPPING=1', ...status());
    },
    close: async () => {
      clearTimeout(timer);
      await sending;
    },
  };
}

const HINT =
  'Install systemd-notify, or start the daemon without NOTIFY_SOCKET: with Type=exec instead of Type=notify.';

/** `12 tasks, 2 running, 1 waiting`, or what is wrong. */
export function statusText({ tasks, running, waiting, problem }: DaemonState): string {
  const counts = `${tasks} ${tasks === 1 ? 'task' : 'tasks'}, ${running} running, ${waiting} waiting`;
  // One line: what follows would be taken for another assignment.
  return (problem === null ? counts : `${problem}; ${counts}`).replaceAll(/\s+/g, ' ');
}

/** Settles when the service manager has taken the message: only then may the program that sent it end. */
function systemdNotify(assignments: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('systemd-notify', assignments, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: SEND_MS,
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`systemd-notify ended with ${code ?? signal}: ${said.trim()}`));
    });
  });
}
