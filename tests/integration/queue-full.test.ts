/** A Redis that is full: runs say so, can be tried again, and leave nothing. */
import type { TidemarkError } from '../../src/errors.ts';
import { BATCH_RESULT, batchJob, crewRequest, jobEvents, NEVER, queuePlace } from '../support/queue-crew.ts';
import { waitFor } from '../support/wait-for.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

it('fails the attempt in the words of Redis', async () => {
  const place = queuePlace(redis.url, 'full');
  const worker = place.worker('w', async () => BATCH_RESULT);
  const connection = place.connect();
  const crews = place.crews({ connection });
  const crew = await crews.assemble(crewRequest(1), NEVER);
  await connection.client.config('SET', 'maxmemory', '1');
  const refused: Partial<TidemarkError> = {
    code: 'REDIS_UNREACHABLE',
    retryable: true,
    message: expect.stringMatching(/^Redis refuses what it is asked: .*OOM/) as string,
  };
  await expect(crew.export([batchJob('1')], () => jobEvents(), NEVER)).rejects.toMatchObject(refused);
  await expect(crew.keep!({}, NEVER)).rejects.toMatchObject(refused);
  await expect(crews.assemble(crewRequest(1, 'r2'), NEVER)).rejects.toMatchObject(refused);
  await crew.close();
  expect(await connection.client.keys('full:crew:*:record')).toEqual([]);
  await waitFor('the lane to go', () => (worker.lanes().length === 0 ? true : null));

  await connection.client.config('SET', 'maxmemory', '0');
  const again = await crews.assemble(crewRequest(1, 'r3'), NEVER);
  expect(await again.export([batchJob('1')], () => jobEvents(), NEVER)).toHaveLength(1);
  await again.close();
  await worker.stop(0, NEVER);
  place.close();
}, 150_000);
