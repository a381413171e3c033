/**
 * An HTTP proxy in front of an S3 endpoint that fails on command: errors in S3's XML, broken and silent connections.
 * Requests are forwarded as they came, `Host` and signature included: a client of the proxy signs for the proxy's
 * address, and the endpoint checks the signature against the `Host` header it is shown, so both agree.
 */
import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Which requests, and when. Without conditions: every request, before anything of it is forwarded. */
export interface When {
  readonly method?: string;
  /** Matched against path and query, `/bucket/key?partNumber=1&uploadId=…`. */
  readonly match?: RegExp;
  /** The rule ends after this many requests; default: never. */
  readonly times?: number;
  /** Acts once so many bytes of the request's body have been forwarded. */
  readonly afterBytes?: number;
  /** Acts when the endpoint has done what was asked and has answered: the answer is lost. */
  readonly afterAnswer?: boolean;
}

export interface Failure extends When {
  readonly status: number;
  /** S3's error code; default: the usual one of the status. */
  readonly code?: string;
}

export interface Rule {
  /** How many requests it has struck. */
  hits(): number;
  remove(): void;
}

export interface S3Proxy {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /** Answers with an error. */
  fail(failure: Failure): Rule;
  /** Breaks the client's connection with RST. */
  reset(when?: When): Rule;
  /** Reads no further and never answers. */
  hang(when?: When): Rule;
  /** Every request so far, in order of arrival. Status 0: not answered. */
  requests(): readonly { readonly method: string; readonly url: string; readonly status: number }[];
  stop(): Promise<void>;
}

const USUAL_CODES: Readonly<Record<number, string>> = {
  400: 'ExpiredToken',
  403: 'AccessDenied',
  404: 'NoSuchBucket',
  500: 'InternalError',
  503: 'SlowDown',
};

type Strike = (incoming: IncomingMessage, answer: ServerResponse) => void;
interface ActiveRule {
  readonly when: When;
  readonly strike: Strike;
  hits: number;
}

/** @param target endpoint behind it, `http://127.0.0.1:7480` */
export async function startS3Proxy(target: string): Promise<S3Proxy> {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const seen: { method: string; url: string; status: number }[] = [];
  let rules: ActiveRule[] = [];

  const ruleFor = (method: string, url: string): ActiveRule | undefined =>
    rules.find(
      ({ when, hits }) =>
        hits < (when.times ?? Infinity) &&
        (when.method ?? method) === method &&
        (when.match === undefined || url.search(when.match) >= 0),
    );

  const server = createServer((incoming, answer) => {
    const { method = 'GET', url = '/' } = incoming;
    const entry = { method, url, status: 0 };
    seen.push(entry);
    answer.on('finish', () => (entry.status = answer.statusCode));
    incoming.on('error', () => {}); // a client may give up at any time
    const rule = ruleFor(method, url);
    if (rule !== undefined) rule.hits++;
    if (rule !== undefined && rule.when.afterBytes === undefined && rule.when.afterAnswer !== true) {
      rule.strike(incoming, answer);
      return;
    }
    const options = {
      hostname,
      port,
      agent,
      method,
      path: url,
      setHost: false,
      headers: incoming.rawHeaders,
    };
    let struck = false;
    const outgoing = request(options, (reply) => {
      if (rule?.when.afterAnswer === true) {
        reply.resume().on('end', () => rule.strike(incoming, answer));
        return;
      }
      answer.writeHead(reply.statusCode!, reply.statusMessage, reply.rawHeaders);
      reply.pipe(answer);
    });
    outgoing.on('error', () => struck || answer.destroy());
    answer.on('close', () => answer.writableFinished || outgoing.destroy());

    const limit = rule?.when.afterBytes ?? Infinity;
    let forwarded = 0;
    incoming.on('data', (chunk: Buffer) => {
      if (struck) return;
      const piece = chunk.subarray(0, limit - forwarded);
      forwarded += piece.length;
      if (!outgoing.write(piece)) {
        incoming.pause();
        outgoing.once('drain', () => incoming.resume());
      }
      if (forwarded < limit || rule === undefined) return;
      struck = true;
      outgoing.destroy();
      rule.strike(incoming, answer);
    });
    incoming.on('end', () => struck || outgoing.end());
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const add = (when: When, strike: Strike): Rule => {
    const rule: ActiveRule = { when, strike, hits: 0 };
    rules.push(rule);
    return {
      hits: () => rule.hits,
      remove: () => {
        rules = rules.filter((other) => other !== rule);
      },
    };
  };
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail: (failure) => add(failure, (incoming, answer) => answerError(failure, incoming, answer)),
    reset: (when = {}) => add(when, (incoming) => incoming.socket.resetAndDestroy()),
    hang: (when = {}) => add(when, (incoming) => incoming.pause()),
    requests: () => seen,
    async stop() {
      agent.destroy();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function answerError(failure: Failure, incoming: IncomingMessage, answer: ServerResponse): void {
  const code = failure.code ?? USUAL_CODES[failure.status] ?? 'InternalError';
  const xml =
    `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code>` +
    `<Message>refused by the fault proxy</Message><RequestId>0000000000000000</RequestId></Error>`;
  incoming.resume(); // the rest of the body is read, so that the client sees the answer and no broken connection
  answer.writeHead(failure.status, { 'content-type': 'application/xml', 'content-length': xml.length });
  answer.end(incoming.method === 'HEAD' ? undefined : xml);
}
