/** While Redis is away, whatever waits for it can be stopped. */
import { startRedis, type TestRedis } from '../support/redis.ts';
import {
  BATCH_RESULT,
  batchJob,
  crewRequest,
  jobEvents,
  NEVER,
  queuePlace,
  LEFT,
} from '../support/queue-crew.ts';
import { waitFor } from '../support/wait-for.ts';

let redis: TestRedis;
beforeEach(async () => {
  redis = await startRedis();
});
afterEach(() => redis.stop());

const LONG_MS = 3_600_000;

it('stops a worker that has nothing in hand', async () => {
  const place = queuePlace(redis.url, 'idle');
  const worker = place.worker('w', async () => BATCH_RESULT);
  const crew = await place.crews().assemble(crewRequest(1), NEVER);
  await crew.close();
  await waitFor('the lane to go', () => (worker.lanes().length === 0 ? true : null));
  await redis.kill();
  await worker.stop(LONG_MS, NEVER);
  expect(worker.lanes()).toEqual([]);
  place.close();
}, 120_000);

it.each([
  ['the grace is over', 200, NEVER],
  ['it is told to again', LONG_MS, AbortSignal.abort()],
])(
  'stops a worker that has read a batch, when %s',
  async (_when, grace, atOnce) => {
    const place = queuePlace(redis.url, 'busy');
    const isGone = Promise.withResolvers<void>();
    const isRead = Promise.withResolvers<void>();
    const taken = Promise.withResolvers<void>();
    const worker = place.worker('w', async () => {
      taken.resolve();
      await isGone.promise;
      isRead.resolve();
      return BATCH_RESULT;
    });
    const end = new AbortController();
    const crew = await place.crews({ detach: end.signal }).assemble(crewRequest(1), NEVER);
    const results = crew.export([batchJob('1')], () => jobEvents(), NEVER);
    results.catch(() => {});
    await taken.promise;
    await redis.kill();
    isGone.resolve();
    await isRead.promise;
    await worker.stop(grace, atOnce);
    expect(worker.lanes()).toEqual([]);
    end.abort(new Error('enough'));
    await expect(results).rejects.toThrow('enough');
    await crew.close();
    place.close();
  },
  120_000,
);

it('gives up assembling', async () => {
  const place = queuePlace(redis.url, 'assembling');
  const connection = place.connect();
  const stop = new AbortController();
  const crew = place.crews({ connection }).assemble(crewRequest(2), stop.signal);
  crew.catch(() => {});
  const { client } = connection;
  await waitFor('it to ask', async () => ((await client.llen('assembling:lanes:wait')) === 2 ? true : null));
  await redis.kill();
  await waitFor('the server to be missed', () => connection.away());
  stop.abort(new Error('enough'));
  await expect(crew).rejects.toThrow('enough');
  place.close();
}, 120_000);

it('gives up keeping a run, and leading it on', async () => {
  const place = queuePlace(redis.url, 'keeping');
  const connection = place.connect();
  const worker = place.worker('w', async () => BATCH_RESULT);
  const crews = place.crews({ connection });
  const crew = await crews.assemble(crewRequest(1), NEVER);
  const stop = new AbortController();
  await redis.kill();
  const kept = crew.keep!({}, stop.signal);
  const led = crews.leadOn(LEFT, stop.signal);
  for (const one of [kept, led]) one.catch(() => {});
  stop.abort(new Error('enough'));
  await expect(kept).rejects.toThrow('enough');
  await expect(led).rejects.toThrow('enough');
  await crew.close();
  await worker.stop(0, NEVER);
  place.close();
}, 120_000);
