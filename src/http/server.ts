/**
 * The daemon's HTTP server, for health checks, for looking in, and for who has the token to act. Nothing secret is told.
 * What it answers is in routes.ts.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { json } from './json.ts';
import { isOwnHost } from './own-host.ts';
import type { Route } from './route.ts';
import { routesOf, type RouteOptions } from './routes.ts';
import { openSessions } from './sessions.ts';

export interface HttpOptions extends Omit<RouteOptions, 'sessions'> {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Names, besides `host`, that requests may call this server by; see own-host.ts. */
  readonly allowed_hosts: readonly string[];
  /** Whoever has it may act; null: nobody. */
  readonly token: string | null;
  readonly log: Log;
}

/**
 * Pages use what this server serves and nothing else, and nothing inline; nobody may frame them. No HSTS: the server
 * speaks plain HTTP. Forms name their origin, which is what tells them from those of other sites.
 */
const SECURITY: Parameters<typeof secureHeaders>[0] = {
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  strictTransportSecurity: false,
  xFrameOptions: 'DENY',
  referrerPolicy: 'same-origin',
};

/** Of a form. */
const MOST_BODY = 16_384;

export interface HttpServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Listens; rejects with CONFIG_INVALID where the address cannot be had. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const sessions = options.token === null ? null : openSessions(options.token);
  const names = [options.host, ...options.allowed_hosts];
  const app = application(routesOf({ ...options, sessions }), names, options.log);
  // Other libraries of the process keep the Request and Response that they know.
  const listener = getRequestListener(app.fetch, { hostname: 'localhost', overrideGlobalObjects: false });
  const server = createServer((request, response) => void listener(request, response));
  await listen(server, options);
  server.on('error', (error) => options.log.error('the HTTP server reports a fault', { error }));
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port, close: () => close(server) };
}

function application(routes: readonly Route[], names: readonly string[], log: Log): Hono {
  const app = new Hono();
  const open = new Set(routes.filter(({ anyHost }) => anyHost).map(({ path }) => path));
  app.use(secureHeaders(SECURITY));
  app.use(async ({ req }, next) => {
    const host = req.header('host');
    if (!isOwnHost(host, names) && !open.has(req.path)) return json({ error: strangeHost(host) }, 421);
    await next();
  });
  app.post('*', async ({ req }, next) => {
    // Node holds who sends a length to it; forms always do.
    const unknown = req.header('transfer-encoding') !== undefined;
    if (unknown || Number(req.header('content-length') ?? 0) > MOST_BODY)
      return json({ error: `a request may have ${MOST_BODY} bytes, and has to say how many` }, 413);
    await next();
  });
  for (const { method, path, answer } of routes) app.on(method, path, answer);
  const methods = Map.groupBy(routes, ({ path }) => path);
  for (const [path, group] of methods) {
    const allowed = group.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
    app.all(path, ({ req }) => {
      const answer = json({ error: `method ${req.method}; ${allowed.join(' and ')} are allowed` }, 405);
      answer.headers.set('Allow', allowed.join(', '));
      return answer;
    });
  }
  app.notFound(() => json({ error: `no such page; there are ${[...methods.keys()].join(', ')}` }, 404));
  // What is wrong with a question is told to who asked; everything else that fails is the daemon's.
  app.onError((thrown, { req }) => {
    const { code, message } = asTidemarkError(thrown);
    if (code === 'USAGE') return json({ error: message }, 400);
    log.error('a page could not be made', { path: req.path, error: thrown });
    return json({ error: 'see the log' }, 500);
  });
  return app;
}

function strangeHost(host = ''): string {
  return `the request calls this server ${JSON.stringify(host)}, which is none of its names; it answers by its address and as localhost. If the name is right, add it to http.allowed_hosts of the config and start the daemon again`;
}

function listen(server: Server, { host, port }: HttpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const refused = (error: NodeJS.ErrnoException): void => {
      const found = `http: found ${host}:${port}`;
      if (error.code === 'EADDRINUSE') {
        const hint = 'Choose a free `http.port`, or set `http` to null for no server.';
        reject(
          new TidemarkError('CONFIG_INVALID', `${found}, which another program uses`, { hint, cause: error }),
        );
      } else {
        const hint = 'Correct `http.host` and `http.port`, or set `http` to null for no server.';
        const message = `${found}, on which Tidemark cannot listen: ${error.message}`;
        reject(new TidemarkError('CONFIG_INVALID', message, { hint, cause: error }));
      }
    };
    server.once('error', refused);
    server.listen(port, host, () => {
      server.off('error', refused);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    // Connections that are kept alive, or that sent half a request, would hold the stop up.
    server.closeAllConnections();
  });
}
