import { startRetention } from '../../../src/daemon/retention.ts';
import { TidemarkError } from '../../../src/errors.ts';
import { keptLog } from '../schedule/kept-log.ts';

const { jest } = import.meta;
const DAY_MS = 86_400_000;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

it('removes old runs at once, and then once a day', async () => {
  let rounds = 0;
  const stop = startRetention('runs', async () => void rounds++, keptLog());
  await jest.advanceTimersByTimeAsync(DAY_MS - 1);
  expect(rounds).toBe(1);
  await jest.advanceTimersByTimeAsync(2 * DAY_MS);
  expect(rounds).toBe(3);
  await stop();
  await jest.advanceTimersByTimeAsync(2 * DAY_MS);
  expect(rounds).toBe(3);
});

it('says what failed, and tries again the next day', async () => {
  const log = keptLog();
  const stop = startRetention(
    'runs',
    () => Promise.reject(new TidemarkError('STATE_UNUSABLE', 'the disk is full')),
    log,
  );
  await jest.advanceTimersByTimeAsync(DAY_MS);
  await stop();
  expect(log.lines).toHaveLength(2);
  expect(log.lines[0]).toMatchObject({
    level: 'warn',
    message: 'old runs could not be removed',
    code: 'STATE_UNUSABLE',
  });
});

it('is told to stop, and waited for: the state is closed after it', async () => {
  const end = Promise.withResolvers<void>();
  let told = false;
  const stop = startRetention(
    'runs',
    async (signal) => {
      await end.promise;
      told = signal.aborted;
    },
    keptLog(),
  );
  let stopped = false;
  const stopping = stop().then(() => (stopped = true));
  await jest.advanceTimersByTimeAsync(1000);
  expect(stopped).toBe(false);
  end.resolve();
  await stopping;
  expect(told).toBe(true);
});
