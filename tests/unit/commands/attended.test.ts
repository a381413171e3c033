import { attended } from '../../../src/commands/attended.ts';
import { TidemarkError } from '../../../src/errors.ts';
import { ledRuns } from '../../../src/daemon/led-runs.ts';
import { liveRuns } from '../../../src/daemon/live-runs.ts';
import { UNOBSERVED } from '../../../src/execute.ts';
import type { RunOutcome } from '../../../src/report.ts';
import { slotTrigger } from '../../../src/schedule/due.ts';
import { fakeOutcome } from '../schedule/fake-report.ts';
import { sampleSpec } from '../watch/sample-spec.ts';

const slot = new Date('2026-03-04T05:06:07Z');
const STOP = new TidemarkError('INTERRUPTED', 'Tidemark was asked to stop');
const NEVER = new AbortController().signal;

function setUp() {
  const counted: string[] = [];
  const given: TidemarkError[] = [];
  const waiting = Promise.withResolvers<void>();
  waiting.promise.catch(() => {});
  const lease = { isLost: false };
  const attention = {
    metrics: {
      retried: (task: string) => void counted.push(`${task} again`),
      runEnded: ({ task, status }: RunOutcome['report']) => void counted.push(`${task} ${status}`),
    },
    leadership: {
      isLost: () => lease.isLost,
      giveUp: (reason: TidemarkError) => {
        given.push(reason);
        waiting.reject(reason);
      },
    },
  };
  return { attention, counted, given, waiting: waiting.promise, lease };
}

it('counts how a run has ended, and each of its retries', async () => {
  const { attention, counted } = setUp();
  const outcome = await attended(attention, sampleSpec('a'), UNOBSERVED, NEVER, async (observer) => {
    observer.retries?.();
    return fakeOutcome('a', slot);
  });
  expect(outcome.error).toBeNull();
  expect(counted).toEqual(['a again', 'a succeeded']);
});

it('leaves what fails under another leader to that one, which counts it', async () => {
  const { attention, counted, lease } = setUp();
  lease.isLost = true;
  const run = () => Promise.resolve(fakeOutcome('a', slot, 'INTERRUPTED'));
  const outcome = await attended(attention, sampleSpec('a'), UNOBSERVED, NEVER, run);
  expect(outcome.error?.code).toBe('RUN_LEFT');
  expect(counted).toEqual([]);
});

it('lets a run that is led on wait for Redis no longer than it may', async () => {
  const { attention, waiting, given } = setUp();
  const ended: RunOutcome[] = [];
  let places = 1;
  const led = ledRuns({
    during: liveRuns().during,
    makeRoom: () => {
      places--;
      return () => places++;
    },
    onEnd: (_, outcome) => void ended.push(outcome),
    leave: () => {},
  });
  const spec = sampleSpec('a');
  const running = led.leadOn(spec, slotTrigger(false, slot, null), (observer, signal) =>
    // Its commit hears of nothing but Redis.
    attended(attention, spec, observer, signal, () =>
      waiting.then(
        () => fakeOutcome('a', slot),
        () => fakeOutcome('a', slot, 'INTERRUPTED'),
      ),
    ),
  );
  expect(places).toBe(0);
  await led.stop();
  await running;
  expect(places).toBe(1);
  expect(given).toEqual([expect.objectContaining({ code: 'INTERRUPTED' })]);
  expect(ended).toHaveLength(1);
});

it('gives up at once where the daemon stops already', async () => {
  const { attention, given } = setUp();
  const run = () => Promise.resolve(fakeOutcome('a', slot, 'INTERRUPTED'));
  await attended(attention, sampleSpec('a'), UNOBSERVED, AbortSignal.abort(STOP), run);
  expect(given).toEqual([STOP]);
});
