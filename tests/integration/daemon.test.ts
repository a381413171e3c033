/** The daemon with real files, timers, locks and HTTP; only the runs and the mails are the test's. */
import { appendFile, mkdir, mkdtemp, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon, type Daemon } from '../../src/daemon.ts';
import type { DaemonSettings } from '../../src/daemon/options.ts';
import type { RunTask } from '../../src/daemon/dispatcher.ts';
import type { InvalidSpec } from '../../src/daemon/spec-changes.ts';
import type { PastRun, RunKind, RunReport } from '../../src/domain/run.ts';
import type { TaskList } from '../../src/http/task-list.ts';
import { NO_READINGS } from '../unit/daemon/fake-readings.ts';
import { NO_PAST, NO_PAUSES } from '../unit/http/fake-pages.ts';
import { fakeOutcome, fakePast } from '../unit/schedule/fake-report.ts';
import { fakeBook, type FakeBook } from '../unit/schedule/fake-daemon.ts';
import { keptLog } from '../unit/schedule/kept-log.ts';
import { parseSample } from '../unit/watch/sample-spec.ts';

const EVERY_SECOND = '* * * * * *';
const NEVER_SOON = '0 0 1 1 *';

let home: string;
let specsDir: string;
let daemons: Daemon[];
let book: FakeBook;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tidemark-daemon-'));
  specsDir = join(home, 'specs');
  await mkdir(specsDir);
  daemons = [];
  book = fakeBook();
});
afterEach(async () => {
  await Promise.allSettled(daemons.map((daemon) => daemon.stop('the test is over')));
  await rm(home, { recursive: true });
});

const NO_FRESHNESS: Parameters<typeof startDaemon>[0]['freshness'] = {
  book: {
    load: () => [],
    save: () => {},
    lastSuccess: () => null,
    past: () => ({ success: null, failure: null, failures: 0, runningSince: null }),
  },
  news: { stale: () => null, fresh: () => {}, forgotten: () => {} },
};

const path = (name: string) => join(specsDir, name);
const spec = (task: string, schedule: string | null = EVERY_SECOND) =>
  JSON.stringify({ task_name: task, schedule });

/** Waits until something is true; the test's own timeout is the limit. */
async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await sleep(20);
}

/** A daemon whose runs last until `runTask` of the options says so; by default, no time. */
async function start(settings: Partial<DaemonSettings> = {}, runTask?: RunTask) {
  const log = keptLog();
  const runs: { task: string; kind: RunKind; scheduledFor: Date; file: string }[] = [];
  const skips: RunReport[] = [];
  const failures: { report: RunReport; nextFire: Date | null }[] = [];
  const invalid: InvalidSpec[] = [];
  const valid: string[] = [];
  const past = new Map<string, PastRun>();
  const daemon = await startDaemon({
    settings: {
      specsDir,
      stateDir: join(home, 'state'),
      timezone: 'UTC',
      maxConcurrentTasks: 2,
      shutdownGraceMs: 20_000,
      http: { host: '127.0.0.1', port: 0, allowed_hosts: [], token: null },
      watch: { polling: false, intervalMs: 200 },
      ...settings,
    },
    parseSpec: parseSample,
    recover: () => Promise.resolve(),
    sweep: () => Promise.resolve(),
    runTask: async (given, trigger, signal) => {
      const { kind, scheduledFor } = trigger;
      runs.push({ task: given.taskName, kind, scheduledFor, file: given.file });
      const outcome = await (runTask?.(given, trigger, signal) ??
        Promise.resolve(fakeOutcome(given.taskName, scheduledFor)));
      past.set(given.taskName, fakePast(outcome.report));
      return outcome;
    },
    blackoutEnd: () => null,
    recordSkip: ({ report }) => void skips.push(report),
    slots: book,
    freshness: NO_FRESHNESS,
    notifyRun: (_, { report }, { nextFire }) => {
      if (report.status === 'failed') failures.push({ report, nextFire });
    },
    notifyInvalidSpec: (one) => void invalid.push(one),
    notifyValidSpecs: (files) => void valid.push(...files),
    history: {
      lastRuns: () => past,
      runs: ({ task, limit }) => ({
        runs: [...past.values()].filter((run) => task === null || run.task === task).slice(0, limit),
      }),
      prune: () => Promise.resolve(),
      pruneLogs: () => Promise.resolve(),
    },
    pauses: NO_PAUSES,
    pages: NO_PAST,
    metrics: {
      past: NO_READINGS,
      endpoints: () => ({ sources: [], sinks: [] }),
      render: (reading) => Promise.resolve(JSON.stringify(reading)),
    },
    log,
  });
  daemons.push(daemon);
  const url = daemon.http === null ? '' : `http://${daemon.http.host}:${daemon.http.port}`;
  const tasks = async () => (await (await fetch(`${url}/api/tasks`)).json()) as TaskList;
  return {
    daemon,
    log,
    runs,
    skips,
    failures,
    invalid,
    valid,
    url,
    tasks,
    names: async () => (await tasks()).tasks.map(({ task }) => task),
    ranFrom: (file: string) => runs.some((run) => run.file === path(file)),
    says: (text: string) => log.lines.filter(({ message }) => message.includes(text)),
  };
}

