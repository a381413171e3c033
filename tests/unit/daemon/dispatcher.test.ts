import type { Spec } from '../../../src/domain/spec.ts';
import type { RunReport, Trigger } from '../../../src/domain/run.ts';
import type { RunOutcome } from '../../../src/report.ts';
import { dispatcher } from '../../../src/daemon/dispatcher.ts';
import { slotTrigger } from '../../../src/schedule/due.ts';
import { sampleSpec } from '../watch/sample-spec.ts';
import { fakeOutcome } from '../schedule/fake-report.ts';
import { keptLog } from '../schedule/kept-log.ts';

const slot = new Date('2026-03-04T05:06:07Z');
const trigger = slotTrigger(false, slot, null);
const later = slotTrigger(true, new Date('2026-03-04T05:06:08Z'), null);
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

/** A dispatcher whose runs end when the test says so. */
function setUp(maxConcurrentTasks: number, shutdownGraceMs = 60_000) {
  const log = keptLog();
  const started: { spec: Spec; trigger: Trigger; signal: AbortSignal }[] = [];
  const ends = new Map<string, (outcome: RunOutcome) => void>();
  const ended: RunReport[] = [];
  const endedFor: Trigger[] = [];
  const runs = dispatcher({
    maxConcurrentTasks,
    shutdownGraceMs,
    log,
    onEnd: (_, given, { report }) => {
      ended.push(report);
      endedFor.push(given);
    },
    runTask: (spec, given, signal) => {
      started.push({ spec, trigger: given, signal });
      const interrupted = fakeOutcome(spec.taskName, given.scheduledFor, 'INTERRUPTED');
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
  return {
    runs,
    log,
    started,
    ended,
    endedFor,
    specs,
    end,
    names: () => started.map(({ spec }) => spec.taskName),
  };
}

describe('the dispatcher', () => {
  it('runs a task for its slot and hands its report on', async () => {
    const { runs, started, ended, specs, end } = setUp(2);
    runs.setSpecs(specs('a'));
    runs.run('a', trigger);
    expect(started).toMatchObject([{ spec: { taskName: 'a' }, trigger }]);
    await end('a');
    expect(ended).toMatchObject([{ task: 'a', status: 'succeeded' }]);
    expect(runs.queue().running.size).toBe(0);
  });

  it('knows who runs and who waits, and asks neither to run once more', () => {
    const { runs, names, specs } = setUp(1);
    runs.setSpecs(specs('a', 'b', 'c'));
    runs.run('a', trigger);
    runs.run('b', trigger);
    expect(['a', 'b', 'c'].map((task) => runs.busy(task))).toEqual(['running', 'waiting', null]);
    expect(() => runs.run('a', later)).toThrow('already running');
    expect(() => runs.run('b', later)).toThrow('already waiting');
    expect(names()).toEqual(['a']);
  });

  it('hands on what a run was asked for, once the task is free again', async () => {
    const { runs, endedFor, specs, end } = setUp(1);
    runs.setSpecs(specs('a'));
    runs.run('a', later);
    await end('a');
    expect([runs.busy('a'), endedFor]).toEqual([null, [later]]);
  });

  it('starts who waits with the spec in force by then', async () => {
    const { runs, started, specs, end } = setUp(1);
    runs.setSpecs(specs('a', 'b'));
    runs.run('a', trigger);
    runs.run('b', trigger);
    const edited = sampleSpec('b', { schedule: '1 1 1 1 *' });
    runs.setSpecs(new Map([...specs('a'), ['b', edited]]));
    await end('a');
    expect(started[1]).toMatchObject({ spec: edited, trigger });
  });

  it('drops who waits and is deleted, and lets run on who runs and is deleted', async () => {
    const { runs, log, names, ended, specs, end } = setUp(1);
    runs.setSpecs(specs('a', 'b'));
    runs.run('a', trigger);
    runs.run('b', trigger);
    runs.setSpecs(new Map());
    await end('a');
    expect(names()).toEqual(['a']);
    expect(ended).toMatchObject([{ task: 'a', status: 'succeeded' }]);
    expect(log.lines.at(-1)).toMatchObject({ message: 'waiting run dropped: the spec is gone', task: 'b' });
  });

  it('lets as many run as it is told, from then on', async () => {
    const { runs, names, specs, end } = setUp(1);
    runs.setSpecs(specs('a', 'b', 'c', 'd'));
    for (const task of ['a', 'b', 'c', 'd']) runs.run(task, trigger);
    runs.configure({ maxConcurrentTasks: 3, shutdownGraceMs: 1 });
    expect(names()).toEqual(['a', 'b', 'c']);
    runs.configure({ maxConcurrentTasks: 1, shutdownGraceMs: 1 });
    await end('a');
    await end('b');
    expect(names()).toEqual(['a', 'b', 'c']);
    await end('c');
    expect(names()).toEqual(['a', 'b', 'c', 'd']);
    // Within the new grace, a millisecond.
    await runs.stop();
  });

  it('makes room for runs that were begun elsewhere, whatever it is told of how many may run', async () => {
    const { runs, names, specs, end } = setUp(2);
    runs.setSpecs(specs('a', 'b', 'c', 'd'));
    const places = [runs.makeRoom(), runs.makeRoom(), runs.makeRoom()];
    for (const task of ['a', 'b', 'c', 'd']) runs.run(task, trigger);
    expect(names()).toEqual([]);
    runs.configure({ maxConcurrentTasks: 4, shutdownGraceMs: 1 });
    expect(names()).toEqual(['a']);
    runs.configure({ maxConcurrentTasks: 3, shutdownGraceMs: 1 });
    await end('a');
    expect(names()).toEqual(['a']);
    for (const giveBack of places) giveBack();
    expect(names()).toEqual(['a', 'b', 'c', 'd']);
    await runs.stop();
  });

  it('makes a failed report of a run that rejects, and goes on', async () => {
    const ended: RunReport[] = [];
    const log = keptLog();
    const runs = dispatcher({
      maxConcurrentTasks: 1,
      shutdownGraceMs: 0,
      log,
      onEnd: (_spec, _trigger, { report }) => ended.push(report),
      runTask: () => Promise.reject(new Error('no such thing')),
    });
    runs.setSpecs(new Map([['a', sampleSpec('a')]]));
    runs.run('a', trigger);
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
      runs.run('a', trigger);
      runs.run('b', trigger);
      const stopped = runs.stop();
      runs.run('c', trigger);
      await end('a');
      await stopped;
      expect(names()).toEqual(['a']);
      expect(ended).toMatchObject([{ task: 'a', status: 'succeeded' }]);
      expect(log.lines.at(-1)).toMatchObject({ message: 'waiting run dropped: Tidemark stops', task: 'b' });
    });

    it('aborts who does not end within the grace', async () => {
      const { runs, started, ended, specs } = setUp(2, 10);
      runs.setSpecs(specs('a'));
      runs.run('a', trigger);
      await runs.stop();
      expect(started[0]?.signal.reason).toMatchObject({ code: 'INTERRUPTED' });
      expect(ended).toMatchObject([{ status: 'failed', error: { code: 'INTERRUPTED' } }]);
    });

    it('aborts at once when told so', async () => {
      const { runs, ended, specs } = setUp(2);
      runs.setSpecs(specs('a', 'b'));
      runs.run('a', trigger);
      runs.run('b', trigger);
      const stopped = runs.stop();
      runs.abort();
      await stopped;
      expect(ended.map((report) => report.error?.code)).toEqual(['INTERRUPTED', 'INTERRUPTED']);
    });
  });
});
