/**
 * An HTTP proxy in front of an S3 endpoint that stops a run at an exact request, before the endpoint has heard of it
 * or after it has answered: so a test can kill or stop a process in each phase of its work, without waiting for luck.
 */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Where a request is held: `before` the endpoint has heard of it, or `after` it has done what was asked. */
export type Moment = 'before' | 'after';

export interface Gate {
  readonly endpoint: string;
  /** The requests since the last `holdAt`, `PUT /bucket/key?partNumber=1…`. */
  requests(): readonly string[];
  /** Forgets the requests so far, and holds the `n`th (from 1) that comes and every one after it. */
  holdAt(n: number, moment?: Moment): void;
  /** The same for the `n`th request that matches, the first by default. */
  holdMatching(match: RegExp, moment?: Moment, n?: number): void;
  /** Settles when a request is held; rejects after a minute and a half. */
  held(): Promise<void>;
  /** Lets go of what is held, and of all that comes. What a client no longer waits for is not forwarded. */
  open(): void;
  stop(): Promise<void>;
}

const WAIT_SECONDS = 90;

export async function startGate(target: string): Promise<Gate> {
  const { hostname, port } = new URL(target);
  let seen: string[] = [];
  let shuts: (line: string, count: number) => boolean = () => false;
  let shutMoment: Moment = 'before';
  let shut = false;
  let heard = Promise.withResolvers<void>();
  let opened = Promise.withResolvers<void>();

  const wait = async (): Promise<void> => {
    heard.resolve();
    await opened.promise;
  };

  const server = createServer((incoming, answer) => {
    incoming.on('error', () => {}); // a client may be killed at any time
    answer.on('error', () => {});
    pass(incoming, answer).catch(() => answer.destroy());
  });

  async function pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const line = `${incoming.method} ${incoming.url}`;
    seen.push(line);
    if (!shut && shuts(line, seen.length)) shut = true;
    const [held, moment] = [shut, shutMoment];
    const body = await buffer(incoming);
    // Once the gate is shut, what comes later waits as well, or a killed process would get further than its answers.
    if (held && moment === 'before') await wait();
    if (answer.destroyed) return;
    const reply = await forward(incoming, body);
    if (held && moment === 'after') await wait();
    answer.writeHead(reply.status, reply.headers);
    answer.end(reply.body);
  }

  async function forward(
    incoming: IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; headers: string[]; body: Buffer }> {
    const outgoing = request({
      hostname,
      port,
      method: incoming.method,
      path: incoming.url,
      setHost: false,
      headers: incoming.rawHeaders,
    });
    outgoing.end(body);
    const [reply] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: reply.statusCode!, headers: reply.rawHeaders, body: await buffer(reply) };
  }

  const hold = (moment: Moment, when: typeof shuts): void => {
    seen = [];
    shut = false;
    shuts = when;
    shutMoment = moment;
    heard = Promise.withResolvers();
    opened = Promise.withResolvers();
  };

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => seen,
    holdAt: (n, moment = 'before') => hold(moment, (_line, count) => count >= n),
    holdMatching: (match, moment = 'before', n = 1) => {
      let matching = 0;
      hold(moment, (line) => line.search(match) >= 0 && ++matching === n);
    },
    held: async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_resolve, reject) => {
        const error = new Error(`no request was held; there were:\n${seen.join('\n')}`);
        timer = setTimeout(() => reject(error), WAIT_SECONDS * 1000).unref();
      });
      await Promise.race([heard.promise, late]).finally(() => clearTimeout(timer));
    },
    open() {
      shuts = () => false;
      shut = false;
      opened.resolve();
    },
    async stop() {
      opened.resolve();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
