/** A chat service that keeps what its webhook is sent, and answers as a test asks. */
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { freePort } from './guarded.ts';
import { waitFor } from './wait-for.ts';

/** The path is a secret: nothing may ever show it. */
const SECRET_PATH = '/services/T0CANARY/B0CANARY/cAnary-w3bhook-t0ken';

export interface ChatService {
  readonly url: string;
  readonly secret: string;
  /** What it has taken, oldest first. */
  taken(): readonly { readonly text: string; readonly blocks: readonly object[] }[];
  /** How many requests have come, taken or not. */
  requests(): number;
  /** Method and path of the last one. */
  lastAsked(): string;
  waitForMessages(count: number): Promise<readonly { readonly text: string }[]>;
  /** Answers from now on; `silence`: never. The body, like that of a careless service, quotes the URL. */
  answer(status: number | 'silence', headers?: Readonly<Record<string, string>>): void;
  stop(): Promise<void>;
}

export async function startChatService(): Promise<ChatService> {
  const taken: { text: string; blocks: object[] }[] = [];
  let requests = 0;
  let lastAsked = '';
  let answer: { status: number | 'silence'; headers: Readonly<Record<string, string>> } = {
    status: 200,
    headers: {},
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      requests++;
      lastAsked = `${request.method} ${request.url}`;
      const { status, headers } = answer;
      if (status === 'silence') return;
      const right = request.method === 'POST' && request.url === SECRET_PATH;
      const isJson = request.headers['content-type']?.startsWith('application/json') === true;
      const code = right && isJson ? status : 400;
      if (code === 200) taken.push(JSON.parse(body) as (typeof taken)[number]);
      response.writeHead(code, headers).end(code === 200 ? 'ok' : `no_service at ${request.url}`);
    });
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${port}${SECRET_PATH}`,
    secret: SECRET_PATH,
    taken: () => taken,
    requests: () => requests,
    lastAsked: () => lastAsked,
    waitForMessages: (count) =>
      waitFor(`${count} messages to the webhook`, () => (taken.length >= count ? taken : null)),
    answer: (status, headers = {}) => {
      answer = { status, headers };
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
  return body;
}
