/**
 * What the daemon does by itself at its start and from time to time after that: recovery, because a bucket that was
 * out of reach comes back some day, and the sweep of aborted uploads, because they may come back, too.
 */
import { repeat } from './repeat.ts';

const RECOVER_EVERY_MS = 5 * 60_000;
const SWEEP_EVERY_MS = 24 * 60 * 60_000;

/** Neither rejects. */
export interface Housekeeping {
  recover(signal: AbortSignal): Promise<void>;
  sweep(signal: AbortSignal): Promise<void>;
}

/**
 * Begins at once. Nobody waits for it: a bucket out of reach must not keep the other tasks from running.
 *
 * @returns stops it. What is under way is left to itself: the state knows all that is not done.
 */
export function startRecovery({ recover, sweep }: Housekeeping): () => void {
  const stops = [repeat(recover, RECOVER_EVERY_MS), repeat(sweep, SWEEP_EVERY_MS)];
  return () => {
    for (const stop of stops) void stop();
  };
}
