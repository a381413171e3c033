/** What Redis answers instead of doing what it is asked: it is full, cannot write to its disk, has no replicas. */
import { ReplyError } from 'ioredis';
import { TidemarkError } from '../errors.ts';

/** @returns a REDIS_UNREACHABLE in Redis's own words for what Redis has refused; anything else as it is. */
export function orRefusal(error: unknown): unknown {
  if (!(error instanceof ReplyError)) return error;
  // A transaction is refused because of what is in it.
  const { previousErrors: [first] = [] } = error as { readonly previousErrors?: readonly Error[] };
  const words = (first ?? (error as Error)).message;
  return new TidemarkError('REDIS_UNREACHABLE', `Redis refuses what it is asked: ${words}`, {
    hint: 'Give Redis what it lacks: memory (`maxmemory`, with `maxmemory-policy noeviction`), disk, replicas, or rights of the user.',
    cause: error,
  });
}
