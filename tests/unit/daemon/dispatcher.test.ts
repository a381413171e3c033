import type { RunReport, Spec } from '../../../src/domain.ts';
import type { RunOutcome } from '../../../src/report.ts';
import { dispatcher } from '../../../src/daemon/dispatcher.ts';
import { sampleSpec } from '../watch/sample-spec.ts';
import { fakeOutcome } from '../schedule/fake-report.ts';
import { keptLog } from '../schedule/kept-log.ts';

const slot = new Date('2026-03-04T05:06:07Z');
const later = new Date('2026-03-04T05:06:08Z');
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A dispatcher whose runs end when the test says so. */
function setUp(maxConcurrentTasks: number, shutdownGraceMs = 60_000) {
  const log = keptLog();
  const started: { spec: Spec; scheduledFor: Date; signal: AbortSignal }[] = [];
  const ends = new Map<string, (outcome: RunOutcome) => void>();
  const ended: RunReport[] = [];
  const runs = dispatcher({
    maxConcurrentTasks,
    shutdownGraceMs,
    log,
    onEnd: (_, { report }) => ended.push(report),
    runTask: (spec, scheduledFor, signal) => {
      started.push({ spec, scheduledFor, signal });
      const interrupted = fakeOutcome(spec.taskName, scheduledFor, 'INTERRUPTED');
      return new Promise((resolve) => {
        ends.set(spec.taskName, resolve);
        signal.addEventListener('abort', () => resolve(interrupted));
      });
    },
  });
  const specs = (...names: string[]) => new Map(names.map((name) => [name, sampleSpec(name)]));
  const end = async (task: string) => {
    ends.get(task)?.(fakeOutcome(task, slot));
    await settled();
  };
  return { runs, log, started, ended, specs, end, names: () => started.map(({ spec }) => spec.taskName) };
}

describe('the dispatcher', () => {
  it('runs a task for its slot and hands its report on', async () => {
    const { runs, started, ended, specs, end } = setUp(2);
    runs.setSpecs(specs('a'));
    runs.fire('a', slot);
    expect(started).toMatchObject([{ spec: { taskName: 'a' }, scheduledFor: slot }]);
    await end('a');
    expect(ended).toMatchObject([{ task: 'a', status: 'succeeded' }]);
    expect(runs.queue().running.size).toBe(0);
  });

  it('skips a fire of a task that still runs, and says so', async () => {
    const { runs, log, names, specs, end } = setUp(2);
    runs.setSpecs(specs('a'));
    runs.fire('a', slot);
    runs.fire('a', later);
    await end('a');
    expect(names()).toEqual(['a']);
    expect(log.lines).toEqual([
      {
        level: 'warn',
        message: 'run skipped: the previous run has not ended',
        task: 'a',
        scheduled_for: '2026-03-04T05:06:08.000Z',
      },
    ]);
  });

  it('starts who waits with the spec in force by then', async () => {
    const { runs, started, specs, end } = setUp(1);
    runs.setSpecs(specs('a', 'b'));
    runs.fire('a', slot);
    runs.fire('b', slot);
    const edited = sampleSpec('b', { schedule: '1 1 1 1 *' });
    runs.setSpecs(new Map([...specs('a'), ['b', edited]]));
    await end('a');
    expect(started[1]).toMatchObject({ spec: edited, scheduledFor: slot });
  });

  it('drops who waits and is deleted, and lets run on who runs and is deleted', async () => {
    const { runs, log, names, ended, specs, end } = setUp(1);
    runs.setSpecs(specs('a', 'b'));
    runs.fire('a', slot);
    runs.fire('b', slot);
    runs.setSpecs(new Map());
    await end('a');
    expect(names()).toEqual(['a']);
    expect(ended).toMatchObject([{ task: 'a', status: 'succeeded' }]);
    expect(log.lines.at(-1)).toMatchObject({ message: 'waiting run dropped: the spec is gone', task: 'b' });
  });

  it('makes a failed report of a run that rejects, and goes on', async () => {
    const ended: RunReport[] = [];
    const log = keptLog();
    const runs = dispatcher({
      maxConcurrentTasks: 1,
      shutdownGraceMs: 0,
      log,
      onEnd: (_, { report }) => ended.push(report),
      runTask: () => Promise.reject(new Error('no such thing')),
    });
    runs.setSpecs(new Map([['a', sampleSpec('a')]]));
    runs.fire('a', slot);
    await settled();
    expect(ended).toMatchObject([
      {
        task: 'a',
        status: 'failed',
        scheduled_for: slot.toISOString(),
        error: { code: 'INTERNAL', message: 'no such thing' },
      },
    ]);
    expect(log.lines).toMatchObject([{ level: 'error', task: 'a' }]);
    expect(runs.queue().running.size).toBe(0);
  });

  describe('when it stops', () => {
    it('drops who waits, takes no fire, and waits for who runs', async () => {
      const { runs, log, names, ended, specs, end } = setUp(1);
      runs.setSpecs(specs('a', 'b', 'c'));
      runs.fire('a', slot);
      runs.fire('b', slot);
      const stopped = runs.stop();
      runs.fire('c', slot);
      await end('a');
      await stopped;
      expect(names()).toEqual(['a']);
      expect(ended).toMatchObject([{ task: 'a', status: 'succeeded' }]);
      expect(log.lines.at(-1)).toMatchObject({ message: 'waiting run dropped: Tidemark stops', task: 'b' });
    });

    it('aborts who does not end within the grace', async () => {
      const { runs, started, ended, specs } = setUp(2, 10);
      runs.setSpecs(specs('a'));
      runs.fire('a', slot);
      await runs.stop();
      expect(started[0]?.signal.reason).toMatchObject({ code: 'INTERRUPTED' });
      expect(ended).toMatchObject([{ status: 'failed', error: { code: 'INTERRUPTED' } }]);
    });

    it('aborts at once when told so', async () => {
      const { runs, ended, specs } = setUp(2);
      runs.setSpecs(specs('a', 'b'));
      runs.fire('a', slot);
      runs.fire('b', slot);
      const stopped = runs.stop();
      runs.abort();
      await stopped;
      expect(ended.map((report) => report.error?.code)).toEqual(['INTERRUPTED', 'INTERRUPTED']);
    });
  });
});
