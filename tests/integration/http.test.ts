/** On a socket of its own, on loopback: what the server does when a page or a connection goes wrong. */
import { connect } from 'node:net';
import type { RunList } from '../../src/http/run-list.ts';
import { startHttp, type HttpServer } from '../../src/http/server.ts';
import { NO_ACTIONS, NO_PAGES, NOTHING_RUNS } from '../unit/http/fake-pages.ts';
import { fakePast, fakeReport } from '../unit/schedule/fake-report.ts';
import { keptLog } from '../unit/schedule/kept-log.ts';

let server: HttpServer;
const log = keptLog();
beforeAll(async () => {
  server = await startHttp({
    host: '127.0.0.1',
    port: 0,
    notReady: () => null,
    ...NO_ACTIONS,
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
  });
});
afterAll(() => server.close());

const get = (path: string): Promise<Response> => fetch(`http://${server.host}:${server.port}${path}`);

it('answers 500 for a page that fails, and goes on', async () => {
  expect((await get('/api/tasks')).status).toBe(500);
  expect((await get('/api/tasks')).status).toBe(500);
  expect((await get('/healthz')).status).toBe(200);
  expect(log.lines.filter(({ message }) => message === 'a page could not be made')).toHaveLength(2);
});

it('does not answer "no tasks" while the specs are being read', async () => {
  const reason = 'the first scan of the specs folder is not done';
  const starting = await startHttp({
    host: '127.0.0.1',
    port: 0,
    notReady: () => reason,
    ...NO_ACTIONS,
    pages: NO_PAGES,
    live: NOTHING_RUNS,
    metrics: () => Promise.resolve('tidemark_ready 0\n'),
    log,
    tasks: () => null,
    runs: () => ({ runs: [] }),
  });
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
