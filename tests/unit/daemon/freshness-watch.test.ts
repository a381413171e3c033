/** When a daemon says that a task is stale, and that it is no longer, on a clock that the test makes. */
import { watchFreshness } from '../../../src/daemon/freshness-watch.ts';
import type { FreshnessPromise, Success } from '../../../src/domain/freshness.ts';
import { TidemarkError } from '../../../src/errors.ts';
import { updateSpecSet, type SpecSet } from '../../../src/watch/spec-set.ts';
import { fakeClock } from '../schedule/fake-clock.ts';
import { keptLog } from '../schedule/kept-log.ts';
import { faults, sampleSpec } from '../watch/sample-spec.ts';

const HOUR = 3_600_000;
const START = '2026-03-01T00:00:00.000Z';
const hour = (hours: number): Date => new Date(Date.parse(START) + hours * HOUR);

const specsOf = (tasks: Readonly<Record<string, number | null>>): SpecSet => {
  const specs = Object.entries(tasks).map(([task, hours]) =>
    sampleSpec(task, { freshnessMs: hours === null ? null : hours * HOUR }),
  );
  const files = new Map(specs.map((spec) => [spec.file, { spec }]));
  return updateSpecSet(new Map(), [...files.keys()], files).set;
};

/** A daemon that starts at an hour, on what is kept from before. */
function daemon(kept: FreshnessPromise[] = [], successes = new Map<string, Success>(), startHour = 0) {
  const clock = fakeClock(hour(startHour).toISOString());
  const log = keptLog();
  const said: string[] = [];
  let looks = 0;
  let down = false;
  const elapsed = (): number => (clock.now().getTime() - Date.parse(START)) / HOUR;
  const watch = watchFreshness({
    clock,
    log,
    isThere: (file) => file === 'specs/half.json',
    circumstances: () => ({
      schedule: null,
      nextFire: null,
      pausedSince: null,
      problem: null,
      inForce: true,
    }),
    book: {
      load: () => kept,
      save(changed, gone) {
        const others = kept.filter(
          ({ task }) => !gone.includes(task) && !changed.some((one) => one.task === task),
        );
        kept.splice(0, kept.length, ...others, ...changed);
      },
      lastSuccess(task) {
        looks++;
        if (down) throw new TidemarkError('STATE_UNUSABLE', 'the disk is gone');
        return successes.get(task) ?? null;
      },
      past: () => ({ success: null, failure: null, failures: 0, runningSince: null }),
    },
    news: {
      stale(promise, since, now, circumstances) {
        expect(circumstances()).toMatchObject({ daemonSince: hour(startHour), inForce: true });
        said.push(`${elapsed()} ${promise.task} stale since ${(since.getTime() - Date.parse(START)) / HOUR}`);
        // As the mails do it: again an hour later.
        return new Date(now.getTime() + HOUR);
      },
      fresh: ({ task }) => void said.push(`${elapsed()} ${task} fresh`),
      forgotten: (tasks) => void said.push(`${elapsed()} ${tasks.join()} forgotten`),
    },
  });
  return {
    clock,
    watch,
    kept,
    said,
    log,
    successes,
    succeed: (task: string) => successes.set(task, { runId: 'r', finishedAt: clock.now() }),
    breakState: (broken: boolean) => void (down = broken),
    looks: () => looks,
    /** What was said of stale tasks. */
    stale: () => said.filter((line) => line.includes('stale')),
  };
}

it('says that a task is stale at the very moment, though nothing has ever run', () => {
  const { clock, watch, said } = daemon();
  watch.apply(specsOf({ a: 26 }));
  clock.pass(26 * HOUR - 1);
  expect([said, watch.staleSince('a')]).toEqual([['0 a fresh'], null]);
  clock.pass(1);
  expect([said.at(-1), watch.staleSince('a')]).toEqual(['26 a stale since 26', hour(26)]);
});

it('says so at the start, where the daemon was down meanwhile', () => {
  const { watch, said, kept } = daemon();
  watch.apply(specsOf({ a: 26, never: 40 }));
  watch.stop();
  const later = daemon(kept, new Map([['a', { runId: 'r', finishedAt: hour(3) }]]), 50);
  later.watch.apply(specsOf({ a: 26, never: 40 }));
  expect(said).toEqual(['0 a fresh', '0 never fresh']);
  expect(later.said).toEqual(['50 a stale since 29', '50 never stale since 40']);
});

