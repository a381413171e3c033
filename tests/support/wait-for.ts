/** Waiting for what a process or a server does in its own time. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Long on a busy machine, and shorter than a test may take: who waits in vain is told what for. */
const WAIT_SECONDS = 90;

/** The first value that is not null. `what` names it where it does not come within a minute and a half. */
export async function waitFor<T>(what: string, look: () => T | null | Promise<T | null>): Promise<T> {
  for (const end = Date.now() + WAIT_SECONDS * 1000; Date.now() < end; await sleep(50)) {
    const found = await look();
    if (found !== null) return found;
  }
  throw new Error(`${what}: not within ${WAIT_SECONDS} s`);
}
