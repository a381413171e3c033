/** Server-sent events on a socket: what is told when, how many may listen, and what becomes of them at the end. */
import type { LiveRun } from '../../src/http/live-run.ts';
import { MOST_VIEWERS } from '../../src/http/live-routes.ts';
import { startHttp, type HttpServer } from '../../src/http/server.ts';
import { waitFor } from '../support/wait-for.ts';
import { NO_ACTIONS, NO_PAGES } from '../unit/http/fake-pages.ts';
import { keptLog } from '../unit/schedule/kept-log.ts';

let version = 0;
let running: LiveRun[] = [];
const listeners = new Set<() => void>();
const change = (): void => {
  version++;
  for (const listener of listeners) listener();
};
let server: HttpServer;
beforeEach(async () => {
  running = [];
  server = await startHttp({
    ...NO_ACTIONS,
    host: '127.0.0.1',
    port: 0,
    notReady: () => null,
    pages: NO_PAGES,
    live: {
      running: () => running,
      version: () => String(version),
      onChange: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    metrics: () => Promise.resolve(''),
    log: keptLog(),
    tasks: () => null,
    runs: () => ({ runs: [] }),
  });
});
afterEach(() => server.close());

async function listen() {
  const abort = new AbortController();
  const answer = await fetch(`http://${server.host}:${server.port}/api/live`, { signal: abort.signal });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    /** Reads until something has come. */
    until: async (wanted: string): Promise<void> => {
      while (!text.includes(wanted)) {
        const { done, value } = await reader!.read();
        if (done) throw new Error(`the stream ended, and had no ${wanted}: ${text}`);
        text += value;
      }
      text = text.slice(text.indexOf(wanted) + wanted.length);
    },
    ended: async (): Promise<boolean> => {
      for (;;) if ((await reader!.read().catch(() => ({ done: true }))).done) return true;
    },
    leave: () => abort.abort(),
  };
}

const quiet = (count: number): Promise<true> =>
  waitFor(`${count} who listen`, () => (listeners.size <= count ? true : null));

const run: LiveRun = {
  task: 'orders',
  run_id: 'r',
  kind: 'manual',
  scheduled_for: '2026-03-04T05:06:07.000Z',
  started_at: '2026-03-04T05:06:07.000Z',
  phase: 'reading',
  rows: 7,
  bytes: 70,
  files: 1,
  estimated_rows: null,
};

it('tells the version at once and after a change, and progress while something runs', async () => {
  const viewer = await listen();
  expect([viewer.status, viewer.type]).toEqual([200, 'text/event-stream']);
  await viewer.until('event: live\ndata: []\n\n');
  await viewer.until(`event: version\ndata: ${version}\n\n`);
  running = [run];
  change();
  await viewer.until('"rows":7');
  await viewer.until(`event: version\ndata: ${version}\n\n`);
  // Nothing changes any more, but the run goes on.
  running = [{ ...run, rows: 8 }];
  await viewer.until('"rows":8');
  viewer.leave();
  await quiet(0);
});

it('has room for so many viewers, and again when one has left', async () => {
  const viewers = await Promise.all(Array.from({ length: MOST_VIEWERS }, listen));
  const refused = await fetch(`http://${server.host}:${server.port}/api/live`);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
  await refused.text();
  viewers[0]!.leave();
  await quiet(MOST_VIEWERS - 1);
  const next = await listen();
  expect(next.status).toBe(200);
  for (const viewer of [...viewers, next]) viewer.leave();
  await quiet(0);
});

it('lets go of all when the server closes', async () => {
  const viewer = await listen();
  await viewer.until('event: version');
  await server.close();
  expect(await viewer.ended()).toBe(true);
  await quiet(0);
  await expect(listen()).rejects.toThrow('fetch failed');
  server = { ...server, close: () => Promise.resolve() };
});
