import { dueTimes, metricsSource, type MetricsPast } from '../../../src/daemon/metrics-source.ts';
import type { Pause } from '../../../src/domain/run.ts';
import type { Reading } from '../../../src/metrics/reading.ts';
import { emptyQueue } from '../../../src/schedule/queue.ts';
import type { Standing } from '../../../src/state/standings.ts';
import { updateSpecSet, type Content, type SpecSet } from '../../../src/watch/spec-set.ts';
import { faults, sampleSpec } from '../watch/sample-spec.ts';
import { NO_READINGS } from './fake-readings.ts';

const at = (iso: string): Date => new Date(iso);
const daily = { schedule: '0 3 * * *', timezone: 'UTC' };
const hourly = { schedule: '0 * * * *', timezone: 'UTC' };
const never = { succeededFor: null, triedFor: null };
const now = at('2026-03-05T12:00:00Z');

describe('dueTimes', () => {
  it('is the first slot after what the last success was for', () => {
    const due = dueTimes();
    expect(due.of('a', daily, { ...never, succeededFor: at('2026-03-05T03:00:00Z') }, now)).toEqual(
      at('2026-03-06T03:00:00Z'),
    );
    // Three days without a success.
    expect(due.of('b', daily, { ...never, succeededFor: at('2026-03-02T03:00:00Z') }, now)).toEqual(
      at('2026-03-03T03:00:00Z'),
    );
  });

  it('moves with each success, and not with time', () => {
    const due = dueTimes();
    const before = { ...never, succeededFor: at('2026-03-04T03:00:00Z') };
    const later = at('2026-03-09T12:00:00Z');
    expect(due.of('a', daily, before, now)).toEqual(at('2026-03-05T03:00:00Z'));
    expect(due.of('a', daily, before, later)).toEqual(at('2026-03-05T03:00:00Z'));
    const after = { ...never, succeededFor: at('2026-03-09T03:00:00Z') };
    expect(due.of('a', daily, after, later)).toEqual(at('2026-03-10T03:00:00Z'));
  });

  it('is the time of the first run where none has succeeded, or else the next slot', () => {
    const due = dueTimes();
    const triedFor = at('2026-03-01T03:00:00Z');
    expect(due.of('a', daily, { ...never, triedFor }, now)).toEqual(triedFor);
    expect(due.of('b', daily, never, now)).toEqual(at('2026-03-06T03:00:00Z'));
    // It stays where it is while nothing runs at all.
    expect(due.of('b', daily, never, at('2026-03-08T12:00:00Z'))).toEqual(at('2026-03-06T03:00:00Z'));
  });

  it('counts slots of a new schedule, and of a task that comes back, from now', () => {
    const due = dueTimes();
    const longAgo = { ...never, succeededFor: at('2026-02-01T03:00:00Z') };
    due.of('a', daily, longAgo, now);
    due.of('by-hand', null, longAgo, now);
    due.keep(new Set(['a', 'by-hand']));
    const soon = at('2026-03-05T13:00:00Z');
    expect(due.of('a', hourly, longAgo, now)).toEqual(soon);
    expect(due.of('by-hand', hourly, longAgo, now)).toEqual(soon);
    expect(due.of('back', hourly, longAgo, now)).toEqual(soon);
  });

  it('is nothing without a schedule', () => {
    const due = dueTimes();
    due.of('a', daily, never, now);
    expect(due.of('a', null, never, now)).toBeNull();
  });
});

const valid = (task: string): [string, Content] => [
  task,
  { spec: sampleSpec(task, { file: task, schedule: '0 3 1 1 *' }) },
];

function specsOf(...tasks: string[]): SpecSet {
  const files = new Map<string, Content>([...tasks.map(valid), ['broken', { error: faults('broken') }]]);
  return updateSpecSet(new Map(), [...files.keys()], files).set;
}

function source(specs: SpecSet | null, past: Partial<MetricsPast> = {}, paused = new Map<string, Pause>()) {
  const shown: Reading[] = [];
  const queue = emptyQueue(2);
  const other = { paused, staleSince: () => null };
  const seen = specs === null ? null : { ...other, specs, timezone: 'UTC', next: () => now, queue };
  const scrape = metricsSource({
    past: { ...NO_READINGS, ...past },
    view: () => seen,
    notReady: () => (specs === null ? 'not yet' : null),
    maxConcurrentTasks: () => 2,
    endpoints: () => ({ sources: ['mysql'], sinks: ['s3'] }),
    render: (reading) => {
      shown.push(reading);
      return Promise.resolve(`answer ${shown.length}`);
    },
  });
  return { scrape, shown };
}

const standing: Standing = { ...never, lastSuccess: now, failures: 3 };

describe('metricsSource', () => {
  it('reads every task in force, and counts the files that cannot be used', async () => {
    const { scrape, shown } = source(specsOf('a', 'b'), {
      mailsWaiting: () => 2,
      standings: () => () => standing,
      watermarkLags: () => (spec) => [{ table: spec.taskName, seconds: 5 }],
    });
    expect(await scrape()).toBe('answer 1');
    const [first] = shown;
    expect(first).toMatchObject({
      ready: true,
      unusable: 1,
      waiting: 0,
      maxConcurrentTasks: 2,
      mailsWaiting: 2,
    });
    expect(first!.tasks).toEqual(
      ['a', 'b'].map((task) => ({
        task,
        lastSuccess: now,
        paused: false,
        due: expect.any(Date),
        nextFire: now,
        stale: false,
        failures: 3,
        lags: [{ table: task, seconds: 5 }],
      })),
    );
  });

  it('expects nothing of a task that is paused, and counts its slots anew after that', async () => {
    const paused = new Map([['a', { since: now.toISOString(), actor: 'ann@host' }]]);
    const longAgo = { ...standing, succeededFor: at('2020-01-01T03:00:00Z') };
    const { scrape, shown } = source(specsOf('a'), { standings: () => () => longAgo }, paused);
    await scrape();
    paused.clear();
    await scrape();
    const [during, after] = shown.map(({ tasks }) => tasks![0]!);
    expect(during).toMatchObject({ paused: true, due: null, nextFire: null, failures: 3 });
    expect(after).toMatchObject({ paused: false, nextFire: now });
    expect(after!.due!.getTime()).toBeGreaterThan(Date.now());
  });

  it('says that it knows no tasks yet before the folder has been read', async () => {
    const { scrape, shown } = source(null);
    await scrape();
    expect(shown[0]).toMatchObject({ ready: false, tasks: null });
  });

  it('gives whoever asks meanwhile the same answer, and the next one another', async () => {
    const { scrape, shown } = source(specsOf('a'));
    expect(await Promise.all([scrape(), scrape()])).toEqual(['answer 1', 'answer 1']);
    expect(await scrape()).toBe('answer 2');
    expect(shown).toHaveLength(2);
  });

  it('goes on after a state that could not be read', async () => {
    let broken = true;
    const { scrape } = source(specsOf('a'), {
      mailsWaiting: () => {
        if (broken) throw new Error('the state cannot be read');
        return 0;
      },
    });
    await expect(scrape()).rejects.toThrow('the state cannot be read');
    broken = false;
    expect(await scrape()).toBe('answer 1');
  });

  it('lets others have their turn between a few tasks and the next', async () => {
    let read = 0;
    const tasks = Array.from({ length: 120 }, (_, number) => `t${number}`);
    const { scrape } = source(specsOf(...tasks), {
      standings: () => () => {
        read++;
        return standing;
      },
    });
    const answer = scrape();
    expect(read).toBeLessThan(120);
    await answer;
    expect(read).toBe(120);
  });
});
