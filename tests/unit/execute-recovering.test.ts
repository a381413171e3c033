/** A run that meets the recovery of its own process waits for it, whenever that began, until it is told to stop. */
import { TidemarkError } from '../../src/errors.ts';
import { executeRun, UNOBSERVED } from '../../src/execute.ts';
import { recoverAll } from '../../src/recovery.ts';
import { slotOf } from '../support/runs.ts';
import { fakeInstallation, leftBehind } from './fake-installation.ts';
import { SCHEDULED_FOR, specOf } from './plan/sample.ts';

it('also where recovery takes the lock between the look and the lock', async () => {
  const installation = fakeInstallation({ entries: [leftBehind('staff')] });
  const signal = new AbortController().signal;
  const running = executeRun(installation, specOf({ retries: 0 }), slotOf(SCHEDULED_FOR), UNOBSERVED, signal);
  const recovering = recoverAll(installation, signal);
  expect([...installation.held]).toEqual(['staff']);
  await recovering;
  expect((await running).report).toMatchObject({ status: 'succeeded', error: null });
  expect(installation.entries).toEqual([]);
  expect(installation.held.size).toBe(0);
});

it.each(['before', 'while'])(
  'ends where it is told to stop %s it waits: the bucket may hang',
  async (when) => {
    const installation = fakeInstallation();
    installation.recovering.set('staff', new Promise(() => {}));
    const stop = new AbortController();
    if (when === 'before') stop.abort(new TidemarkError('INTERRUPTED', 'enough'));
    const spec = specOf({ retries: 0 });
    const running = executeRun(installation, spec, slotOf(SCHEDULED_FOR), UNOBSERVED, stop.signal);
    stop.abort(new TidemarkError('INTERRUPTED', 'enough'));
    expect((await running).report).toMatchObject({ status: 'failed', error: { code: 'INTERRUPTED' } });
    expect(installation.held.size).toBe(0);
  },
);
