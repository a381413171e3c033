/** Recovery by a daemon that may not lead any more: whoever does has crews of its own for the same tasks. */
import type { Plan } from '../../src/domain/plan.ts';
import { TidemarkError } from '../../src/errors.ts';
import { leadRunOn, UNOBSERVED } from '../../src/execute.ts';
import type { LeftRuns } from '../../src/lane-ports.ts';
import { recoverAll, recoverTask } from '../../src/recovery.ts';
import { memoOf } from '../../src/run-memo.ts';
import { fakeInstallation, leftBehind } from './fake-installation.ts';
import { RUN, specOf } from './plan/sample.ts';

const NEVER = new AbortController().signal;
const LOST = new TidemarkError('LEADERSHIP_LOST', 'another one leads');

/** @param told how often Redis still confirms that this daemon leads. */
function setUp(told: number, found: ReadonlyMap<string, unknown> = new Map()) {
  const did: string[] = [];
  const left: LeftRuns = {
    find: () => Promise.resolve(found),
    leadOn: ({ runId }) => {
      did.push(`leads ${runId} on`);
      return Promise.resolve(null);
    },
    dissolve: (task) => Promise.resolve(void did.push(`dissolves ${task}`)),
  };
  const installation = fakeInstallation({ entries: ['one', 'two', 'three'].map(leftBehind) });
  let asked = 0;
  const settled = (): Promise<void> => {
    asked++;
    did.push('asks');
    return asked > told ? Promise.reject(LOST) : Promise.resolve();
  };
  const journal = { ...installation.journal, settled };
  return { did, left, installation: { ...installation, left, journal } };
}

it('dissolves nothing of a task before it has asked', async () => {
  const { did, installation } = setUp(0);
  await expect(recoverTask(installation, 'one')).rejects.toBe(LOST);
  expect(did).toEqual(['asks']);
});

it('leaves all other tasks alone once it leads no more', async () => {
  const { did, installation } = setUp(2);
  await recoverAll(installation, NEVER);
  // For its lanes, for its uploads, and for the lanes of the next.
  expect(did).toEqual(['asks', 'dissolves one', 'asks', 'asks']);
  expect(installation.entries.map(({ task }) => task)).toEqual(['two', 'three']);
  expect(installation.recovering.size).toBe(0);
  expect(installation.held.size).toBe(0);
});

it('does not dissolve runs that are recorded as ended before it has asked', async () => {
  const memo = memoOf({ ...specOf(), taskName: 'two' }, RUN, {} as Plan, [], null);
  const { did, installation } = setUp(0, new Map([[RUN.runId, memo]]));
  await recoverAll(installation, NEVER, () => Promise.reject(new Error('nobody leads it on')));
  expect(did).toEqual(['asks']);
  expect(installation.recovering.size).toBe(0);
});

it('leads nothing on whose end is recorded, though another run of the task is not', async () => {
  const memo = memoOf({ ...specOf(), taskName: 'two' }, RUN, {} as Plan, [], null);
  const { did, installation } = setUp(Infinity, new Map([[RUN.runId, memo]]));
  const unended = { ...installation.unended, runs: () => [{ task: 'two', runId: 'a later one' }] };
  await recoverAll({ ...installation, unended }, NEVER, () => Promise.reject(new Error('led on')));
  expect(did).toContain('dissolves two');
  expect(installation.closed).toContain('two');
  expect(installation.lines.filter((line) => line.startsWith('error'))).toEqual([]);
});

it('takes no crew over before it has asked', async () => {
  const memo = memoOf(specOf({ retries: 0 }), RUN, {} as Plan, [], null);
  const { did, left, installation } = setUp(0);
  const { error } = await leadRunOn(installation, left, memo, UNOBSERVED, NEVER);
  expect(error?.code).toBe('LEADERSHIP_LOST');
  expect(did).toEqual(['asks']);
});

it('clears up behind other tasks while a run is led on, and lets these run', async () => {
  const memo = memoOf({ ...specOf(), taskName: 'two' }, RUN, {} as Plan, [], null);
  const { did, installation } = setUp(Infinity, new Map([[RUN.runId, memo]]));
  const unended = { ...installation.unended, runs: () => [{ task: 'two', runId: RUN.runId }] };
  const end = Promise.withResolvers<void>();
  let begun = 0;
  const leadOn = (): Promise<void> => {
    begun++;
    return end.promise;
  };
  const ports = { ...installation, unended };
  await recoverAll(ports, NEVER, leadOn);
  expect(installation.entries.map(({ task }) => task)).toEqual(['two']);
  expect([...installation.recovering.keys()]).toEqual(['two']);
  expect([...installation.held]).toEqual(['two']);
  // The next time, it is let be.
  did.length = 0;
  await recoverAll(ports, NEVER, leadOn);
  expect({ did, begun }).toEqual({ did: [], begun: 1 });
  const led = installation.recovering.get('two');
  end.resolve();
  await led;
  expect(installation.recovering.size).toBe(0);
  expect(installation.held.size).toBe(0);
});