it('sees a success at the end of the run, and one of another process within a minute', () => {
  const { clock, watch, said, succeed, log } = daemon();
  watch.apply(specsOf({ a: 1, b: 1 }));
  clock.pass(HOUR);
  succeed('a');
  watch.ended('a');
  succeed('b');
  clock.pass(60_000);
  expect(said.filter((line) => line.includes('fresh'))).toEqual([
    '0 a fresh',
    '0 b fresh',
    '1 a fresh',
    expect.stringMatching(/^1\.01\d* b fresh$/),
  ]);
  expect([watch.staleSince('a'), watch.staleSince('b')]).toEqual([null, null]);
  expect(log.lines.map(({ level, message, task }) => `${level} ${message} ${String(task)}`)).toEqual([
    'warn task is stale: no run has succeeded for too long a',
    'warn task is stale: no run has succeeded for too long b',
    'info task is fresh again a',
    'info task is fresh again b',
  ]);
});

it('stays stale through runs that fail', () => {
  const { clock, watch, said } = daemon();
  watch.apply(specsOf({ a: 1 }));
  clock.pass(HOUR);
  watch.ended('a');
  watch.ended('a');
  expect(said.filter((line) => line.includes('fresh'))).toEqual(['0 a fresh']);
  expect(watch.staleSince('a')).toEqual(hour(1));
});

it('takes the promise of a spec as it is now', () => {
  const { clock, watch, said } = daemon();
  watch.apply(specsOf({ a: 10 }));
  clock.pass(5 * HOUR);
  watch.apply(specsOf({ a: 2 }));
  expect(said.at(-1)).toBe('5 a stale since 2');
  watch.apply(specsOf({ a: 20 }));
  expect(said.at(-1)).toBe('5 a fresh');
  watch.apply(specsOf({ a: null }));
  expect(said.at(-1)).toBe('5 a forgotten');
  clock.pass(100 * HOUR);
  expect([said.at(-1), watch.staleSince('a')]).toEqual(['5 a forgotten', null]);
});

it('notices a clock that was set forward within a minute', () => {
  const { clock, watch, stale } = daemon();
  watch.apply(specsOf({ a: 26 }));
  clock.jump(30 * HOUR);
  clock.pass(60_000);
  expect(stale()).toEqual([expect.stringMatching(/^30.\d+ a stale since 26$/)]);
});

it('says what cannot be seen once, and goes on looking', () => {
  const { clock, watch, log, breakState, stale } = daemon();
  watch.apply(specsOf({ a: 1 }));
  breakState(true);
  clock.pass(2 * HOUR);
  const lines = log.lines.map(({ message }) => message);
  expect(lines).toEqual(['it cannot be seen which tasks are stale']);
  expect(stale()).toEqual([]);
  breakState(false);
  clock.pass(60_000);
  expect(stale()).toEqual([expect.stringMatching(/^2.0\d+ a stale since 1$/)]);
});

it('never wakes where nothing is promised, nor after its stop', () => {
  const idle = daemon();
  idle.watch.apply(specsOf({ a: null }));
  idle.clock.pass(100 * HOUR);
  expect([idle.clock.wakes(), idle.said]).toEqual([0, []]);
  const stopped = daemon();
  stopped.watch.apply(specsOf({ a: 1 }));
  stopped.watch.stop();
  stopped.watch.ended('a');
  stopped.clock.pass(100 * HOUR);
  expect([stopped.clock.wakes(), stopped.stale(), stopped.looks()]).toEqual([0, [], 1]);
});

it('waits for a spec that may be half-written', () => {
  const half: FreshnessPromise = {
    task: 'half',
    file: 'specs/half.json',
    freshnessMs: HOUR,
    timezone: null,
    owner: { name: null, email: 'owner@example.com' },
    firstSeen: hour(-100),
  };
  const { watch, said, kept } = daemon([half]);
  watch.apply(specsOf({}));
  expect([said, kept]).toEqual([[], [half]]);
  const files = new Map([[half.file, { error: faults(half.file) }]]);
  watch.apply(updateSpecSet(new Map(), [half.file], files).set);
  expect(said).toEqual(['0 half stale since -99']);
});
