/** Taking turns on a task: live runs, the windows of a backfill, which may be another process's, and recovery. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Trigger } from './domain/run.ts';
import { asTidemarkError } from './errors.ts';
import type { RecoveryPorts } from './recovery.ts';

/** Live runs between the windows of a backfill, in whatever process it is. All throw TidemarkError STATE_UNUSABLE. */
export interface Turns {
  /** Whether a backfill of the task is under way. */
  isBackfilled(task: string): boolean;
  /** Asks for the next turn; null: somebody else does. */
  ask(task: string): { release(): void } | null;
  /** Whether somebody asks. */
  isAsked(task: string): boolean;
}

/** How often a live run looks whether the window of a backfill has ended, in milliseconds. */
const TURN_MS = 2000;

/**
 * Takes the task's lock, after recovery where this process is at it: also where that begins between looking and locking.
 * A slot that has come waits for its turn where a backfill is in the way, which would be there at the next slots, too;
 * for any other run it does not wait.
 *
 * @throws TidemarkError ALREADY_RUNNING, STATE_UNUSABLE, or the signal's reason.
 */
export async function lockInTurn(
  ports: { readonly turns: Turns } & Pick<RecoveryPorts, 'lockTask' | 'recovering'>,
  task: string,
  trigger: Trigger,
  signal: AbortSignal,
): Promise<{ release(): void }> {
  await recoveryOf(ports, task, signal);
  try {
    return await lockBetweenWindows(ports, task, trigger, signal);
  } catch (error) {
    if (!ports.recovering.has(task) || asTidemarkError(error).code !== 'ALREADY_RUNNING') throw error;
    await recoveryOf(ports, task, signal);
    return lockBetweenWindows(ports, task, trigger, signal);
  }
}

/** Waits for this process's recovery of the task. Who is told to stop does not: a bucket that hangs may take minutes. */
async function recoveryOf(
  { recovering }: Pick<RecoveryPorts, 'recovering'>,
  task: string,
  signal: AbortSignal,
): Promise<void> {
  const told = Promise.withResolvers<never>();
  const tell = (): void => told.reject(signal.reason);
  signal.addEventListener('abort', tell);
  if (signal.aborted) tell();
  try {
    await Promise.race([recovering.get(task), told.promise]);
  } finally {
    signal.removeEventListener('abort', tell);
  }
}

async function lockBetweenWindows(
  { turns, lockTask }: { readonly turns: Turns } & Pick<RecoveryPorts, 'lockTask'>,
  task: string,
  { kind }: Trigger,
  signal: AbortSignal,
): Promise<{ release(): void }> {
  let turn: { release(): void } | null = null;
  try {
    for (let waiting = false; ; waiting = true) {
      if (waiting) signal.throwIfAborted();
      try {
        return lockTask(task);
      } catch (error) {
        if (asTidemarkError(error).code !== 'ALREADY_RUNNING') throw error;
        if (kind !== 'scheduled' && kind !== 'catch_up') throw error;
        // A backfill that has ended between the two questions leaves the task free.
        if (!waiting && !turns.isBackfilled(task)) return lockTask(task);
      }
      turn ??= turns.ask(task);
      await sleep(TURN_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    turn?.release();
  }
}
