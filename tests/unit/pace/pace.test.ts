/** Waiting and reading slowly, with a server and a clock that a test moves by hand. */
import type { MaxLoad } from '../../../src/domain/spec.ts';
import { TidemarkError } from '../../../src/errors.ts';
import { paceOf, UNLIMITED, type Pace, type PaceClock, type PaceLimits } from '../../../src/pace/pace.ts';
import type { ServerLoad, Snapshot, Source } from '../../../src/ports.ts';
import { rowSource } from '../extract/row-source.ts';

const NEVER = new AbortController().signal;
const BUSY: MaxLoad = { threadsRunning: 50, replicaLagMs: null };
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Time goes on only when somebody sleeps and the test says so. */
function fakeClock() {
  let now = 0;
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  const clock: PaceClock = {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { until: now + ms, wake: resolve };
        sleepers.add(sleeper);
        signal.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason as Error);
        });
      }),
  };
  return {
    clock,
    sleepers,
    now: () => now,
    async advance(ms: number): Promise<void> {
      const end = now + ms;
      for (;;) {
        await settle();
        const [next] = [...sleepers].toSorted((a, b) => a.until - b.until);
        if (next === undefined || next.until > end) break;
        now = Math.max(now, next.until);
        sleepers.delete(next);
        next.wake();
      }
      now = end;
      await settle();
    },
  };
}

function setUp(limits: Partial<PaceLimits>) {
  const time = fakeClock();
  const waits: (string | null)[] = [];
  const server = { threadsRunning: 0, looks: 0, failure: null as Error | null };
  const load = async (): Promise<ServerLoad> => {
    server.looks++;
    if (server.failure !== null) throw server.failure;
    return { threadsRunning: server.threadsRunning, replicaLagS: null };
  };
  const rows = rowSource();
  const snapshot: Snapshot = { ...rows.snapshot, load };
  const source: Source = {
    load,
    open: () => Promise.resolve(snapshot),
    connect: () => Promise.reject(new Error('not asked for in this test')),
    referee: () => {
      throw new Error('not asked for in this test');
    },
  };
  const observer = {
    planned: () => {},
    progress: () => {},
    waits: (reason: string | null) => waits.push(reason),
  };
  const pace: Pace = paceOf({ ...UNLIMITED, ...limits }, observer.waits, time.clock);
  const seen: number[] = [];
  const read = (signal = NEVER) =>
    pace.over(snapshot).rows('SELECT 1', [], (_packet, start, end) => seen.push(end - start), signal);
  return { time, waits, server, rows, snapshot, source, pace, seen, read };
}

it('leaves a snapshot alone where nothing is limited, and asks the server nothing', async () => {
  for (const maxLoad of [null, { threadsRunning: null, replicaLagMs: null }]) {
    const { pace, snapshot, source, server } = setUp({ maxLoad });
    expect(pace.over(snapshot)).toBe(snapshot);
    await pace.beforeSnapshot(source, NEVER);
    await pace.beforeTable(snapshot, NEVER);
    expect(server.looks).toBe(0);
  }
});

it('waits before the snapshot until the server is calm, and says so once', async () => {
  const { pace, source, server, time, waits } = setUp({ maxLoad: BUSY });
  server.threadsRunning = 70;
  let isDone = false;
  const begun = pace.beforeSnapshot(source, NEVER).then(() => (isDone = true));
  await time.advance(3_600_000);
  expect(isDone).toBe(false);
  expect(waits).toEqual(['the server has 70 threads running, max_load.threads_running is 50']);
  server.threadsRunning = 10;
  await time.advance(30_000);
  await begun;
  expect(waits.slice(1)).toEqual([null]);
});

it('asks for all connections of the run, wherever they are', async () => {
  const asked: unknown[] = [];
  const pace = paceOf({ ...UNLIMITED, maxLoad: BUSY, lanes: 18 }, () => {});
  const load = async (question: unknown): Promise<ServerLoad> => {
    asked.push(question);
    return { threadsRunning: 0, replicaLagS: null };
  };
  await pace.beforeTable({ ...rowSource().snapshot, load }, NEVER);
  expect(asked).toEqual([{ threads: true, replication: false, lanes: 18 }]);
});

it('takes a server without a connection left for busy', async () => {
  const { pace, source, server, time, waits } = setUp({ maxLoad: BUSY });
  server.failure = new TidemarkError('TOO_MANY_CONNECTIONS', 'Too many connections');
  const begun = pace.beforeSnapshot(source, NEVER);
  await time.advance(1000);
  expect(waits).toEqual(['the server has no connection left']);
  server.failure = null;
  await time.advance(30_000);
  await begun;
});

