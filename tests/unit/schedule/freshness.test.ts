import fc from 'fast-check';
import { staleFrom, staleSince } from '../../../src/schedule/freshness.ts';

const HOUR = 3_600_000;
const at = (hours: number): Date => new Date(Date.parse('2026-03-01T00:00:00Z') + hours * HOUR);
const promise = { freshnessMs: 26 * HOUR, firstSeen: at(0) };
const success = (hours: number) => ({ finishedAt: at(hours) });

it.each([
  ['counts from the last success', success(5), 31],
  ['counts from where the promise was first seen, where no run has succeeded', null, 26],
  ['counts from a success before the promise', success(-20), 6],
])('%s', (_what, last, from) => {
  expect(staleFrom(promise, last)).toEqual(at(from));
  expect(staleSince(promise, last, new Date(at(from).getTime() - 1))).toBeNull();
  expect(staleSince(promise, last, at(from))).toEqual(at(from));
  expect(staleSince(promise, last, at(from + 1000))).toEqual(at(from));
});

it('is stale for good without a success, and never before the promise is over', () => {
  const hours = fc.integer({ min: -1000, max: 1000 });
  fc.assert(
    fc.property(fc.option(hours), hours, fc.nat({ max: 1000 }), (last, now, later) => {
      const one = last === null ? null : success(last);
      const since = staleSince(promise, one, at(now));
      const old = at(now).getTime() - (one?.finishedAt ?? promise.firstSeen).getTime();
      expect(since !== null).toBe(old >= promise.freshnessMs);
      if (since !== null) expect(staleSince(promise, one, at(now + later))).toEqual(since);
    }),
  );
});
