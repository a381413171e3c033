/**
 * The connection to Redis or Valkey. While the server is away, commands wait for it and connecting is tried again, for
 * ever: what is done meanwhile is told when it is back. Whoever cannot wait that long says so with a signal.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { Redis, type RedisOptions } from 'ioredis';
import type { ExecutorConfig } from '../config/config.ts';
import { TidemarkError } from '../errors.ts';

export type QueueConfig = Extract<ExecutorConfig, { readonly type: 'bullmq' }>;

export interface QueueConnection {
  /** For commands that are answered at once. Shared: nobody blocks it. */
  readonly client: Redis;
  /** A connection for commands that wait at the server. It is closed with this one. */
  blocking(): Redis;
  /** Why the server cannot be used just now, in words without secrets; null: it can. */
  away(): string | null;
  /** Hears of each change of `away`. @returns stops hearing. */
  onAway(listener: (reason: string | null) => void): () => void;
  /**
   * Settles when the server answers.
   *
   * @param patienceMs how long to wait for that.
   * @throws TidemarkError REDIS_UNREACHABLE, or the signal's reason.
   */
  ready(patienceMs: number, signal?: AbortSignal): Promise<void>;
  /** Ends at once. What was waiting for the server may wait for ever: who cannot, listens to `closed`. */
  close(): void;
  /** Aborted by `close`. */
  readonly closed: AbortSignal;
}

/** Between two tries to connect, in milliseconds. */
const RECONNECT_MS = { first: 50, most: 1000 } as const;
/** How often the server is asked whether it is there. One that does not answer before the next time is gone. */
const PING_MS = 10_000;

/**
 * @param role shown by the server's CLIENT LIST.
 * @throws TidemarkError CONFIG_INVALID where `tls_ca` cannot be read.
 */
export function connectQueue(config: QueueConfig, role: string): QueueConnection {
  const options = redisOptions(config, role);
  const listeners = new Set<(reason: string | null) => void>();
  const all = new Set<Redis>();
  const closing = new AbortController();
  let reason: string | null = 'not connected yet';
  const say = (next: string | null): void => {
    if (reason === next) return;
    reason = next;
    for (const listener of listeners) listener(next);
  };
  const open = (): Redis => {
    const one = new Redis(options);
    // Each failure is followed by a new try; `away` says why it is needed.
    one.on('error', () => {});
    all.add(one);
    one.on('end', () => all.delete(one));
    return one;
  };
  const client = open();
  client.on('ready', () => say(null));
  client.on('error', (error: Error) => say(error.message));
  client.on('close', () => say(reason ?? 'the connection was lost'));
  // A network that swallows everything says nothing of it.
  let unanswered = false;
  const pinging = setInterval(() => {
    if (client.status !== 'ready') return;
    if (unanswered) {
      say('it does not answer');
      client.disconnect(true);
    }
    unanswered = !unanswered;
    if (unanswered)
      client.ping().then(
        () => (unanswered = false),
        () => {},
      );
  }, PING_MS);
  pinging.unref();
  return {
    client,
    closed: closing.signal,
    blocking: open,
    away: () => reason,
    onAway: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async ready(patienceMs, signal) {
      if (client.status === 'ready') return;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const onAbort = (): void => reject(signal?.reason);
      const late = setTimeout(() => reject(unreachable(config, reason ?? 'no answer')), patienceMs);
      client.once('ready', resolve);
      signal?.addEventListener('abort', onAbort);
      if (signal?.aborted === true) onAbort();
      await promise.finally(() => {
        clearTimeout(late);
        client.off('ready', resolve);
        signal?.removeEventListener('abort', onAbort);
      });
    },
    close() {
      clearInterval(pinging);
      listeners.clear();
      closing.abort(new Error('The connection to Redis was closed.'));
      for (const one of all) one.disconnect();
    },
  };
}

/** Of the config, without what its user does not say. */
export function redisOptions({ url, tls_ca }: QueueConfig, role: string): RedisOptions {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return {
    host,
    port: port === '' ? 6379 : Number(port),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    db: Number(pathname.slice(1) || 0),
    ...(protocol === 'rediss:' ? { tls: tlsOptions(host, tls_ca) } : {}),
    connectionName: `tidemark-${role}`,
    // Commands wait for the server, however long that takes, and are sent again where their answer was lost.
    maxRetriesPerRequest: null,
    retryStrategy: (tries) => Math.min(tries * RECONNECT_MS.first, RECONNECT_MS.most),
    // After a failover the old primary answers READONLY: connecting anew finds the new one.
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
    keepAlive: PING_MS,
  };
}

function tlsOptions(host: string, file: string | null): object {
  const servername = isIP(host) === 0 ? { servername: host } : {};
  if (file === null) return servername;
  try {
    return { ...servername, ca: readFileSync(file) };
  } catch (error) {
    const message = `executor.tls_ca names the file ${file}, which cannot be read (${(error as NodeJS.ErrnoException).code}).`;
    throw new TidemarkError('CONFIG_INVALID', message, { cause: error });
  }
}

function unreachable({ url }: QueueConfig, reason: string): TidemarkError {
  const { hostname, port } = new URL(url);
  return new TidemarkError(
    'REDIS_UNREACHABLE',
    `The queue at ${hostname}:${port || 6379} cannot be used: ${reason}.`,
  );
}
