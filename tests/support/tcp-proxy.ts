/** A TCP proxy that fails on command: what a database client sees when a server dies, hangs or is not there. */
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { connect, createServer, type Socket } from 'node:net';
import { freePort } from './guarded.ts';

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Ends every live connection, both sides; `'reset'` sends RST where `'close'` sends FIN. */
  cut(how?: 'close' | 'reset'): void;
  /** Stops forwarding in both directions without a word; new connections are accepted and hang too. */
  hang(): void;
  /** Forwards again what `hang` held back, and listens again after `refuse`. */
  resume(): Promise<void>;
  /** Stops listening: new connections are refused, live ones stay. */
  refuse(): Promise<void>;
  /** Bytes that came from the server and were forwarded, over all connections. */
  bytes(): number;
  /** Runs `action` once, right after `count` more bytes from the server have been forwarded. */
  onBytes(count: number, action: () => void): void;
  /** Live connections. */
  connections(): number;
  stop(): Promise<void>;
}

/** @param target the server behind it */
export async function startTcpProxy(target: { host?: string; port: number }): Promise<TcpProxy> {
  const pairs = new Set<{ client: Socket; server: Socket }>();
  const triggers: { at: number; action: () => void }[] = [];
  let forwarded = 0;
  let hanging = false;

  const send = (chunk: Buffer, from: Socket, to: Socket): void => {
    if (!to.destroyed && !to.write(chunk)) from.pause();
  };
  const fromServer = (chunk: Buffer, server: Socket, client: Socket): void => {
    let rest = chunk;
    while (rest.length > 0 && !client.destroyed) {
      if (hanging) {
        server.unshift(rest); // an action in the middle of the chunk: what is left of it waits as well
        return;
      }
      const next = triggers.toSorted((a, b) => a.at - b.at)[0];
      const due = next !== undefined && next.at <= forwarded + rest.length;
      const piece = due ? rest.subarray(0, next.at - forwarded) : rest;
      send(piece, server, client);
      forwarded += piece.length;
      rest = rest.subarray(piece.length);
      if (due) {
        triggers.splice(triggers.indexOf(next), 1);
        next.action();
      }
    }
  };

  const listener = createServer((client) => {
    const server = connect(target.port, target.host ?? '127.0.0.1');
    const pair = { client, server };
    pairs.add(pair);
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on('data', (chunk: Buffer) => send(chunk, client, server));
    server.on('data', (chunk: Buffer) => fromServer(chunk, server, client));
    client.on('drain', () => hanging || server.resume());
    server.on('drain', () => hanging || client.resume());
    client.on('end', () => server.end());
    server.on('end', () => client.end());
    const close = (): void => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    // Either side may go away at any time: that is the other side's to notice.
    for (const socket of [client, server]) socket.on('error', close).on('close', close);
    if (hanging) for (const socket of [client, server]) socket.pause();
  });
  const listen = async (port: number): Promise<void> => {
    const listening = once(listener, 'listening');
    listener.listen(port, '127.0.0.1');
    await listening;
  };
  const port = await freePort();
  await listen(port);

  const cut = (how: 'close' | 'reset' = 'close'): void => {
    for (const { client, server } of pairs) {
      if (how === 'reset') client.resetAndDestroy();
      else client.destroy();
      server.destroy();
    }
    pairs.clear();
  };
  return {
    host: '127.0.0.1',
    port,
    cut,
    hang() {
      hanging = true;
      for (const { client, server } of pairs) for (const socket of [client, server]) socket.pause();
    },
    async resume() {
      hanging = false;
      for (const { client, server } of pairs) for (const socket of [client, server]) socket.resume();
      if (!listener.listening) await listen(port);
    },
    async refuse() {
      if (listener.listening) {
        listener.close(); // reports back only when the last live connection has ended
        await setImmediate();
      }
    },
    bytes: () => forwarded,
    onBytes(count, action) {
      triggers.push({ at: forwarded + count, action });
    },
    connections: () => pairs.size,
    async stop() {
      for (const { client, server } of pairs) for (const socket of [client, server]) socket.destroy();
      if (listener.listening) await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}
