/** The memory that a config gives for reading. */
import { openLanePool } from '../../../src/commands/crews.ts';
import type { Config } from '../../../src/config/config.ts';
import { fairSlots } from '../../../src/crew/slots.ts';

const NEVER = new AbortController().signal;
const unasked = (): never => {
  throw new Error('not asked for in this test');
};
const configOf = (memory: number, others: object = {}): Config =>
  ({
    memory_limit_mb: memory,
    max_concurrent_tasks: 1,
    parallelism: 1,
    sinks: { s3: { part_size_mb: 8, upload_concurrency: 1 } },
    executor: { type: 'embedded' },
    ...others,
  }) as unknown as Config;

it.each([
  ['embedded', 1],
  // It reads for others: what its own tasks would want does not matter.
  ['bullmq', 3],
])('has parts wait where as many lanes as are wanted would not fit (%s)', async (type, parts) => {
  const sinks = { s3: { part_size_mb: 8, upload_concurrency: 4 } };
  const executor = { type, concurrency: 3 };
  const ports = { cap: unasked, reading: unasked, slots: fairSlots(1), meter: null };
  const config = configOf(240, { sinks, executor, max_concurrent_tasks: 64 });
  const pool = openLanePool({ ...ports, config });
  expect([pool.slots.count, pool.partsAtOnce('s3')]).toEqual([3, parts]);
  await pool.close();
});

it('is that of the newest config, for runs that began with an old one as well', async () => {
  const slots = fairSlots(1);
  const ports = { cap: unasked, reading: unasked, slots, meter: null };
  // 64 MB each: 48, a part on its way and the one being filled.
  const old = openLanePool({ ...ports, config: configOf(128) });
  expect(old.slots.count).toBe(2);
  const held = [await old.slots.take('long', 1, NEVER), await old.slots.take('long', 1, NEVER)];
  const next = openLanePool({ ...ports, config: configOf(192) });
  const third = await next.slots.take('short', 1, NEVER);
  let isIn = false;
  const fourth = next.slots.take('short', 1, NEVER).then((giveBack) => ((isIn = true), giveBack));
  await new Promise((resolve) => void setImmediate(resolve));
  expect([old.slots.count, isIn]).toEqual([3, false]);
  held[0]!();
  (await fourth)();
  third();
  await Promise.all([old.close(), next.close()]);
});
