/** A run that meets the recovery of its own process waits for it, whenever that began. */
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