describe.each([
  ['through the kernel', false],
  ['by polling', true],
])('the specs folder, watched %s', (_, polling) => {
  const watch = { polling, intervalMs: 200 };

  it('runs a dropped spec on its schedule, for whole seconds, each once', async () => {
    const { runs } = await start({ watch });
    await writeFile(path('a.json'), spec('a'));
    await until(() => runs.length >= 3);
    const slots = runs.slice(0, 3).map(({ scheduledFor }) => scheduledFor.getTime());
    expect(slots.map((slot) => slot % 1000)).toEqual([0, 0, 0]);
    expect(slots).toEqual([...new Set(slots)].toSorted((one, other) => one - other));
  });

  it('follows edits, renames, deletes and editors that write through a temporary file', async () => {
    await writeFile(path('a.json'), spec('a', NEVER_SOON));
    const { runs, names, ranFrom, log, tasks } = await start({ watch });
    expect(await names()).toEqual(['a']);

    await writeFile(path('a.json'), spec('a'));
    await until(() => ranFrom('a.json'));

    await rename(path('a.json'), path('b.json'));
    await until(() => ranFrom('b.json'));

    await writeFile(path('.b.json.swp'), 'not for us');
    await writeFile(path('b.json~'), spec('backup'));
    await writeFile(path('b.json.tmp'), spec('b2', NEVER_SOON));
    await rename(path('b.json.tmp'), path('b.json'));
    await until(async () => (await names()).join() === 'b2');
    expect((await tasks()).tasks[0]).toMatchObject({ schedule: NEVER_SOON, timezone: 'UTC', running: false });

    await unlink(path('b.json'));
    await until(async () => (await names()).length === 0);
    const before = runs.length;
    await sleep(1500);
    expect(runs).toHaveLength(before);
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('waits for half-written files, and keeps the last good version of a spoilt one', async () => {
    const { names, invalid, tasks, ranFrom, says } = await start({ watch });
    await writeFile(path('a.json'), spec('a').slice(0, 12));
    await sleep(300);
    await appendFile(path('a.json'), spec('a').slice(12));
    await until(() => ranFrom('a.json'));
    expect(invalid).toEqual([]);

    await writeFile(path('a.json'), '{ spoilt');
    await until(() => invalid.length === 1);
    expect(invalid[0]).toMatchObject({
      file: path('a.json'),
      lastGood: { taskName: 'a', schedule: EVERY_SECOND },
    });
    expect((await tasks()).tasks[0]).toMatchObject({
      task: 'a',
      invalid_edit: `${path('a.json')}:1:1 not JSON`,
    });

    await writeFile(path('new.json'), 'garbage');
    await until(() => invalid.length === 2);
    expect(invalid[1]).toMatchObject({ file: path('new.json'), lastGood: null });
    expect((await tasks()).unusable).toEqual([
      { file: path('new.json'), message: `${path('new.json')}:1:1 not JSON` },
    ]);

    await writeFile(path('a.json'), spec('a'));
    await until(() => says('valid again').length === 1);
    expect((await tasks()).tasks[0]).toMatchObject({ task: 'a', invalid_edit: null });
    expect(await names()).toEqual(['a']);
    expect(invalid).toHaveLength(2);
  });

  it('leaves a task name to the file that had it first', async () => {
    await writeFile(path('z.json'), spec('t', NEVER_SOON));
    const { invalid, tasks } = await start({ watch });
    await writeFile(path('a.json'), spec('t', NEVER_SOON));
    await until(() => invalid.length === 1);
    expect(invalid[0]?.error.message).toBe(
      `${path('a.json')}:1:1 task_name: found "t", which ${path('z.json')} has already; a name of its own is needed`,
    );
    await unlink(path('z.json'));
    await until(async () => (await tasks()).tasks[0]?.file === path('a.json'));
  });

  it('keeps its tasks while the folder is gone, and goes on with the new one', async () => {
    await writeFile(path('a.json'), spec('a', NEVER_SOON));
    const { names, url } = await start({ watch });
    // In one step: an empty folder on the way would be one without tasks.
    await rename(specsDir, join(home, 'gone'));
    await rm(join(home, 'gone'), { recursive: true });
    await until(async () => (await fetch(`${url}/readyz`)).status === 503);
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({
      status: 'not ready',
      reason: `specs folder ${specsDir} cannot be read: ENOENT`,
    });
    expect(await names()).toEqual(['a']);
    await mkdir(specsDir);
    await writeFile(path('b.json'), spec('b', NEVER_SOON));
    await until(async () => (await names()).join() === 'b');
    await writeFile(path('c.json'), spec('c', NEVER_SOON));
    await until(async () => (await names()).join() === 'b,c');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });
});

describe('runs', () => {
  it('never overlap with themselves, also when the spec is deleted and comes back meanwhile', async () => {
    let end: (() => void) | null = null;
    await writeFile(path('a.json'), spec('a'));
    const { runs, tasks, names, says } = await start({}, (given, { scheduledFor }) => {
      const report = fakeOutcome(given.taskName, scheduledFor);
      return end === null ? new Promise((resolve) => (end = () => resolve(report))) : Promise.resolve(report);
    });
    await until(() => says('run skipped').length > 0);
    expect((await tasks()).tasks[0]).toMatchObject({
      task: 'a',
      running: true,
      waiting: false,
      last_run: null,
    });
    await unlink(path('a.json'));
    await until(async () => (await names()).length === 0);
    const skipped = says('run skipped').length;
    await writeFile(path('a.json'), spec('a'));
    await until(() => says('run skipped').length > skipped);
    expect(runs).toHaveLength(1);
    (end as (() => void) | null)?.();
    await until(() => runs.length > 1);
    expect((await tasks()).tasks[0]).toMatchObject({ last_run: { status: 'succeeded', rows: 3, files: 1 } });
  });

  it('wait for one another beyond max_concurrent_tasks, and get their turn', async () => {
    let running = 0;
    let most = 0;
    for (const task of ['a', 'b', 'c', 'd']) await writeFile(path(`${task}.json`), spec(task));
    const { runs, says } = await start({ maxConcurrentTasks: 2 }, async (given, { scheduledFor }) => {
      most = Math.max(most, ++running);
      await sleep(700);
      running--;
      return fakeOutcome(given.taskName, scheduledFor);
    });
    await until(() => new Set(runs.map(({ task }) => task)).size === 4);
    expect(most).toBe(2);
    expect(says('run waits').length).toBeGreaterThan(0);
  });

  it('that fail are told to the owner, with the next fire', async () => {
    await writeFile(path('a.json'), spec('a'));
    const { failures, tasks } = await start({}, (given, { scheduledFor }) =>
      Promise.resolve(fakeOutcome(given.taskName, scheduledFor, 'TABLE_UNKNOWN')),
    );
    await until(() => failures.length > 0);
    const [first] = failures;
    expect(first?.report.error?.code).toBe('TABLE_UNKNOWN');
    expect(first?.nextFire?.getTime()).toBeGreaterThan(new Date(first?.report.scheduled_for ?? '').getTime());
    expect((await tasks()).tasks[0]?.last_run?.error?.code).toBe('TABLE_UNKNOWN');
  });
});

describe('slots', () => {
  it('that came while no daemon was there are made up for by one run', async () => {
    await writeFile(path('a.json'), spec('a'));
    const first = await start();
    await until(() => first.runs.length > 0);
    await first.daemon.stop('a pause');
    await sleep(2500);
    const { runs, says } = await start();
    // Before the next slot comes: a busy machine may miss one on its own.
    await until(() => runs.length > 0);
    expect(says('slots were missed')).toHaveLength(1);
    await until(() => runs.length >= 3);
    expect(runs.map(({ kind }) => kind).slice(0, 3)).toEqual(['catch_up', 'scheduled', 'scheduled']);
    const slots = [...first.runs, ...runs].map(({ scheduledFor }) => scheduledFor.getTime());
    expect(slots).toEqual([...new Set(slots)].toSorted((one, other) => one - other));
  });

  it('that come while their task runs are recorded as skipped, once for each run', async () => {
    await writeFile(path('a.json'), spec('a'));
    const { runs, skips } = await start({}, async (given, { scheduledFor }) => {
      await sleep(2300);
      return fakeOutcome(given.taskName, scheduledFor);
    });
    await until(() => runs.length === 2);
    expect(skips).toMatchObject([
      { task: 'a', kind: 'scheduled', status: 'skipped', error: { code: 'ALREADY_RUNNING' } },
    ]);
    const skipped = Date.parse(skips[0]?.scheduled_for ?? '');
    const [one, other] = runs.map(({ scheduledFor }) => scheduledFor.getTime());
    expect([one! < skipped, skipped < other!]).toEqual([true, true]);
  });
});

describe('stopping', () => {
  /** A run that ends when told, or when aborted. */
  const controlled = () => {
    const ends: (() => void)[] = [];
    const runTask: RunTask = (given, { scheduledFor }, signal) =>
      new Promise((resolve) => {
        ends.push(() => resolve(fakeOutcome(given.taskName, scheduledFor)));
        signal.addEventListener('abort', () =>
          resolve(fakeOutcome(given.taskName, scheduledFor, 'INTERRUPTED')),
        );
      });
    return { runTask, end: () => ends.forEach((one) => one()) };
  };

  it('lets a run end, starts no other, and is not ready meanwhile', async () => {
    await writeFile(path('a.json'), spec('a'));
    await writeFile(path('b.json'), spec('b'));
    const { runTask, end } = controlled();
    const { daemon, runs, failures, url, says } = await start({ maxConcurrentTasks: 1 }, runTask);
    await until(() => says('run waits').length === 1);
    const stopped = daemon.stop('SIGTERM');
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({
      status: 'not ready',
      reason: 'the daemon is stopping',
    });
    await sleep(1200);
    expect(runs).toHaveLength(1);
    end();
    await stopped;
    await daemon.done;
    expect(failures).toEqual([]);
    expect(says('waiting run dropped')).toHaveLength(1);
    expect(says('daemon stops')).toMatchObject([{ reason: 'SIGTERM', running: ['a'] }]);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('aborts a run that outlasts the grace, and tells its owner', async () => {
    await writeFile(path('a.json'), spec('a'));
    const { daemon, runs, failures } = await start({ shutdownGraceMs: 100 }, controlled().runTask);
    await until(() => runs.length === 1);
    await daemon.stop('SIGTERM');
    expect(failures).toMatchObject([{ report: { task: 'a', error: { code: 'INTERRUPTED' } } }]);
  });

  it('aborts at once when asked a second time', async () => {
    await writeFile(path('a.json'), spec('a'));
    const { daemon, runs, failures } = await start({ shutdownGraceMs: 3_600_000 }, controlled().runTask);
    await until(() => runs.length === 1);
    void daemon.stop('SIGTERM');
    await daemon.stop('SIGTERM');
    expect(failures).toHaveLength(1);
  });
});

describe('starting', () => {
  it('is refused beside another daemon on the state folder, until that one has stopped', async () => {
    const { daemon } = await start();
    await expect(start()).rejects.toMatchObject({
      code: 'ALREADY_RUNNING',
      message: expect.stringContaining(`in process ${process.pid}`) as string,
    });
    await daemon.stop('the other is wanted');
    await start();
  });

  it.each([
    ['does not exist', 'missing', 'which does not exist'],
    ['is a file', 'file', 'which is not a folder'],
  ])('is refused where the specs folder %s, and leaves nothing behind', async (_, name, message) => {
    await writeFile(join(home, 'file'), '');
    await expect(start({ specsDir: join(home, name) })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `specs_dir: found ${join(home, name)}, ${message}`,
    });
    await start();
  });

  it('is refused where the port is taken, and leaves nothing behind', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(
      start({ http: { host: '127.0.0.1', port, allowed_hosts: [], token: null } }),
    ).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `http: found 127.0.0.1:${port}, which another program uses`,
    });
    other.close();
    await start();
  });

  it('needs no HTTP server', async () => {
    const { daemon } = await start({ http: null });
    expect(daemon.http).toBeNull();
  });
});

describe('HTTP', () => {
  it('answers GET and HEAD, and says no to the rest', async () => {
    const { url } = await start();
    const alive = await fetch(`${url}/healthz?x=1`);
    expect([alive.status, await alive.json()]).toEqual([200, { status: 'alive' }]);
    expect(Object.fromEntries(alive.headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const ready = await fetch(`${url}/readyz`, { method: 'HEAD' });
    expect([ready.status, await ready.text(), ready.headers.get('content-length')]).toEqual([200, '', '19']);
    const missing = await fetch(`${url}/constructor`);
    expect([missing.status, await missing.json()]).toEqual([
      404,
      {
        error: expect.stringMatching(
          /^no such page; there are \/healthz, \/readyz, .*\/api\/runs, .*\/, /,
        ) as string,
      },
    ]);
    const posted = await fetch(`${url}/api/tasks`, { method: 'POST', body: 'x' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});
