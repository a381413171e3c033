import fc from 'fast-check';
import type { MaxLoad } from '../../../src/domain/spec.ts';
import {
  CALM,
  decideLoad,
  LONGEST_HOLD_MS,
  nextLookMs,
  READING_LOOK_MS,
  type Found,
  type LoadState,
} from '../../../src/pace/load-decision.ts';

const THREADS: MaxLoad = { threadsRunning: 50, replicaLagMs: null };
const LAG: MaxLoad = { threadsRunning: null, replicaLagMs: 30_000 };
const found = (threadsRunning: number, replicaLagS: number | null = null): Found => ({
  load: { threadsRunning, replicaLagS },
});
const after = (limits: MaxLoad, ...looks: readonly Found[]): LoadState =>
  looks.reduce((state, look, at) => decideLoad(state, look, limits, true, at * 1000), CALM);

it.each([
  [THREADS, found(50), null],
  [THREADS, found(51), 'the server has 51 threads running, max_load.threads_running is 50'],
  [LAG, found(900, 30), null],
  [LAG, found(0, 31), 'the replica is 31 s behind, max_load.replica_lag is 30 s'],
  // No replica, or one that stands still: waiting would help nobody.
  [LAG, found(0, null), null],
  [THREADS, { full: 'the server has no connection left' }, 'the server has no connection left'],
  [THREADS, { unknown: true }, null],
] as const)('with %j and %j: %s', (limits, look, reason) => {
  const state = after(limits, look);
  expect(state.reason).toBe(reason);
  expect(state.heldSince === null).toBe(reason === null);
});

it.each([
  [THREADS, 51, 41, 40],
  [{ threadsRunning: 1, replicaLagMs: null }, 2, 1, 0],
])(
  'with %j waits from %i on until it has come down well below: %i is too much, %i is not',
  (limits, busy, still, calm) => {
    expect(after(limits, found(busy), found(still)).heldSince).toBe(0);
    expect(after(limits, found(busy), found(calm))).toEqual(CALM);
  },
);

it('goes on when the replica has caught up well', () => {
  expect(after(LAG, found(0, 31), found(0, 25)).heldSince).toBe(0);
  expect(after(LAG, found(0, 31), found(0, 24))).toEqual(CALM);
});

it('stays as it is when a look fails', () => {
  expect(after(THREADS, found(60), { unknown: true })).toMatchObject({ heldSince: 0, looks: 1 });
  expect(after(THREADS, found(10), { unknown: true })).toEqual(CALM);
});

it('reads on for a moment after the longest hold, and waits again where the server is still busy', () => {
  const held = decideLoad(CALM, found(60), THREADS, true, 0);
  const nearly = decideLoad(held, found(60), THREADS, true, LONGEST_HOLD_MS - 1);
  expect(nearly.heldSince).toBe(0);
  const breath = decideLoad(nearly, found(60), THREADS, true, LONGEST_HOLD_MS);
  expect(breath.heldSince).toBeNull();
  expect(nextLookMs(breath)).toBe(READING_LOOK_MS);
  // 45 is below the limit, but not calm: the moment was no sign that all is well.
  expect(decideLoad(breath, found(45), THREADS, true, LONGEST_HOLD_MS + 5000).heldSince).toBe(
    LONGEST_HOLD_MS + 5000,
  );
});

it('waits as long as it takes where no snapshot is open', () => {
  const held = decideLoad(CALM, found(60), THREADS, false, 0);
  expect(decideLoad(held, found(60), THREADS, false, 10 * LONGEST_HOLD_MS).heldSince).toBe(0);
});

it('looks ever more rarely while it waits, and at least twice a minute', () => {
  let state = decideLoad(CALM, found(60), THREADS, true, 0);
  const looks: number[] = [];
  for (let n = 0; n < 7; n++) {
    looks.push(nextLookMs(state));
    state = decideLoad(state, found(60), THREADS, true, n);
  }
  expect(looks).toEqual([2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

it('never holds a snapshot for longer than is safe, whatever the looks say', () => {
  const look = fc.oneof(
    fc.integer({ min: 0, max: 100 }).map((n) => found(n)),
    fc.constant<Found>({ unknown: true }),
    fc.constant<Found>({ full: 'full' }),
  );
  fc.assert(
    fc.property(fc.array(look, { maxLength: 300 }), (looks) => {
      let now = 0;
      let state = CALM;
      let lastRead = 0;
      for (const one of looks) {
        state = decideLoad(state, one, THREADS, true, now);
        if (state.heldSince === null) lastRead = now;
        now += nextLookMs(state);
        expect(now - lastRead).toBeLessThanOrEqual(LONGEST_HOLD_MS + 2 * 30_000);
      }
    }),
  );
});
