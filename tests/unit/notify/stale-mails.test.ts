/** Mails about stale tasks: one when it begins, ever fewer while it goes on, one when it is over. */
import type { Circumstances, FreshnessPromise } from '../../../src/domain/freshness.ts';
import { spec } from './sample.ts';
import { HOUR, setUp, type SetUp } from './set-up.ts';

const START = Date.parse('2026-07-01T02:00:00Z');
const hour = (hours: number): Date => new Date(START + hours * HOUR);
const promise: FreshnessPromise = {
  task: 'employees',
  file: 'specs/employees.json',
  freshnessMs: 26 * HOUR,
  timezone: spec.timezone,
  owner: spec.owner,
  firstSeen: hour(-1000),
};
const idle: Circumstances = {
  past: {
    success: { runId: 'run-1', finishedAt: hour(-26) },
    failure: null,
    failures: 0,
    runningSince: null,
  },
  schedule: '0 2 * * *',
  nextFire: hour(22),
  pausedSince: null,
  problem: null,
  inForce: true,
  daemonSince: hour(-1),
};
const failed: Circumstances = {
  ...idle,
  past: {
    ...idle.past,
    failure: {
      finishedAt: hour(-2),
      error: {
        code: 'ACCESS_DENIED',
        message: 'hunter2 was refused',
        hint: 'Not hunter2.',
        retryable: false,
      },
    },
    failures: 3,
  },
};
const STALE = '[tidemark] employees is stale: NO_RECENT_SUCCESS';
const FRESH = '[tidemark] employees is fresh again';

/** Said at this hour, of what is stale since hour 0. */
const stale = ({ notifier }: SetUp, at: number, circumstances = idle): Date | null =>
  notifier.staleness.stale(promise, hour(0), hour(at), () => circumstances);
const fresh = ({ notifier }: SetUp, at: number): void =>
  notifier.staleness.fresh(promise, { runId: 'run-2', finishedAt: hour(at) });
const subjects = ({ sent }: SetUp): string[] => sent.map(({ subject }) => subject);
async function textOf(circumstances: Circumstances): Promise<string> {
  const process = setUp();
  stale(process, 0, circumstances);
  await process.notifier.close();
  return process.sent[0]!.text.replaceAll(/\s+/g, ' ');
}

it('goes to the owner once, however often and by whomever it is said, until the interval is over', async () => {
  const first = setUp();
  expect(stale(first, 0)).toEqual(hour(1));
  expect(stale(first, 0.5)).toEqual(hour(1));
  await first.notifier.close();
  const second = first.again();
  expect(stale(second, 0.99)).toEqual(hour(1));
  expect(stale(second, 1)).toEqual(hour(7));
  expect(stale(second, 7)).toEqual(hour(31));
  await second.notifier.close();
  expect(first.sent.map(({ to, subject }) => [to.address, subject])).toEqual([['owner@example.com', STALE]]);
  expect(subjects(second)).toEqual([STALE, STALE]);
  expect(second.sent[1]?.text).toMatch(/the next mail about it comes in 24 h 0 min/);
  for (const { headers } of second.sent) expect(headers['References']).toBe(first.sent[0]?.messageId);
});

it('does not ask for the circumstances where no mail is due', () => {
  const process = setUp();
  stale(process, 0);
  const ask = (): never => {
    throw new Error('nobody needs them');
  };
  expect(process.notifier.staleness.stale(promise, hour(0), hour(0.5), ask)).toEqual(hour(1));
});

it('is followed by one mail when a run has succeeded, also in another process, and is then news again', async () => {
  const first = setUp();
  stale(first, 0);
  const second = first.again();
  fresh(second, 5);
  fresh(second, 5);
  stale(second, 32);
  await second.notifier.close();
  expect(subjects(second)).toEqual([STALE, FRESH, STALE]);
  const text = second.sent[1]!.text.replaceAll(/\s+/g, ' ');
  expect(text).toContain('Nothing needs to be done.');
  expect(text).toContain('Stale for 5 h 0 min Since 2026-07-01 02:00:00 UTC');
});

it.each<[string, (process: SetUp) => void]>([
  ['has nothing to end', (process) => fresh(process, 5)],
  [
    'ends without a word where the spec promises less',
    (process) => {
      stale(process, 0);
      fresh(process, -26);
      fresh(process, 5);
    },
  ],
  [
    'ends without a word where nothing is promised any more',
    (process) => {
      stale(process, 0);
      process.notifier.staleness.forgotten(['employees', 'others']);
      fresh(process, 5);
    },
  ],
])('%s', async (_what, act) => {
  const process = setUp();
  act(process);
  await process.notifier.close();
  expect(subjects(process)).not.toContain(FRESH);
});

it('lets failures be mailed and end for themselves', async () => {
  const process = setUp();
  stale(process, 0, failed);
  expect(process.book.incidents('employees')).toEqual([]);
  await process.notifier.close();
  expect(subjects(process)).toEqual([STALE]);
});

it.each<[string, Circumstances, string[]]>([
  [
    'what failed, with its code and hint, and without secrets',
    failed,
    [
      '3 runs failed since the last success. The last one, at 2026-07-01 00:00:00 UTC',
      'with ACCESS_DENIED: [redacted] was refused',
      'WHAT TO DO Not [redacted].',
      'Last failure 2026-07-01 00:00:00 UTC, 2026-07-01 02:00:00 Europe/Berlin (UTC+02:00), 2 h 0 min ago: ACCESS_DENIED',
      'the task runs at 2026-07-02 00:00:00 UTC',
    ],
  ],
  [
    'that nothing has run',
    idle,
    [
      'The last success lies 26 h 0 min back; the spec promises one every 26 h.',
      'Stale since 2026-07-01 02:00:00 UTC',
      'no daemon was there to run the task (this one runs since 2026-07-01 01:00:00 UTC',
      'a success at least every 26 h (freshness)',
      'Last success 2026-06-30 00:00:00 UTC',
    ],
  ],
  [
    'that it has never succeeded',
    { ...idle, past: { ...idle.past, success: null } },
    ['Last success never', 'Known since 2026-05-20 10:00:00 UTC'],
  ],
  [
    'that it is paused',
    { ...failed, pausedSince: hour(-9), nextFire: null },
    ['The task has been paused since 2026-06-30 17:00:00 UTC', 'Resume it'],
  ],
  [
    'that it has no schedule',
    { ...idle, schedule: null, nextFire: null },
    ['has no schedule: the task runs by hand only', 'tidemark run -s specs/employees.json'],
  ],
  [
    'that its spec cannot be used',
    { ...idle, inForce: false, schedule: null, nextFire: null, problem: 'employees.json:1:1 hunter2' },
    [
      'specs/employees.json cannot be used',
      'employees.json:1:1 [redacted]',
      'tidemark check specs/employees.json',
    ],
  ],
  [
    'that a run does not end',
    { ...idle, past: { ...idle.past, runningSince: hour(-3) } },
    ['A run is in progress since 2026-06-30 23:00:00 UTC', 'tidemark history employees'],
  ],
])('says %s', async (_what, circumstances, said) => {
  const text = await textOf(circumstances);
  for (const one of said) expect(text).toContain(one);
});
