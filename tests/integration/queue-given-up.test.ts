/** Lanes that were given up, and leaders that lead no more: what they still say changes nothing for the run. */
import { TidemarkError } from '../../src/errors.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import {
  BATCH_RESULT,
  batchJob,
  crewRequest,
  LEFT,
  jobEvents,
  NEVER,
  queuePlace,
  type Read,
} from '../support/queue-crew.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { waitFor } from '../support/wait-for.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

const throughProxy = (port: number): string => redis.url.replace(String(redis.port), String(port));
const seen = (lines: readonly string[], words: string) => () =>
  lines.some((line) => line.includes(words)) || null;

it.each([
  ['reports that its upload is gone', null],
  ['asks for an upload', 'key'],
])(
  'reads on without a lane that was cut off and %s when it is back',
  async (_what, key) => {
    const place = queuePlace(redis.url, `cut-${key}`, { lost_after_ms: 2000 });
    const proxy = await startTcpProxy({ port: redis.port });
    const cutOff = Promise.withResolvers<void>();
    const healed = Promise.withResolvers<void>();
    let inHand: string | null = null;
    const reads: Read = async (job, events) => {
      inHand = job.id;
      await cutOff.promise;
      if (key !== null) await events.beginning(key);
      throw new TidemarkError('S3_FAILED', 'NoSuchUpload');
    };
    const cut = place.worker('cut', reads, { url: throughProxy(proxy.port) });
    const taken: string[] = [];
    const other = place.worker('other', async (job) => {
      // The others are for later: the run is not over when the one that was cut off is back.
      if (job.id === inHand || inHand === null) taken.push(job.id);
      if (job.id !== inHand) await healed.promise;
      return BATCH_RESULT;
    });
    const crew = await place.crews().assemble(crewRequest(2), NEVER);
    const allowed: string[] = [];
    const events = jobEvents({ beginning: async (one) => void allowed.push(one) });
    const jobs = ['1', '2', '3'].map(batchJob);
    const results = crew.export(jobs, () => events, NEVER);
    results.catch(() => {});
    await waitFor('the lane to have a batch', () => inHand);

    await proxy.refuse();
    proxy.cut();
    await waitFor('the lane to be missed', seen(place.said, 'a lane is lost'));
    cutOff.resolve();
    // It has said it by then: to a connection that waits for the server.
    await proxy.resume();
    await waitFor('the lane to have been told', () => (cut.lanes().length === 0 ? true : null));
    healed.resolve();

    expect(await results).toHaveLength(3);
    expect(allowed).toEqual([]);
    await crew.close();
    await Promise.all([cut.stop(0, NEVER), other.stop(0, NEVER)]);
    place.close();
    await proxy.stop();
  },
  180_000,
);

it('allows no upload, and hears of no failure, of a batch that another lane has taken since', async () => {
  const place = queuePlace(redis.url, 'forgotten');
  const go = Promise.withResolvers<void>();
  const asked: string[] = [];
  const gone: unknown[] = [];
  const worker = place.worker(
    'w',
    async (_job, events) => {
      asked.push('');
      await go.promise;
      await events.beginning('key').catch((error: unknown) => {
        gone.push(error);
        throw error;
      });
      return BATCH_RESULT;
    },
    { concurrency: 2 },
  );
  const connection = place.connect();
  const crew = await place.crews({ connection }).assemble(crewRequest(2), NEVER);
  const allowed: string[] = [];
  const events = jobEvents({ beginning: async (one) => void allowed.push(one) });
  const results = crew.export([batchJob('1')], () => events, NEVER);
  results.catch(() => {});
  await waitFor('the batch to be taken', () => asked[0] ?? null);
  // As a Redis that has lost its last second has it: the batch waits, and the other lane takes it.
  const { client } = connection;
  const lock = await waitFor(
    'its lock',
    async () => (await client.keys('forgotten:batches.*:lock'))[0] ?? null,
  );
  const queue = lock.replace(/:[^:]+:lock$/, '');
  const first = await client.get(lock);
  await client
    .multi()
    .del(lock)
    .lrem(`${queue}:active`, 0, '1-0')
    .rpush(`${queue}:wait`, '1-0')
    .zadd(`${queue}:marker`, 0, '0')
    .exec();
  await waitFor('the other lane to take it', async () => {
    const now = await client.get(lock);
    return now !== null && now !== first ? now : null;
  });
  await waitFor('the batch to be read twice', () => (asked.length === 2 ? true : null));
  go.resolve();

  expect(await results).toHaveLength(1);
  expect(allowed).toEqual(['key']);
  expect(gone).toEqual([expect.objectContaining({ code: 'LANE_LOST' })]);
  await crew.close();
  await worker.stop(0, NEVER);
  place.close();
}, 180_000);

it.each(['LEADERSHIP_LOST', 'NOT_LEADER', 'INTERRUPTED'] as const)(
  'leaves the answer to the next leader where it is %s',
  async (code) => {
    const place = queuePlace(redis.url, `left-${code}`);
    const refused = Promise.withResolvers<void>();
    const failed: unknown[] = [];
    const worker = place.worker('w', async (_job, events) => {
      await events.beginning('key').catch((error: unknown) => {
        failed.push(error);
        throw error;
      });
      return BATCH_RESULT;
    });
    const detach = new AbortController();
    const crew = await place.crews({ detach: detach.signal }).assemble(crewRequest(1), NEVER);
    await crew.keep?.({}, NEVER);
    const deposed = jobEvents({
      beginning: async () => {
        refused.resolve();
        throw new TidemarkError(code, 'No.');
      },
    });
    const left = crew.export([batchJob('1')], () => deposed, NEVER);
    left.catch(() => {});
    await refused.promise;
    detach.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    await crew.close();

    const next = await place.crews().leadOn(LEFT, NEVER);
    expect(next!.lanes).toBe(1);
    const allowed: string[] = [];
    const events = jobEvents({ beginning: async (one) => void allowed.push(one) });
    expect(await next!.export([batchJob('1')], () => events, NEVER)).toHaveLength(1);
    expect(allowed).toEqual(['key']);
    expect(failed).toEqual([]);
    await next!.close();
    await worker.stop(0, NEVER);
    place.close();
  },
  180_000,
);

it('does not end a crew that another one leads by now', async () => {
  const place = queuePlace(redis.url, 'paused');
  const worker = place.worker('w', async () => BATCH_RESULT);
  // As one who was paused: it knows nothing of the other, and its run has failed for a reason of its own.
  const paused = await place.crews().assemble(crewRequest(1), NEVER);
  await paused.keep!({}, NEVER);
  const next = await place.crews().leadOn(LEFT, NEVER);
  await paused.close();
  expect(await next!.export([batchJob('1')], () => jobEvents(), NEVER)).toHaveLength(1);
  expect(worker.lanes()).toHaveLength(1);
  await next!.close();
  await waitFor('the lane to go', () => (worker.lanes().length === 0 ? true : null));
  await worker.stop(0, NEVER);
  place.close();
}, 120_000);
