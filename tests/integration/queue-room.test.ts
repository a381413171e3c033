/** A worker takes no lane that it has no memory for: others may have some, or the run has fewer. */
import type { CrewRequest } from '../../src/lane-ports.ts';
import { BATCH_RESULT, crewRequest, NEVER, queuePlace } from '../support/queue-crew.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const read = async () => BATCH_RESULT;
const asking = (format: 'csv' | 'parquet'): CrewRequest => ({
  ...crewRequest(1, format),
  output: { format },
});

it('counts what each batch takes, and refuses nobody for it', async () => {
  const place = queuePlace(redis.url, 'room');
  const impatient = queuePlace(redis.url, 'room', { worker_wait_ms: 2000 });
  const worker = place.worker('w', read, { concurrency: 8, slots: 5 });
  const crews = place.crews();
  const large = [
    await crews.assemble(asking('parquet'), NEVER),
    await crews.assemble(asking('parquet'), NEVER),
  ];
  await expect(impatient.crews().assemble(asking('parquet'), NEVER)).rejects.toMatchObject({
    code: 'NO_WORKERS',
    message: 'No worker had room for the run within 2 s.',
  });
  expect(worker.lanes().length).toBe(2);
  const small = await crews.assemble(asking('csv'), NEVER);
  await expect(impatient.crews().assemble(asking('csv'), NEVER)).rejects.toMatchObject({
    code: 'NO_WORKERS',
  });
  await large[0]!.close();
  const next = await crews.assemble(asking('parquet'), NEVER);
  expect(worker.lanes().length).toBe(3);
  for (const crew of [large[1]!, small, next]) await crew.close();
  await worker.stop(0, NEVER);
  place.close();
  impatient.close();
}, 120_000);

it('takes one lane in any case', async () => {
  const place = queuePlace(redis.url, 'little-room');
  const worker = place.worker('w', read, { concurrency: 8, slots: 1 });
  const crew = await place.crews().assemble(asking('parquet'), NEVER);
  expect(worker.lanes().length).toBe(1);
  await crew.close();
  await worker.stop(0, NEVER);
  place.close();
}, 120_000);
