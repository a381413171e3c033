/** Who may act over HTTP, on a socket: the token, the cookie, forms of other sites, and what is done then. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { TidemarkError } from '../../src/errors.ts';
import { startHttp, type HttpServer } from '../../src/http/server.ts';
import { NO_ACTIONS, NO_PAGES, NOTHING_RUNS } from '../unit/http/fake-pages.ts';
import { keptLog } from '../unit/schedule/kept-log.ts';

const TOKEN = 'canary-token-0123456789';
const log = keptLog();
const done: string[] = [];
const servers: HttpServer[] = [];

async function serve(token: string | null): Promise<string> {
  const server = await startHttp({
    ...NO_ACTIONS,
    host: '127.0.0.1',
    port: 0,
    token,
    act: (action, task, actor) => {
      if (task === 'busy') throw new TidemarkError('ALREADY_RUNNING', 'Task busy is running already.');
      if (task === 'unsure')
        return Promise.reject(new TidemarkError('REDIS_UNREACHABLE', 'Not confirmed yet.'));
      if (task === 'unknown') throw new TidemarkError('USAGE', 'There is no task "unknown".');
      done.push(`${action} ${task} ${actor}`);
      return Promise.resolve();
    },
    notReady: () => null,
    pages: NO_PAGES,
    live: NOTHING_RUNS,
    metrics: () => Promise.resolve(''),
    log,
    tasks: () => null,
    runs: () => ({ runs: [] }),
  });
  servers.push(server);
  return `http://${server.host}:${server.port}`;
}

let url: string;
beforeAll(async () => {
  url = await serve(TOKEN);
});
beforeEach(() => void done.splice(0));
afterAll(() => Promise.all(servers.map((server) => server.close())));

const post = (path: string, headers: Record<string, string>, form: Record<string, string> = {}, to = url) =>
  fetch(`${to}${path}`, { method: 'POST', headers, body: new URLSearchParams(form), redirect: 'manual' });
const own = () => ({ Origin: url });
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

async function signIn(): Promise<string> {
  const answer = await post('/login', own(), { name: 'Ann', token: TOKEN, next: '/tasks/orders' });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/tasks/orders']);
  const cookie = answer.headers.get('set-cookie')!;
  expect(cookie).toMatch(/^tidemark_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
  expect(cookie).not.toContain(TOKEN);
  return cookie.split(';')[0]!;
}

it('acts for who has signed in, from a form of its own', async () => {
  const cookie = await signIn();
  const answer = await post('/tasks/orders/pause', { ...own(), Cookie: cookie }, { next: '/tasks/orders' });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/tasks/orders?done=pause']);
  expect(done).toEqual(['pause orders Ann@127.0.0.1']);
});

it('signs out', async () => {
  const cookie = await signIn();
  expect((await post('/logout', { ...own(), Cookie: cookie })).status).toBe(303);
  const answer = await post('/tasks/orders/run', { ...own(), Cookie: cookie });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/login?next=%2Ftasks%2Forders']);
  expect(done).toEqual([]);
});

it.each([
  ['another site', { Origin: 'http://evil.example', 'Sec-Fetch-Site': 'cross-site' }],
  ['another port of this host', { Origin: 'http://127.0.0.1:1', 'Sec-Fetch-Site': 'same-site' }],
  ['nobody knows where', {}],
])('refuses a form of %s, though the cookie came with it', async (_where, headers) => {
  const cookie = await signIn();
  const answer = await post('/tasks/orders/run', { ...headers, Cookie: cookie });
  expect(answer.status).toBe(403);
  expect((await post('/login', headers, { name: 'Ann', token: TOKEN })).status).toBe(403);
  expect(done).toEqual([]);
});

it('takes the token of a program in a header, and nowhere else', async () => {
  const answer = await post('/tasks/orders/run', { ...bearer(TOKEN), 'X-Tidemark-Actor': 'airflow' });
  expect([answer.status, await answer.json()]).toEqual([
    202,
    { task: 'orders', action: 'run', status: 'accepted' },
  ]);
  expect(done).toEqual(['run orders airflow@127.0.0.1']);
  const inAddress = await post(`/tasks/orders/run?token=${TOKEN}`, own());
  expect([inAddress.status, inAddress.headers.get('location')]).toEqual([
    303,
    '/login?next=%2Ftasks%2Forders',
  ]);
  const wrong = await post('/tasks/orders/run', bearer('wrong'));
  expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  const noName = await post('/tasks/orders/run', { ...bearer(TOKEN), 'X-Tidemark-Actor': '<script>' });
  expect(noName.status).toBe(400);
  expect(done).toHaveLength(1);
});

it('takes what curl -X POST sends: no body, and no word about one', async () => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = ['POST /tasks/orders/pause HTTP/1.1', `Host: ${hostname}`, `Authorization: Bearer ${TOKEN}`];
  socket.end([...lines, 'Connection: close', '', ''].join('\r\n'));
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 202 /);
  expect(done).toEqual(['pause orders token@127.0.0.1']);
});

it('says why something cannot be done', async () => {
  expect((await post('/tasks/busy/run', bearer(TOKEN))).status).toBe(409);
  const unknown = await post('/tasks/unknown/run', bearer(TOKEN));
  expect([unknown.status, await unknown.json()]).toEqual([400, { error: 'There is no task "unknown".' }]);
  const cookie = await signIn();
  const page = await post('/tasks/busy/run', { ...own(), Cookie: cookie });
  expect(page.status).toBe(409);
  expect(await page.text()).toContain('Task busy is running already.');
  expect((await fetch(`${url}/tasks/orders/run`)).status).toBe(405);
  expect((await post('/login', own(), { name: 'x'.repeat(20_000) })).status).toBe(413);
  const chunks = new Blob(['name=Ann']).stream();
  const stream = await fetch(`${url}/login`, {
    method: 'POST',
    headers: own(),
    body: chunks,
    duplex: 'half',
  });
  expect(stream.status).toBe(413);
});

it('does not say that something is done that may count for nothing', async () => {
  const answer = await post('/tasks/unsure/pause', bearer(TOKEN));
  expect([answer.status, await answer.json()]).toEqual([
    503,
    { error: 'Not confirmed yet.', code: 'REDIS_UNREACHABLE' },
  ]);
  const cookie = await signIn();
  const page = await post('/tasks/unsure/pause', { ...own(), Cookie: cookie });
  expect(page.status).toBe(503);
  expect(await page.text()).toContain('Not confirmed yet.');
});

it('says of a wrong token, and of a name that is none, what is wrong', async () => {
  const wrong = await post('/login', own(), { name: 'Ann', token: 'wrong' });
  expect(wrong.status).toBe(401);
  expect(await wrong.text()).toContain('This is not the token.');
  const nameless = await post('/login', own(), { name: '<script>alert(1)</script>', token: TOKEN });
  expect(nameless.status).toBe(400);
  expect(await nameless.text()).not.toContain('<script>alert');
  expect(nameless.headers.get('set-cookie')).toBeNull();
  expect(JSON.stringify(log.lines)).not.toContain(TOKEN);
});

it('does nothing for anybody where the config has no token', async () => {
  const off = await serve(null);
  const headers = { Origin: off };
  expect((await post('/tasks/orders/run', headers, {}, off)).status).toBe(403);
  expect((await post('/tasks/orders/run', bearer(TOKEN), {}, off)).status).toBe(403);
  expect((await post('/login', headers, { name: 'Ann', token: '' }, off)).status).toBe(403);
  expect((await fetch(`${off}/login`)).status).toBe(403);
  expect(done).toEqual([]);
});

it('tires of wrong tokens', async () => {
  for (let n = 0; n < 20; n++) await post('/tasks/orders/run', bearer(`wrong-${n}`));
  expect((await post('/tasks/orders/run', bearer(TOKEN))).status).toBe(429);
  expect((await post('/login', own(), { name: 'Ann', token: TOKEN })).status).toBe(429);
  expect(done).toEqual([]);
});
