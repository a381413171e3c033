/** Waiting for Redis, which may be away for long, no longer than a signal lets one. */

import { setTimeout as sleep } from 'node:timers/promises';
import { orRefusal } from './refusal.ts';

/** @throws what the work rejects with, REDIS_UNREACHABLE for what Redis refuses, or the reason of the first signal: the work may still be done then. */
export async function before<T>(signals: readonly AbortSignal[], work: () => Promise<T>): Promise<T> {
  const any = AbortSignal.any([...signals]);
  any.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(any.reason);
  any.addEventListener('abort', onAbort);
  const working = work().catch((error: unknown) => {
    throw orRefusal(error);
  });
  working.catch(() => {});
  return Promise.race([working, promise]).finally(() => any.removeEventListener('abort', onAbort));
}

/** How long the end of something waits for Redis to forget it, in milliseconds. */
export const CLOSE_MS = 5000;

/** Settles when the work does, or the time is over: what is left then is done behind its back. Never rejects. */
export async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const late = new AbortController();
  const patience = sleep(ms, undefined, { signal: late.signal }).catch(() => {});
  await Promise.race([work.catch(() => {}), patience]);
  late.abort();
}