it('fails before the snapshot where the server cannot be looked at, and not once it reads', async () => {
  const { pace, source, snapshot, server } = setUp({ maxLoad: BUSY });
  server.failure = new TidemarkError('PRIVILEGE_MISSING', 'no');
  await expect(pace.beforeSnapshot(source, NEVER)).rejects.toMatchObject({ code: 'PRIVILEGE_MISSING' });
  await pace.beforeTable(snapshot, NEVER);
});

it('stops waiting when it is told to', async () => {
  const { pace, source, server, time } = setUp({ maxLoad: BUSY });
  server.threadsRunning = 70;
  const stop = new AbortController();
  const begun = pace.beforeSnapshot(source, stop.signal);
  await time.advance(1000);
  stop.abort(new Error('timeout'));
  await expect(begun).rejects.toThrow('timeout');
});

it('waits for a table no longer than a snapshot may stand open', async () => {
  const { pace, snapshot, server, time } = setUp({ maxLoad: BUSY });
  server.threadsRunning = 70;
  const begun = pace.beforeTable(snapshot, NEVER);
  await time.advance(16 * 60_000);
  await begun;
  expect(server.looks).toBeGreaterThan(2);
});

it('stands still while the server is busy, for its reader, too, and goes on', async () => {
  const { read, rows, server, time, waits } = setUp({ maxLoad: BUSY });
  const stream = read();
  rows.push('a');
  expect(rows.isPaused()).toBe(false);
  server.threadsRunning = 70;
  await time.advance(5000);
  expect(rows.isPaused()).toBe(true);
  stream.pause();
  stream.resume();
  expect(rows.isPaused()).toBe(true);
  server.threadsRunning = 0;
  stream.pause();
  await time.advance(30_000);
  // Now only its reader holds it.
  expect(rows.isPaused()).toBe(true);
  stream.resume();
  expect(rows.isPaused()).toBe(false);
  expect(waits).toEqual([expect.stringContaining('70 threads'), null]);
  rows.end();
  await stream.done;
});

it('takes a breath when it has stood still for a quarter of an hour', async () => {
  const { read, rows, server, time } = setUp({ maxLoad: BUSY });
  const stream = read();
  server.threadsRunning = 70;
  await time.advance(6000);
  const held: boolean[] = [];
  for (let minute = 0; minute < 31; minute++) {
    for (let s = 0; s < 60; s++) {
      await time.advance(1000);
      held.push(rows.isPaused());
    }
  }
  expect(held.filter((isHeld) => !isHeld).length).toBeGreaterThanOrEqual(2 * 4);
  expect(held.filter((isHeld) => !isHeld).length).toBeLessThanOrEqual(2 * 6);
  rows.end();
  await stream.done;
});

it('leaves nobody waiting when the stream has ended', async () => {
  const { read, rows, time } = setUp({ maxLoad: BUSY, bytesPerSecond: 1000 });
  const stream = read();
  rows.push('x'.repeat(10_000));
  await settle();
  expect(time.sleepers.size).toBe(2);
  rows.fail(new Error('gone'));
  await expect(stream.done).rejects.toThrow('gone');
  await settle();
  expect(time.sleepers.size).toBe(0);
});

it('reads no faster than it may, evenly', async () => {
  const { read, rows, time, seen } = setUp({ bytesPerSecond: 100_000 });
  const stream = read();
  const row = 'x'.repeat(992);
  let sent = 0;
  const perSecond: number[] = [];
  for (let second = 0; second < 10; second++) {
    const before = sent;
    for (let tick = 0; tick < 100; tick++) {
      while (!rows.isPaused()) {
        rows.push(row);
        sent++;
      }
      await time.advance(10);
    }
    perSecond.push((sent - before) * 1000);
  }
  const [first, ...later] = perSecond;
  expect(first).toBeLessThanOrEqual(111_000 + 2000);
  for (const bytes of later) expect(Math.abs(bytes - 100_000)).toBeLessThanOrEqual(2000);
  expect(seen).toHaveLength(sent);
  rows.end();
  await stream.done;
});

it('makes the next rows pay for those that came although it had stopped', async () => {
  const { read, rows, time } = setUp({ bytesPerSecond: 1000 });
  const stream = read();
  for (let n = 0; n < 10; n++) rows.push('x'.repeat(95));
  expect(rows.isPaused()).toBe(true);
  await time.advance(400);
  expect(rows.isPaused()).toBe(true);
  await time.advance(2000);
  expect(rows.isPaused()).toBe(false);
  rows.end();
  await stream.done;
});
