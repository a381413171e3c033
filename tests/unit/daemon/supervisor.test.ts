import {
  startSupervisor,
  statusText,
  type DaemonState,
  type Supervisor,
} from '../../../src/daemon/supervisor.ts';
import { keptLog } from '../schedule/kept-log.ts';

const { jest } = import.meta;
const CALM: DaemonState = { tasks: 12, running: 0, waiting: 0, problem: null, lateMs: 0 };

let state: DaemonState;
let sent: string[][];
const log = keptLog();
beforeEach(() => {
  jest.useFakeTimers();
  state = CALM;
  sent = [];
  log.lines.length = 0;
});
afterEach(() => jest.useRealTimers());

const start = (watchdogMs: number | null, send = keep): Supervisor =>
  startSupervisor({ notify: true, watchdogMs, state: () => state, log, send });
const keep = (assignments: readonly string[]): Promise<void> => {
  sent.push([...assignments]);
  return Promise.resolve();
};
const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms);

it('says when it is ready, what it is doing, and that it stops', async () => {
  const supervisor = start(null);
  supervisor.ready();
  state = { ...CALM, running: 2, waiting: 1 };
  await pass(30_000);
  await pass(300_000);
  supervisor.stopping();
  await supervisor.close();
  expect(sent).toEqual([
    ['READY=1', 'STATUS=12 tasks, 0 running, 0 waiting'],
    ['STATUS=12 tasks, 2 running, 1 waiting'],
    ['STOPPING=1'],
  ]);
});

it('says nothing before it is ready, and nothing of being ready once it stops', async () => {
  const supervisor = start(1000);
  await pass(10_000);
  supervisor.stopping();
  supervisor.ready();
  await supervisor.close();
  expect(sent).toEqual([['STOPPING=1', 'STATUS=12 tasks, 0 running, 0 waiting']]);
});

it('tells the watchdog at half of its time, and at least every 30 seconds', async () => {
  const supervisor = start(20_000);
  supervisor.ready();
  await pass(40_000);
  await supervisor.close();
  expect(sent.slice(1)).toEqual(Array.from({ length: 4 }, () => ['WATCHDOG=1']));
  sent = [];
  const slow = start(3_600_000);
  slow.ready();
  await pass(60_000);
  await slow.close();
  expect(sent.slice(1)).toHaveLength(2);
});

it('leaves the watchdog alone as long as the schedule is behind, and looks again soon', async () => {
  const supervisor = start(120_000);
  supervisor.ready();
  await pass(30_000);
  state = { ...CALM, lateMs: 10_001 };
  await pass(100_000);
  const before = sent.filter(([first]) => first === 'WATCHDOG=1').length;
  expect(before).toBe(1);
  expect(log.lines).toEqual([
    { level: 'error', message: 'the schedule is behind its own timer', late_ms: 10_001 },
  ]);
  state = CALM;
  await pass(1000);
  expect(sent.at(-1)).toEqual(['WATCHDOG=1']);
  await supervisor.close();
});

it('sends one message after the other', async () => {
  const ends: (() => void)[] = [];
  const supervisor = start(null, (assignments) => {
    sent.push([...assignments]);
    return new Promise((resolve) => ends.push(resolve));
  });
  supervisor.ready();
  supervisor.reloading();
  supervisor.ready();
  await pass(0);
  expect(sent).toHaveLength(1);
  ends.shift()?.();
  await pass(0);
  expect(sent).toHaveLength(2);
  expect(sent[1]).toEqual(['RELOADING=1', expect.stringMatching(/^MONOTONIC_USEC=\d+$/)]);
  ends.shift()?.();
  await pass(0);
  expect(sent[2]).toEqual(['READY=1']);
  ends.shift()?.();
  await supervisor.close();
});

it('warns once where nobody can be told, and goes on', async () => {
  const supervisor = start(1000, () => Promise.reject(new Error('spawn systemd-notify ENOENT')));
  supervisor.ready();
  await pass(5000);
  await supervisor.close();
  expect(log.lines).toHaveLength(1);
  expect(log.lines[0]).toMatchObject({ level: 'warn', error: new Error('spawn systemd-notify ENOENT') });
});

it('tells nobody where nobody asked', async () => {
  const supervisor = startSupervisor({
    notify: false,
    watchdogMs: null,
    state: () => state,
    log,
    send: keep,
  });
  supervisor.ready();
  await pass(100_000);
  supervisor.stopping();
  await supervisor.close();
  expect(sent).toEqual([]);
});

it('puts its state into one line', () => {
  expect(statusText({ ...CALM, tasks: 1, running: 1 })).toBe('1 task, 1 running, 0 waiting');
  expect(statusText({ ...CALM, problem: 'cannot read\nREADY=1' })).toBe(
    'cannot read READY=1; 12 tasks, 0 running, 0 waiting',
  );
});
