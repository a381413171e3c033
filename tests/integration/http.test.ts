/** On a socket of its own, on loopback: what the server does when a page or a connection goes wrong. */
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { json } from 'node:stream/consumers';
import type { RunList } from '../../src/http/run-list.ts';
import { startHttp, type HttpOptions, type HttpServer } from '../../src/http/server.ts';
import { NO_ACTIONS, NO_PAGES, NOTHING_RUNS } from '../unit/http/fake-pages.ts';
import { fakePast, fakeReport } from '../unit/schedule/fake-report.ts';
import { keptLog } from '../unit/schedule/kept-log.ts';

let server: HttpServer;
const log = keptLog();
const OPTIONS: HttpOptions = {
  ...NO_ACTIONS,
  host: '127.0.0.1',
  port: 0,
  notReady: () => null,
  pages: NO_PAGES,
  live: NOTHING_RUNS,
  metrics: () => Promise.resolve('tidemark_ready 0\n'),
  log,
  tasks: () => {
    throw new Error('no tasks to tell of');
  },
  runs: ({ task, limit }) => ({
    runs: Array.from({ length: limit }, () => fakePast(fakeReport(task ?? 'any', new Date(0)))),
  }),
};
beforeAll(async () => {
  server = await startHttp(OPTIONS);
});
afterAll(() => server.close());

/** As a browser asks whose user was sent to a name that points here, or as a proxy passes a request on. */
async function ask(
  path: string,
  host: string,
  to = server,
  method = 'GET',
): Promise<{ status: number; body: unknown }> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request({ host: to.host, port: to.port, path, method, headers: { host } }, resolve)
    .on('error', reject)
    .end();
  const answer = await promise;
  const isJson = answer.headers['content-type']?.startsWith('application/json') ?? false;
  if (!isJson) answer.resume();
  return { status: answer.statusCode!, body: isJson ? await json(answer) : null };
}

const get = (path: string): Promise<Response> => fetch(`http://${server.host}:${server.port}${path}`);

it('answers 500 for a page that fails, and goes on', async () => {
  expect((await get('/api/tasks')).status).toBe(500);
  expect((await get('/api/tasks')).status).toBe(500);
  expect((await get('/healthz')).status).toBe(200);
  expect(log.lines.filter(({ message }) => message === 'a page could not be made')).toHaveLength(2);
});

it('does not answer "no tasks" while the specs are being read', async () => {
  const reason = 'the first scan of the specs folder is not done';
  const starting = await startHttp({ ...OPTIONS, notReady: () => reason, tasks: () => null });
  const answer = await fetch(`http://${starting.host}:${starting.port}/api/tasks`);
  await starting.close();
  expect(answer.status).toBe(503);
  expect(await answer.json()).toEqual({ status: 'not ready', reason });
});

it('survives what is no HTTP', async () => {
  await new Promise((resolve) => {
    const socket = connect(server.port, server.host, () => socket.end('\u0000\u0001 no HTTP\r\n\r\n'));
    socket.on('close', resolve).resume();
  });
  expect((await get('/readyz')).status).toBe(200);
});

it('answers for the runs that were asked for, and refuses what it does not understand', async () => {
  const { runs } = (await (await get('/api/runs?task=orders&limit=2')).json()) as RunList;
  expect(runs.map(({ task }) => task)).toEqual(['orders', 'orders']);
  const refused = await get('/api/runs?limit=many');
  expect(refused.status).toBe(400);
  expect(await refused.json()).toEqual({ error: 'limit: found "many"; allowed: 1 to 1000' });
  expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(2); // of the test before
});

describe('asked by a name that is not its own', () => {
  it.each([
    ['GET', '/metrics'],
    ['GET', '/api/runs'],
    ['GET', '/api/live'],
    ['GET', '/'],
    ['GET', '/assets/page.js'],
    ['GET', '/no/such/page'],
    ['POST', '/tasks/orders/run'],
    ['POST', '/login'],
    ['PUT', '/metrics'],
  ])('refuses %s %s, and says what to do where the name is right', async (method, path) => {
    expect(await ask(path, 'evil.example:9464', server, method)).toEqual({
      status: 421,
      body: { error: expect.stringMatching(/"evil\.example:9464".*http\.allowed_hosts/) as string },
    });
  });

  it('answers whoever only asks whether it is well', async () => {
    expect((await ask('/healthz', 'balancer.example')).status).toBe(200);
    expect((await ask('/readyz', 'balancer.example')).status).toBe(200);
  });

  it('answers by addresses, by localhost, and by the names of the config', async () => {
    const named = await startHttp({ ...OPTIONS, host: 'localhost', allowed_hosts: ['tidemark.example.com'] });
    for (const host of ['10.1.2.3:9464', '[fd00::7]:9464', 'localhost:1', 'TIDEMARK.example.com'])
      expect(await ask('/metrics', host, named)).toEqual({ status: 200, body: null });
    expect((await ask('/metrics', 'example.com', named)).status).toBe(421);
    await named.close();
  });
});
