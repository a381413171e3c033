/** Waiting for Redis, which may be away for long, no longer than a signal lets one. */

/** @throws what the work rejects with, or the reason of the first signal: the work may still be done then. */
export async function before(signals: readonly AbortSignal[], work: () => Promise<void>): Promise<void> {
  const any = AbortSignal.any([...signals]);
  any.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(any.reason);
  any.addEventListener('abort', onAbort);
  const working = work();
  working.catch(() => {});
  await Promise.race([working, promise]).finally(() => any.removeEventListener('abort', onAbort));
}
