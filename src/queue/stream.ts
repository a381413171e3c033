/** Messages through Redis streams: each is read once by whoever follows, in order, also over a lost connection. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { FORGOTTEN_S } from './names.ts';

/** How long a read waits at the server for something new. */
const BLOCK_MS = 2000;
const AT_ONCE = 500;
/** A server that has not answered so long after it should have is gone, whatever the network says. */
const PATIENCE_MS = 10_000;
/** After an answer that is an error, such as that of a server that is just loading its data. */
const PAUSE_MS = 500;

export interface Entry {
  /** Who it is for, or who it is from. */
  readonly lane: string;
  readonly body: string;
}

/** Settles when the server has it. */
export async function post(client: Redis, stream: string, lane: string, message: unknown): Promise<void> {
  await client
    .multi()
    .xadd(stream, '*', 'lane', lane, 'body', JSON.stringify(message))
    .expire(stream, FORGOTTEN_S)
    .exec();
}

/**
 * Reads a stream from its first entry on, until it is told to stop.
 *
 * @param connection is this reader's alone, and closed by it.
 */
export function follow(connection: Redis, stream: string, onEntry: (entry: Entry) => void): { stop(): void } {
  const stop = new AbortController();
  const isStopped = (): boolean => stop.signal.aborted;
  const read = async (): Promise<void> => {
    let last = '0';
    while (!isStopped()) {
      const silent = setTimeout(() => connection.disconnect(true), BLOCK_MS + PATIENCE_MS);
      const reply = await connection
        .xread('COUNT', AT_ONCE, 'BLOCK', BLOCK_MS, 'STREAMS', stream, last)
        // It is asked again; why the server cannot be used, the connection says.
        .catch(() => (isStopped() ? null : sleep(PAUSE_MS, null)));
      clearTimeout(silent);
      for (const [id, fields] of reply?.[0]?.[1] ?? []) {
        if (isStopped()) return;
        last = id;
        onEntry({ lane: fields[1] ?? '', body: fields[3] ?? '' });
      }
    }
  };
  void read();
  return {
    stop() {
      stop.abort();
      connection.disconnect();
    },
  };
}
