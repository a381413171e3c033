/** What people do to a task, where two daemons have one state: it is said to be done when the other would know of it. */
import { asTidemarkError, TidemarkError } from '../errors.ts';
import type { Settled } from '../ports.ts';
import type { Controls } from './controls.ts';

/** Somebody waits before a page. */
const CONFIRM_MS = 5_000;

/**
 * @param settled left out: the daemon is alone, and what it has written down is done.
 * @returns rejects as `act` throws, and with REDIS_UNREACHABLE or LEADERSHIP_LOST where it may yet count for nothing.
 */
export function confirmed(
  act: Controls['act'],
  settled: Settled | undefined,
): (...deed: Parameters<Controls['act']>) => Promise<void> {
  return async (...deed) => {
    act(...deed);
    try {
      await settled?.(AbortSignal.timeout(CONFIRM_MS));
    } catch (thrown) {
      const { code } = asTidemarkError(thrown);
      if (code === 'LEADERSHIP_LOST')
        throw new TidemarkError(
          code,
          'This daemon no longer leads: what was asked for does not count. Do it where the other leads.',
          { cause: thrown },
        );
      throw new TidemarkError(
        'REDIS_UNREACHABLE',
        'Redis has not confirmed what was asked for: it counts if this daemon goes on leading, and not if the other takes over. Look again when Redis answers.',
        { cause: thrown },
      );
    }
  };
}
