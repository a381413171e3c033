/** What Prometheus costs a daemon: one answer of /metrics, and what the process holds after many. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../tests/support/guarded.ts';
import { median, usageOf } from './measure.ts';
import type { Line } from './report.ts';

const SETTLE_MS = 15_000;
const SCRAPES = 60;
/** Prometheus asks every 15 s or less often; here it is more often, so that garbage has no time to go. */
const EVERY_MS = 1000;

/** @param config of a daemon none of whose tasks runs meanwhile; its port is taken from the environment. */
export async function measureScrapes(config: string): Promise<Line[]> {
  const port = await freePort();
  const daemon = spawn(process.execPath, ['dist/main.js', 'daemon', '--config', config], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, TIDEMARK_HTTP__PORT: String(port) },
  });
  process.once('exit', () => daemon.kill('SIGKILL'));
  try {
    const url = `http://127.0.0.1:${port}`;
    while (!(await fetch(`${url}/readyz`).catch(() => null))?.ok) await sleep(100);
    // The first answer reads the state of every task; those that follow, of what has changed.
    const first = await timed(url);
    await sleep(SETTLE_MS);
    const before = usageOf(daemon.pid!)!;
    const seconds: number[] = [];
    const lags: number[] = [];
    for (let scrape = 0; scrape < SCRAPES; scrape++) {
      const { text, wall } = await timed(url);
      seconds.push(wall);
      lags.push(Number(/^tidemark_nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)![1]));
      await sleep(EVERY_MS);
    }
    const after = usageOf(daemon.pid!)!;
    const cpu = (after.cpuSeconds - before.cpuSeconds) / SCRAPES;
    const megabytes = (Buffer.byteLength(first.text) / 1e6).toFixed(1);
    return [
      {
        what: 'one scrape of /metrics (median; the first)',
        found: `${median(seconds).toFixed(2)} s; ${first.wall.toFixed(2)} s`,
        goal: '',
        ok: null,
      },
      { what: '… CPU; size', found: `${cpu.toFixed(2)} s; ${megabytes} MB`, goal: '', ok: null },
      {
        what: '… the event loop is held up for at most',
        found: `${Math.max(...lags).toFixed(2)} s`,
        goal: '',
        ok: null,
      },
      {
        what: `daemon: memory, idle; after ${SCRAPES} scrapes`,
        found: `${before.rssMb.toFixed(0)} MB; ${after.rssMb.toFixed(0)} MB`,
        goal: '',
        ok: null,
      },
    ];
  } finally {
    daemon.kill();
    if (daemon.exitCode === null) await once(daemon, 'exit');
  }
}

async function timed(url: string): Promise<{ text: string; wall: number }> {
  const began = performance.now();
  const answer = await fetch(`${url}/metrics`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`/metrics answered ${answer.status}: ${text}`);
  return { text, wall: (performance.now() - began) / 1000 };
}
