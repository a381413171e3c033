/**
 * The daemon's HTTP server, for health checks and for looking in. It only answers questions: nothing can be changed
 * through it, and nothing secret is told.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { asTidemarkError, TidemarkError } from '../errors.ts';
import type { Log } from '../ports.ts';
import { runQuery, type RunList, type RunQuery } from './run-list.ts';
import type { TaskList } from './task-list.ts';

export interface HttpOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Why the daemon is not ready; null: it is. */
  readonly notReady: () => string | null;
  /** Null: the specs folder has not been read yet. */
  readonly tasks: () => TaskList | null;
  readonly runs: (query: RunQuery) => RunList;
  readonly log: Log;
}

export interface HttpServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

type Route = (parameters: URLSearchParams) => Answer;

/** Listens; rejects with CONFIG_INVALID where the address cannot be had. */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const readiness = (): Answer => {
    const reason = options.notReady();
    if (reason === null) return { status: 200, body: { status: 'ready' } };
    return { status: 503, body: { status: 'not ready', reason } };
  };
  const routes: Readonly<Record<string, Route>> = {
    '/healthz': () => ({ status: 200, body: { status: 'alive' } }),
    '/readyz': readiness,
    '/api/tasks': () => {
      const tasks = options.tasks();
      return tasks === null ? readiness() : { status: 200, body: tasks };
    },
    '/api/runs': (parameters) => ({ status: 200, body: options.runs(runQuery(parameters)) }),
  };
  const server = createServer((request, response) => {
    try {
      answer(request, response, routes);
    } catch (error) {
      options.log.error('a page could not be made', { path: request.url, error });
      if (!response.headersSent) send(request, response, { status: 500, body: { error: 'see the log' } });
    }
  });
  await listen(server, options);
  server.on('error', (error) => options.log.error('the HTTP server reports a fault', { error }));
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port, close: () => close(server) };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: Readonly<Record<string, Route>>,
): void {
  const [path = '/', query = ''] = (request.url ?? '/').replace(/#.*$/s, '').split(/\?(.*)/s);
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  const allowed = request.method === 'GET' || request.method === 'HEAD';
  if (route === undefined) {
    send(request, response, {
      status: 404,
      body: { error: `no such page; there are ${Object.keys(routes).join(', ')}` },
    });
  } else if (allowed) {
    send(request, response, answerOf(route, new URLSearchParams(query)));
  } else {
    response.setHeader('Allow', 'GET, HEAD');
    send(request, response, {
      status: 405,
      body: { error: `method ${request.method}; GET and HEAD are allowed` },
    });
  }
}

/** What is wrong with a question is told to who asked; everything else that fails is the daemon's. */
function answerOf(route: Route, parameters: URLSearchParams): Answer {
  try {
    return route(parameters);
  } catch (thrown) {
    const { code, message } = asTidemarkError(thrown);
    if (code !== 'USAGE') throw thrown;
    return { status: 400, body: { error: message } };
  }
}

function send(request: IncomingMessage, response: ServerResponse, { status, body }: Answer): void {
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': bytes.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
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
