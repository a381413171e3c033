/** Taking turns: a live run and a backfill of the same task, which may be in different processes. */
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
 * Takes the task's lock. A slot that has come waits for its turn where a backfill is in the way, which would be there
 * at the next slots, too; for any other run it does not wait.
 *
 * @throws TidemarkError ALREADY_RUNNING, STATE_UNUSABLE, or the signal's reason.
 */
export async function lockInTurn(
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
        if (!waiting && !turns.isBackfilled(task)) throw error;
      }
      turn ??= turns.ask(task);
      await sleep(TURN_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    turn?.release();
  }
}
