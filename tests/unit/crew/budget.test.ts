/** The memory of reading, divided: enough slots where parts can give way, one in any case. */
import fc from 'fast-check';
import { memoryBudget } from '../../../src/crew/budget.ts';

const MB = 1024 * 1024;
const S3 = { partBytes: 8 * MB, concurrency: 4 };

it.each([
  // A lane takes 48 MB and 8 MB for each part on its way and the one being filled.
  { limit: 1024, wanted: 2, slots: 11, parts: 4 },
  { limit: 256, wanted: 2, slots: 2, parts: 4 },
  { limit: 160, wanted: 2, slots: 2, parts: 3 },
  { limit: 128, wanted: 2, slots: 2, parts: 1 },
  { limit: 64, wanted: 8, slots: 1, parts: 1 },
])('$limit MB for $wanted: $slots slots, $parts parts each', ({ limit, wanted, slots, parts }) => {
  const budget = memoryBudget(limit, [S3], wanted);
  expect([budget.slots, budget.partsAtOnce(S3)]).toEqual([slots, parts]);
});

it('never gives out more than the limit, unless not even one lane fits', () => {
  const sink = fc.record({
    partBytes: fc.integer({ min: 5, max: 512 }).map((mb) => mb * MB),
    concurrency: fc.integer({ min: 1, max: 16 }),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 64, max: 65_536 }),
      fc.array(sink, { maxLength: 4 }),
      fc.integer({ min: 1, max: 64 }),
      (limit, sinks, wanted) => {
        const budget = memoryBudget(limit, sinks, wanted);
        const lanes = sinks.map((one) => 48 * MB + (budget.partsAtOnce(one) + 1) * one.partBytes);
        const all = budget.slots * Math.max(48 * MB, ...lanes);
        expect(budget.slots === 1 || all <= limit * MB).toBe(true);
        for (const one of sinks) {
          expect(budget.partsAtOnce(one)).toBeGreaterThanOrEqual(1);
          expect(budget.partsAtOnce(one)).toBeLessThanOrEqual(one.concurrency);
        }
      },
    ),
  );
});
