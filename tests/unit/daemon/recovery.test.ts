/** What the daemon does by itself: at once, and then as often as it has to. */
import { startRecovery } from '../../../src/daemon/recovery.ts';

const { jest } = import.meta;
const HOUR_MS = 3_600_000;

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

interface Counted {
  recovered: number;
  swept: number;
  readonly signals: Set<AbortSignal>;
  readonly stop: () => void;
}

function start(recover: () => Promise<void> = () => Promise.resolve()): Counted {
  const signals = new Set<AbortSignal>();
  const counted = { recovered: 0, swept: 0 };
  const stop = startRecovery({
    recover: (signal) => {
      counted.recovered++;
      signals.add(signal);
      return recover();
    },
    sweep: async (signal) => {
      counted.swept++;
      signals.add(signal);
    },
  });
  return Object.assign(counted, { signals, stop });
}

it('recovers at once and every five minutes, sweeps at once and every day', async () => {
  const counted = start();
  expect([counted.recovered, counted.swept]).toEqual([1, 1]);
  await jest.advanceTimersByTimeAsync(HOUR_MS);
  expect([counted.recovered, counted.swept]).toEqual([13, 1]);
  await jest.advanceTimersByTimeAsync(23 * HOUR_MS);
  expect([counted.recovered, counted.swept]).toEqual([289, 2]);
  counted.stop();
});

it('does not begin again before it is done; the one does not wait for the other', async () => {
  const counted = start(() => new Promise<void>(() => {}));
  await jest.advanceTimersByTimeAsync(49 * HOUR_MS);
  expect([counted.recovered, counted.swept]).toEqual([1, 3]);
  counted.stop();
});

it('stops, and tells what is under way', async () => {
  const under = Promise.withResolvers<void>();
  const counted = start(() => under.promise);
  counted.stop();
  expect([...counted.signals].map(({ aborted }) => aborted)).toEqual([true, true]);
  under.resolve();
  await jest.advanceTimersByTimeAsync(49 * HOUR_MS);
  expect([counted.recovered, counted.swept]).toEqual([1, 1]);
  expect(jest.getTimerCount()).toBe(0);
});
